import { type Idp, type IdpOptions, startIdp } from './idp.ts'
import { type Reply, type RequestOptions, type Service, startService } from './service.ts'

/** A whole service that trusts a real OpenID provider as `corp`, with a clock that tests may move. */
export interface OidcWorld {
  readonly service: Service
  readonly idp: Idp
  /** A request to `/api/v1` with that token as Bearer. */
  readonly ask: (
    token: string,
    method?: string,
    path?: string,
    options?: RequestOptions,
  ) => Promise<Reply>
  /** A request as the administrator; anything but success is an error. */
  readonly must: (method: string, path: string, json?: unknown) => Promise<Reply>
  readonly now: () => Date
  /** Moves the clock of the service. */
  readonly pass: (seconds: number) => void
  readonly stop: () => Promise<void>
}

export async function startOidcWorld(
  people: IdpOptions['people'],
  {
    env,
    issuer,
  }: { readonly env?: Readonly<Record<string, string>>; readonly issuer?: object } = {},
): Promise<OidcWorld> {
  const idp = await startIdp({ people })
  let passedMs = 0
  const now = (): Date => new Date(Date.now() + passedMs)
  const issuers = [{ name: 'corp', issuer: idp.issuer, audiences: [idp.audience], ...issuer }]
  const service = await startService({
    now,
    env: { WARDEN_OIDC_ISSUERS: JSON.stringify(issuers), WARDEN_API_RATE: '0', ...env },
    registryUrl: 'http://127.0.0.1:9',
  }).catch(async (error: unknown) => {
    await idp.remove()
    throw error
  })
  return {
    service,
    idp,
    ask: (token, method = 'GET', path = '/me', { headers, ...rest } = {}) =>
      service.request(method, `/api/v1${path}`, {
        ...rest,
        headers: { ...headers, authorization: `Bearer ${token}` },
      }),
    must: async (method, path, json) => {
      const reply = await service.admin(method, `/api/v1${path}`, json)
      if (reply.status < 300) return reply
      throw new Error(`${method} ${path}: ${reply.status} ${JSON.stringify(reply.body)}`)
    },
    now,
    pass: (seconds) => {
      passedMs += seconds * 1000
    },
    stop: async () => {
      await Promise.all([service.stop(), idp.remove()])
    },
  }
}
