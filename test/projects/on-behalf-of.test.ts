import test from 'ava'
import { authorize, authorizeSystem } from '../../src/projects/authorize.ts'
import type { ProjectPermission, SystemPermission } from '../../src/projects/permissions.ts'
import { ROLES } from '../../src/projects/types.ts'
import {
  CREDENTIAL_ACTIONS,
  type CredentialPermission,
  type RobotSubject,
  type UserSubject,
} from '../../src/protocol/subject.ts'
import { chooseSeed, createGenerator } from '../support/generate.ts'

const NOW = new Date('2026-01-01T00:00:00Z')
const LATER = new Date('2026-01-01T01:00:00Z')
const EARLIER = new Date('2025-12-31T23:00:00Z')

/** Whether a pattern reaches all of the project `acme`. */
const IS_WHOLE: Readonly<Record<string, boolean>> = {
  '**': true,
  'acme/**': true,
  'acme/*': false,
  'acme/app': false,
  'acme/web/**': false,
  'other/**': false,
  app: false,
}

const OF_ROBOTS: readonly ProjectPermission[] = [
  'project:read',
  'repository:pull',
  'repository:push',
  'repository:delete',
]
const OF_PEOPLE: readonly ProjectPermission[] = [
  'project:write',
  'member:read',
  'member:write',
  'robot:read',
  'robot:write',
  'audit:read',
]
const OF_SYSTEM: readonly SystemPermission[] = ['user:read', 'user:write', 'project:create']

const seed = chooseSeed()
const generator = createGenerator(seed)
const { pick, list, once } = generator

const makePermissions = (): readonly CredentialPermission[] =>
  list(1, 3, () => ({
    repositories: list(1, 2, () => pick(Object.keys(IS_WHOLE))),
    actions: ['api', ...list(0, 3, () => pick(CREDENTIAL_ACTIONS))] as const,
  }))

const makeRights = () => ({
  project: {
    id: 1,
    name: 'acme',
    visibility: once(4) ? ('public' as const) : ('private' as const),
    createdAt: NOW,
    updatedAt: NOW,
  },
  memberships: list(0, 2, () => ({
    role: pick(ROLES),
    repositories: once(3) ? ['web/**'] : undefined,
    expiresAt: pick([undefined, LATER, EARLIER]),
  })),
})

const PERSON: UserSubject = { kind: 'user', id: 7, username: 'ann', systemRole: undefined }

const robotWith = (permissions: readonly CredentialPermission[]): RobotSubject => ({
  kind: 'robot',
  id: 3,
  username: 'robot$portal',
  projectId: undefined,
  permissions,
  expiresAt: undefined,
  isBoundToNetworks: false,
})

const actingWith = (permissions: readonly CredentialPermission[]): UserSubject => ({
  ...PERSON,
  credential: { kind: 'onBehalfOf', id: 3, permissions, expiresAt: undefined },
  agent: { id: 3, username: 'robot$portal' },
})

interface Asked {
  readonly permissions: readonly CredentialPermission[]
  readonly rights: ReturnType<typeof makeRights>
}

/** Who of the three may, in one random case. */
function decideAll({ permissions, rights }: Asked, permission: ProjectPermission) {
  const ask = (subject: UserSubject | RobotSubject) =>
    authorize({ subject, rights, permission, repository: 'acme/app', now: NOW })
  return {
    user: ask(PERSON),
    service: ask(robotWith(permissions)),
    acting: ask(actingWith(permissions)),
  }
}

const CASES: readonly Asked[] = Array.from({ length: 3000 }, () => ({
  permissions: makePermissions(),
  rights: makeRights(),
}))

test(`R12: what is given on behalf of a user is what both have, never more or less (seed ${seed})`, (t) => {
  const seen = new Map<string, number>()
  for (const asked of CASES) {
    for (const permission of OF_ROBOTS) {
      const { user, service, acting } = decideAll(asked, permission)
      const said = `${permission} ${JSON.stringify(asked)}`
      t.is(acting.allowed, user.allowed && service.allowed, said)
      t.deepEqual(acting.until, acting.allowed ? user.until : undefined, said)
      const kind = `${user.allowed} ${service.allowed}`
      seen.set(kind, (seen.get(kind) ?? 0) + 1)
    }
  }
  t.is(seen.size, 4)
  t.true(Math.min(...seen.values()) > 100, JSON.stringify([...seen]))
})

test(`R12: over a whole project a service gives what the user has, where it reaches all of it (seed ${seed})`, (t) => {
  for (const asked of CASES) {
    const patterns = asked.permissions.flatMap(({ repositories }) => repositories)
    const isWhole = patterns.some((pattern) => IS_WHOLE[pattern])
    for (const permission of OF_PEOPLE) {
      const { user, acting } = decideAll(asked, permission)
      t.is(acting.allowed, user.allowed && isWhole, `${permission} ${JSON.stringify(asked)}`)
    }
  }
})

test('R12: a service gives nobody a right over the system', (t) => {
  const everything = [{ repositories: ['**'], actions: CREDENTIAL_ACTIONS }]
  for (const permission of OF_SYSTEM) {
    t.false(authorizeSystem(actingWith(everything), permission).allowed, permission)
  }
  const some = [{ repositories: ['acme/**'], actions: CREDENTIAL_ACTIONS }]
  const forEverybody = ['project:create'] as const
  t.true(authorizeSystem(actingWith(everything), 'project:create', forEverybody).allowed)
  t.false(authorizeSystem(actingWith(some), 'project:create', forEverybody).allowed)
})
