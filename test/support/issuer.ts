import type { JWK } from 'jose'
import { answerJson, startAnsweringServer } from './answering-server.ts'
import { createKey, signToken } from './idp.ts'

const AUDIENCE = 'registry'
const DAY_SECONDS = 86_400

/** No more of an issuer than a service sees of it: keys, and what is signed with them. */
export interface Issuer {
  /** As it stands in `WARDEN_OIDC_ISSUERS`. */
  readonly entry: { readonly name: string; readonly issuer: string }
  /** What lets a service trust it alone. */
  readonly env: Readonly<Record<string, string>>
  readonly key: JWK
  /** @param change other claims, also in place of these */
  readonly tokenOf: (sub: string, groups: readonly string[], change?: object) => string
  readonly close: () => Promise<void>
}

export interface IssuerOptions {
  readonly name?: string
  /** A private one, which another issuer may have too. */
  readonly key?: JWK
}

function claimsOf(issuer: string, sub: string): object {
  const iat = Math.floor(Date.now() / 1000)
  return {
    iss: issuer,
    aud: AUDIENCE,
    sub,
    preferred_username: sub,
    iat,
    exp: iat + DAY_SECONDS,
  }
}

/** Starts it; it is called `corp` unless said otherwise. */
export async function startIssuer({
  name = 'corp',
  ...given
}: IssuerOptions = {}): Promise<Issuer> {
  const [server, key] = await Promise.all([startAnsweringServer(), given.key ?? createKey()])
  const { d: _, ...publicKey } = key
  const { url } = server
  server.answer = (path, response) =>
    answerJson(
      response,
      path === '/keys' ? { keys: [publicKey] } : { issuer: url, jwks_uri: `${url}/keys` },
    )
  const entry = { name, issuer: url, audiences: [AUDIENCE] }
  return {
    entry,
    env: { WARDEN_OIDC_ISSUERS: JSON.stringify([entry]) },
    key,
    tokenOf: (sub, groups, change) => signToken(key, { ...claimsOf(url, sub), groups, ...change }),
    close: server.close,
  }
}
