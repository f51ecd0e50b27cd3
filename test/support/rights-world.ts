import { insertUser } from '../../src/accounts/queries.ts'
import { pushIndexed } from './index-rows.ts'
import { startIssuer } from './issuer.ts'
import { ldapVariables } from './ldap-world.ts'
import {
  ADMIN,
  type Credentials,
  type Reply,
  type Service,
  type ServiceOptions,
  startService,
} from './service.ts'
import { passwordOf as passwordOfPerson, type Slapd, startSlapd } from './slapd.ts'

/** Everybody who asks in the tests of rights, in the order of the columns. */
export const CALLERS = [
  'anon',
  'out',
  'lim',
  'gue',
  'dev',
  'mai',
  'pad',
  'aud',
  'adm',
  'prj',
  'sys',
  'tok',
  'web',
  'dis',
  'obo',
  'sso',
  'ldp',
] as const

export type CallerName = (typeof CALLERS)[number]

const ROLES = {
  lim: 'limitedGuest',
  gue: 'guest',
  dev: 'developer',
  mai: 'maintainer',
  pad: 'projectAdmin',
  dis: 'projectAdmin',
  obo: 'projectAdmin',
} as const

const ALL_ACTIONS = ['pull', 'push', 'delete', 'api'] as const

export interface RightsWorldOptions extends ServiceOptions {
  readonly hasDirectory?: boolean
}

export interface RightsWorld extends Service {
  /** Undefined for who asks without credentials. */
  readonly credentials: (name: CallerName) => Credentials | undefined
  /** What is sent beside credentials by who acts for somebody. */
  readonly headers: (name: CallerName) => Readonly<Record<string, string>>
  /** A request to `/api/v1`, or to the whole path where it begins otherwise. */
  readonly ask: (name: CallerName, method: string, path: string, json?: unknown) => Promise<Reply>
  /** Does it as the administrator; anything but success is an error. */
  readonly must: (method: string, path: string, json?: unknown) => Promise<Reply>
  /** A new user without a password, as fast as a row can be written. */
  readonly addUser: (username: string) => Promise<void>
}

export const passwordOf = (name: string): string => `quiet-harbour-${name}-71`

const isPerson = (name: CallerName): boolean =>
  !['anon', 'adm', 'prj', 'sys', 'sso', 'ldp'].includes(name)

type Must = RightsWorld['must']

const secretOf = async (reply: Promise<Reply>): Promise<string> => (await reply).body.secret

async function addPeople(must: Must): Promise<void> {
  for (const name of [...CALLERS.filter(isPerson), 'bob']) {
    if (name === 'tok' || name === 'web') continue
    const systemRole = name === 'aud' ? { systemRole: 'auditor' } : {}
    await must('POST', '/users', { username: name, password: passwordOf(name), ...systemRole })
  }
  for (const [name, visibility] of [
    ['acme', 'private'],
    ['other', 'private'],
    ['open', 'public'],
  ]) {
    await must('POST', '/projects', { name, visibility })
  }
  for (const [name, role] of Object.entries(ROLES)) {
    await must('PUT', `/projects/acme/members/users/${name}`, { role })
  }
  await must('PUT', '/projects/open/members/users/obo', { role: 'projectAdmin' })
  await must('POST', '/groups', { name: 'crew' })
  await must('PUT', '/groups/crew/members/obo', {})
  await must('PATCH', '/users/dis', { disabled: true })
}

/** Robots get all that a robot can have, tokens are narrow. */
async function addMachines(
  service: Service,
  must: Must,
): Promise<Readonly<Partial<Record<CallerName, Credentials>>>> {
  const everything = [{ repositories: '**', actions: ALL_ACTIONS }]
  const robot = { name: 'bot', permissions: everything }
  const narrow = (repositories: string) => ({
    name: `narrow ${repositories}`,
    permissions: [{ repositories, actions: ['api', 'pull'] }],
  })
  const portal = {
    name: 'portal',
    permissions: [
      { repositories: 'acme/**', actions: ['api', 'pull', 'push'] },
      { repositories: 'other/**', actions: ALL_ACTIONS },
    ],
    onBehalfOf: 'crew',
  }
  const pad = { username: 'pad', password: passwordOf('pad') }
  return {
    prj: {
      username: 'robot$acme+bot',
      password: await secretOf(must('POST', '/projects/acme/robots', robot)),
    },
    sys: { username: 'robot$bot', password: await secretOf(must('POST', '/robots', robot)) },
    obo: { username: 'robot$portal', password: await secretOf(must('POST', '/robots', portal)) },
    tok: {
      username: ADMIN.username,
      password: await secretOf(must('POST', '/me/tokens', narrow('acme/**'))),
    },
    web: {
      username: 'pad',
      password: await secretOf(
        service.request('POST', '/api/v1/me/tokens', { as: pad, json: narrow('acme/web/**') }),
      ),
    },
  }
}

