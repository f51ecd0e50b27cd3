// A real OpenID provider as a process of its own: `node idp-server.js SETTINGS.json`.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { JWK } from 'jose'
import { type Entities, Provider } from 'oidc-provider'

/** What a person is to the provider: claims of their tokens. */
export type PersonClaims = Readonly<Record<string, unknown>>

export interface IdpSettings {
  readonly port: number
  /** Private ones; the first signs. */
  readonly keys: readonly JWK[]
  readonly people: Readonly<Record<string, PersonClaims>>
  readonly audience: string
  readonly redirectUri: string
  readonly tokenSeconds: number
  /** Certificate and key as PEM; undefined: plain http. */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined
}

const CLIENT_ID = 'front'
const SCOPE = 'api'

const settings = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as IdpSettings
const { port, keys, people, audience, redirectUri, tokenSeconds, tls } = settings
const issuer = `${tls ? 'https' : 'http'}://127.0.0.1:${port}`

/** Nobody is asked whether the front end may know who they are: it is the company's own. */
async function loadExistingGrant({ oidc: { client, session } }: Entities) {
  const { accountId } = session
  const grant = new provider.Grant({ accountId, clientId: client.clientId })
  grant.addOIDCScope('openid')
  grant.addResourceScope(audience, SCOPE)
  await grant.save()
  return grant
}

const provider = new Provider(issuer, {
  jwks: { keys },
  cookies: { keys: ['of a test'] },
  clients: [
    {
      client_id: CLIENT_ID,
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code'],
      response_types: ['code'],
      redirect_uris: [redirectUri],
      id_token_signed_response_alg: 'ES256',
    },
  ],
  clientBasedCORS: () => true,
  findAccount: (_context: unknown, sub: string) =>
    people[sub] && { accountId: sub, claims: () => ({ sub, ...people[sub] }) },
  loadExistingGrant,
  extraTokenClaims: (_context: unknown, { accountId }: { accountId: string }) => people[accountId],
  ttl: {
    AccessToken: tokenSeconds,
    IdToken: tokenSeconds,
    Session: 3600,
    Grant: 3600,
    Interaction: 600,
  },
  features: {
    devInteractions: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => audience,
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({
        scope: SCOPE,
        audience,
        accessTokenTTL: tokenSeconds,
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: 'ES256' } },
      }),
    },
  },
})

const answer = provider.callback()
const server = tls ? createTlsServer(tls, answer) : createServer(answer)
server.listen(port, '127.0.0.1')
