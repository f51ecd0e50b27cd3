import { insertUser } from '../../src/accounts/queries.ts'
import { pushIndexed } from './index-rows.ts'
import {
  ADMIN,
  type Credentials,
  type Reply,
  type Service,
  type ServiceOptions,
  startService,
} from './service.ts'

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
] as const

export type CallerName = (typeof CALLERS)[number]

const ROLES = {
  lim: 'limitedGuest',
  gue: 'guest',
  dev: 'developer',
  mai: 'maintainer',
  pad: 'projectAdmin',
  dis: 'projectAdmin',
} as const

const ALL_ACTIONS = ['pull', 'push', 'delete', 'api'] as const

export interface RightsWorld extends Service {
  /** Undefined for who asks without credentials. */
  readonly credentials: (name: CallerName) => Credentials | undefined
  /** A request to `/api/v1`, or to the whole path where it begins otherwise. */
  readonly ask: (name: CallerName, method: string, path: string, json?: unknown) => Promise<Reply>
  /** Does it as the administrator; anything but success is an error. */
  readonly must: (method: string, path: string, json?: unknown) => Promise<Reply>
  /** A new user without a password, as fast as a row can be written. */
  readonly addUser: (username: string) => Promise<void>
}

const passwordOf = (name: string): string => `quiet-harbour-${name}-71`

const isPerson = (name: CallerName): boolean => !['anon', 'adm', 'prj', 'sys'].includes(name)

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
  await must('POST', '/groups', { name: 'crew' })
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
  const pad = { username: 'pad', password: passwordOf('pad') }
  return {
    prj: {
      username: 'robot$acme+bot',
      password: await secretOf(must('POST', '/projects/acme/robots', robot)),
    },
    sys: { username: 'robot$bot', password: await secretOf(must('POST', '/robots', robot)) },
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
 *
 * Beside `acme` (private) there are `other` (private), `open` (public), the group `crew`, and `bob`.
 */
export async function startRightsWorld(options: ServiceOptions = {}): Promise<RightsWorld> {
  const service = await startService({
    notifies: options.registryUrl === undefined,
    ...options,
    env: { WARDEN_IDENTITY_TOKENS: 'on', WARDEN_API_RATE: '0', ...options.env },
  })
  const must: Must = async (method, path, json) => {
    const reply = await service.admin(method, `/api/v1${path}`, json)
    if (reply.status < 300) return reply
    throw new Error(`${method} ${path}: ${reply.status} ${JSON.stringify(reply.body)}`)
  }
  await addPeople(must)
  const machines = await addMachines(service, must)
  const credentials = (name: CallerName): Credentials | undefined => {
    if (name === 'anon') return undefined
    if (name === 'adm') return ADMIN
    return machines[name] ?? { username: name, password: passwordOf(name) }
  }
  const ask: RightsWorld['ask'] = (name, method, path, json) => {
    const as = credentials(name)
    const whole = /^\/(?:auth|healthz|readyz)/.test(path) ? path : `/api/v1${path}`
    return service.request(method, whole, { ...(as && { as }), json })
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
  return { ...service, credentials, ask, must, addUser }
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