/** @returns the access token that somebody of the issuer made, for registry clients */
async function addSignedOn(
  service: Service,
  must: Must,
  headers: Readonly<Record<string, string>>,
): Promise<Credentials> {
  await must('POST', '/groups', { name: 'corp:devs' })
  await must('PUT', '/projects/acme/members/groups/corp:devs', { role: 'developer' })
  const json = { name: 'laptop' }
  const password = await secretOf(service.request('POST', '/api/v1/me/tokens', { headers, json }))
  return { username: 'sso', password }
}

/** @returns name and password of somebody who is in the directory alone */
async function addOfDirectory(slapd: Slapd, must: Must): Promise<Credentials> {
  await slapd.addGroup('staff', [await slapd.addPerson('ldp')])
  await must('POST', '/groups', { name: 'ldap:staff' })
  await must('PUT', '/projects/acme/members/groups/ldap:staff', { role: 'maintainer' })
  return { username: 'ldp', password: passwordOfPerson('ldp') }
}

const credentialsOf =
  (made: Readonly<Partial<Record<CallerName, Credentials>>>): RightsWorld['credentials'] =>
  (name) => {
    if (name === 'anon') return undefined
    if (name === 'adm') return ADMIN
    return made[name] ?? { username: name, password: passwordOf(name) }
  }

/**
 * A service with everybody in it:
 *
 * - `anon` sends no credentials, `out` is a user without any membership
 * - `lim gue dev mai pad` have the five roles in the project `acme`, from limitedGuest upward
 * - `aud` is an auditor, `adm` an administrator
 * - `prj` is a robot of `acme`, `sys` a robot of the system; both with all actions on `**`
 * - `tok` is an access token of the administrator with `api` and `pull` on `acme/**`
 * - `web` is an access token of `pad` with `api` and `pull` on `acme/web/**`
 * - `dis` is a disabled projectAdmin of `acme`
 * - `obo` is a robot of the system that acts for a user of that name: the user is projectAdmin of
 *   `acme` and `open` and in `crew`, the robot has `api`, `pull` and `push` on `acme/**` and all
 *   actions on `other/**`
 * - `sso` comes with the token of an issuer, and is developer of `acme` through its group `corp:devs`;
 *   the realm gets an access token that it made
 * - `ldp` is somebody of a directory, and maintainer of `acme` through its group `ldap:staff`; only
 *   where `hasDirectory` asks for one, since names that nobody has are asked for there too
 *
 * Beside `acme` (private) there are `other` (private), `open` (public), the group `crew`, and `bob`.
 */
export async function startRightsWorld({
  hasDirectory,
  ...options
}: RightsWorldOptions = {}): Promise<RightsWorld> {
  const [issuer, slapd] = await Promise.all([
    startIssuer(),
    hasDirectory ? startSlapd() : undefined,
  ])
  const sources = { ...issuer.env, ...(slapd && ldapVariables(slapd)) }
  const env = { WARDEN_IDENTITY_TOKENS: 'on', WARDEN_API_RATE: '0', ...sources, ...options.env }
  const notifies = options.registryUrl === undefined
  const service = await startService({ notifies, ...options, env })
  const must: Must = async (method, path, json) => {
    const reply = await service.admin(method, `/api/v1${path}`, json)
    if (reply.status < 300) return reply
    throw new Error(`${method} ${path}: ${reply.status} ${JSON.stringify(reply.body)}`)
  }
  await addPeople(must)
  const bearer = { authorization: `Bearer ${issuer.tokenOf('sso', ['devs'])}` }
  const machines = {
    ...(await addMachines(service, must)),
    sso: await addSignedOn(service, must, bearer),
    ...(slapd && { ldp: await addOfDirectory(slapd, must) }),
  }
  const credentials = credentialsOf(machines)
  const headers: RightsWorld['headers'] = (name) =>
    name === 'obo' ? { 'x-warden-on-behalf-of': 'obo' } : {}
  const ask: RightsWorld['ask'] = (name, method, path, json) => {
    const as = credentials(name)
    const isOfApi = !/^\/(?:auth|healthz|readyz)/.test(path)
    const whole = isOfApi ? `/api/v1${path}` : path
    if (name === 'sso' && isOfApi) return service.request(method, whole, { headers: bearer, json })
    return service.request(method, whole, { ...(as && { as }), json, headers: headers(name) })
  }
  const addUser = (username: string): Promise<void> =>
    insertUser(service.database, {
      username,
      email: undefined,
      displayName: undefined,
      systemRole: undefined,
      passwordHash: '',
      now: new Date(),
    })
  const stop = async (): Promise<void> => {
    await service.stop()
    await Promise.all([issuer.close(), slapd?.stop()])
  }
  return { ...service, credentials, headers, ask, must, addUser, stop }
}

/**
 * Images for the reads: the registry takes them from the administrator alone.
 *
 * @returns the digest of all of them
 */
export async function addImages(world: RightsWorld): Promise<string> {
  let image = ''
  for (const repository of ['acme/app', 'acme/web/ui', 'other/app', 'open/site', 'ubuntu']) {
    const { digest } = await pushIndexed(world, { as: ADMIN, repository, tags: ['v1'] })
    image = digest
  }
  return image
}
