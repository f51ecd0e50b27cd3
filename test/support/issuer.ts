import { answerJson, startAnsweringServer } from './answering-server.ts'
import { createKey, signToken } from './idp.ts'

const AUDIENCE = 'registry'
const DAY_SECONDS = 86_400

/** No more of an issuer than a service sees of it: keys, and what is signed with them. */
export interface Issuer {
  /** What lets a service trust it as `corp`. */
  readonly env: Readonly<Record<string, string>>
  readonly tokenOf: (sub: string, groups: readonly string[]) => string
  readonly close: () => Promise<void>
}

export async function startIssuer(): Promise<Issuer> {
  const [server, key] = await Promise.all([startAnsweringServer(), createKey()])
  const { d: _, ...publicKey } = key
  const { url } = server
  server.answer = (path, response) =>
    answerJson(
      response,
      path === '/keys' ? { keys: [publicKey] } : { issuer: url, jwks_uri: `${url}/keys` },
    )
  const issuers = [{ name: 'corp', issuer: url, audiences: [AUDIENCE] }]
  return {
    env: { WARDEN_OIDC_ISSUERS: JSON.stringify(issuers) },
    tokenOf: (sub, groups) => {
      const iat = Math.floor(Date.now() / 1000)
      const time = { iat, exp: iat + DAY_SECONDS }
      return signToken(key, {
        iss: url,
        aud: AUDIENCE,
        sub,
        preferred_username: sub,
        groups,
        ...time,
      })
    },
    close: server.close,
  }
}
