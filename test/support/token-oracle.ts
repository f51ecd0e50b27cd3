/**
 * What each subject may do in the world of the generated tests, written down as a table of its own:
 * nothing here comes from the code that is held against it.
 */
import type { Credentials, Service } from './service.ts'

/** Who asks in the generated tests. */
export const WHO = [
  'anonymous',
  'dev',
  'guest',
  'maintainer',
  'partial',
  'outsider',
  'auditor',
  'administrator',
  'narrowToken',
  'acmeToken',
  'projectRobot',
  'systemRobot',
  'homeRobot',
] as const

export type Who = (typeof WHO)[number]

type Action = 'pull' | 'push' | 'delete'

interface Allowance {
  readonly names: RegExp
  readonly actions: readonly Action[]
}

/** `open` is public; `library` holds what has no slash. */
const PROJECTS = ['acme', 'open', 'side', 'library']
const EVERY_NAME = /^/
const IN_PROJECT = /^(?:(?:acme|open|side|library)\/.*|[^/]*)$/

const PUBLIC: Allowance = { names: /^open\//, actions: ['pull'] }

const TABLE: Readonly<Record<Who, readonly Allowance[]>> = {
  anonymous: [],
  dev: [{ names: /^acme\//, actions: ['pull', 'push'] }],
  guest: [{ names: /^acme\//, actions: ['pull'] }],
  maintainer: [{ names: /^side\//, actions: ['pull', 'push', 'delete'] }],
  partial: [{ names: /^acme\/web\/[^/]+$/, actions: ['pull', 'push'] }],
  outsider: [],
  auditor: [{ names: EVERY_NAME, actions: ['pull'] }],
  administrator: [
    { names: EVERY_NAME, actions: ['pull', 'delete'] },
    { names: IN_PROJECT, actions: ['push'] },
  ],
  // Of dev: acme/web/** to pull, and open/** to push, which dev may not.
  narrowToken: [{ names: /^acme\/web(?:\/.*)?$/, actions: ['pull'] }],
  // Of the administrator: acme/** to pull and push.
  acmeToken: [{ names: /^acme\//, actions: ['pull', 'push'] }],
  projectRobot: [{ names: /^acme\//, actions: ['pull', 'push'] }],
  // */app to pull and delete, where there is a project.
  systemRobot: [{ names: /^(?:acme|open|side|library)\/app$|^app$/, actions: ['pull', 'delete'] }],
  homeRobot: [{ names: /^acme\/web\/.*$|^acme\/web$/, actions: ['push'] }],
}

const CATALOG: readonly Who[] = ['administrator', 'auditor']

/** The grammar of repository names, from the specification of the distribution API. */
const SEGMENT = /^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*$/
const isName = (name: string): boolean =>
  name.length <= 255 && name.split('/').every((segment) => SEGMENT.test(segment))

const ALL: readonly Action[] = ['delete', 'pull', 'push']
const RESERVED = ['tags', 'manifests', 'blobs', 'referrers']

export interface Asked {
  readonly type: string
  readonly name: string
  readonly actions: readonly string[]
}

/** All that the subject may ever get there. */
export function mostActions(who: Who, { type, name }: Omit<Asked, 'actions'>): readonly string[] {
  if (type === 'registry' && name === 'catalog') return CATALOG.includes(who) ? ['*'] : []
  if (type !== 'repository' || !isName(name)) return []
  return ALL.filter((action) =>
    [...TABLE[who], PUBLIC].some((row) => row.actions.includes(action) && row.names.test(name)),
  ).filter((action) => action !== 'push' || !name.split('/').some((s) => RESERVED.includes(s)))
}

/** What it gets of what it asks for, in order of the alphabet. */
export function grantedActions(who: Who, asked: Asked): readonly string[] {
  const most = mostActions(who, asked)
  if (asked.type === 'registry') return asked.actions.includes('*') ? most : []
  const wanted = new Set(asked.actions.includes('*') ? ALL : asked.actions)
  // A push is of no use without its pull.
  if (wanted.has('push')) wanted.add('pull')
  return most.filter((action) => wanted.has(action))
}

const PASSWORD = 'long-enough-pw-7'

async function createAll(
  service: Service,
  requests: readonly (readonly [string, string, object])[],
): Promise<void> {
  for (const [method, path, json] of requests) {
    const { status, body } = await service.admin(method, `/api/v1${path}`, json)
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(body)}`)
  }
}

const user = (username: string, rest: object = {}) =>
  ['POST', '/users', { username, password: PASSWORD, ...rest }] as const
const member = (project: string, username: string, json: object) =>
  ['PUT', `/projects/${project}/members/users/${username}`, json] as const

const permit = (repositories: string, ...actions: readonly string[]) => ({ repositories, actions })

/** Makes that world. @returns what each signs in with; undefined for anonymous */
export async function makeOracleWorld(
  service: Service,
): Promise<Readonly<Record<Who, Credentials | undefined>>> {
  const there = await service.admin('GET', '/api/v1/projects')
  const known = there.body.items.map(({ name }: { readonly name: string }) => name)
  const missing = PROJECTS.filter((name) => !known.includes(name))
  await createAll(service, [
    ...missing.map((name) => {
      const visibility = name === 'open' ? 'public' : 'private'
      return ['POST', '/projects', { name, visibility }] as const
    }),
    ...['dev', 'guest', 'maintainer', 'partial', 'outsider'].map((name) => user(name)),
    user('auditor', { systemRole: 'auditor' }),
    user('administrator', { systemRole: 'administrator' }),
    member('acme', 'dev', { role: 'developer' }),
    member('acme', 'guest', { role: 'guest' }),
    member('side', 'maintainer', { role: 'maintainer' }),
    member('acme', 'partial', { role: 'developer', repositories: 'web/*' }),
  ])
  const person = (username: string): Credentials => ({ username, password: PASSWORD })
  const make = async (path: string, json: object, as = person('administrator')) => {
    const { status, body } = await service.request('POST', `/api/v1${path}`, { as, json })
    if (status !== 201) throw new Error(`${path}: ${status} ${JSON.stringify(body)}`)
    return { username: String(body.username), password: String(body.secret) }
  }
  const token = (name: string, permissions: readonly object[], as: Credentials) =>
    make('/me/tokens', { name, permissions }, as)
  const robot = (path: string, name: string, permission: object, rest: object = {}) =>
    make(path, { name, permissions: [permission], ...rest })
  const people = ['dev', 'guest', 'maintainer', 'partial', 'outsider', 'auditor', 'administrator']
  const narrow = [permit('acme/web/**', 'pull'), permit('open/**', 'push')]
  const acmeRobots = '/projects/acme/robots'
  const world = {
    ...Object.fromEntries(people.map((name) => [name, person(name)])),
    anonymous: undefined,
    narrowToken: await token('narrow', narrow, person('dev')),
    acmeToken: await token('acme', [permit('acme/**', 'pull', 'push')], person('administrator')),
    projectRobot: await robot(acmeRobots, 'ci', permit('**', 'pull', 'push')),
    systemRobot: await robot('/robots', 'sys', permit('*/app', 'pull', 'delete')),
    homeRobot: await robot(acmeRobots, 'home', permit('web/**', 'push'), {
      networks: ['127.0.0.0/8'],
    }),
  }
  return world as Readonly<Record<Who, Credentials | undefined>>
}
