import type { Reply, Service, ServiceOptions } from './service.ts'
import { startService } from './service.ts'
import { GROUPS, PEOPLE, passwordOf, SERVICE, type Slapd, startSlapd } from './slapd.ts'

/** Variables by which a service asks this directory. */
export const ldapVariables = (slapd: Slapd): Record<string, string> => ({
  WARDEN_LDAP_URL: slapd.url,
  WARDEN_LDAP_CA: slapd.ca,
  WARDEN_LDAP_BIND_DN: SERVICE.dn,
  WARDEN_LDAP_BIND_PASSWORD: SERVICE.password,
  WARDEN_LDAP_USER_BASE: PEOPLE,
  WARDEN_LDAP_GROUP_BASE: GROUPS,
  WARDEN_LDAP_TIMEOUT_SECONDS: '2',
})

export interface LdapWorld extends Service {
  readonly slapd: Slapd
  /** `GET /me` with the password that this person has in the directory, or another one. */
  readonly me: (username: string, password?: string) => Promise<Reply>
  /** A token of the realm for such a person, for these scopes. */
  readonly token: (username: string, scope?: string, password?: string) => Promise<Reply>
}

/** A service with a directory of its own; both end with `stop`. */
export async function startLdapWorld(
  { env, ...options }: ServiceOptions = {},
  shared?: Slapd,
): Promise<LdapWorld> {
  const slapd = shared ?? (await startSlapd())
  const service = await startService({
    registryUrl: 'http://127.0.0.1:9',
    ...options,
    env: { ...ldapVariables(slapd), ...env },
  })
  const as = (username: string, password = passwordOf(username)) => ({ as: { username, password } })
  return {
    ...service,
    slapd,
    me: (username, password) => service.request('GET', '/api/v1/me', as(username, password)),
    token: (username, scope, password) => {
      const query = new URLSearchParams({ service: 'registry-warden', ...(scope && { scope }) })
      return service.request('GET', `/auth/token?${query}`, as(username, password))
    },
    stop: async () => {
      await service.stop()
      if (shared === undefined) await slapd.stop()
    },
  }
}

/** What a token grants, as `name:actions`. */
export function accessOf({ body }: Reply): readonly string[] {
  const claims = JSON.parse(Buffer.from(body.token.split('.')[1], 'base64url').toString('utf8'))
  return claims.access.map(
    ({ name, actions }: { name: string; actions: readonly string[] }) => `${name}:${actions}`,
  )
}
