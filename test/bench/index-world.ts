import { createPasswordHasher } from '../../src/accounts/password-hash.ts'
import type { Database } from '../../src/database/open-database.ts'
import { FIRST_ID, insertMany } from './fill.ts'
import { ADMIN, type ServiceWorld, startServiceWorld } from './service-world.ts'

/** A member of 50 projects, and of 20 more through groups. */
export const READER = { username: 'reader', password: 'benchmark-own-7' } as const
/** Administrator of `CROWD`. */
export const KEEPER = { username: 'keeper', password: 'benchmark-own-7' } as const
export const ADMINISTRATOR = ADMIN
/** The project with many members, robots and rows of the audit record. */
export const CROWD = 'crowd'

const OWN_PROJECTS = 50
const GROUPS = 4
const PROJECTS_OF_GROUP = 5
/** Of every project. */
const MEMBERS = 3
const SEALS_FROM = 1_000_000_000

export interface IndexSize {
  readonly users: number
  readonly projects: number
  readonly auditRows: number
  readonly members: number
  readonly robots: number
}

/** Spreads rows over two years in an order that is not that of their names. */
const someTime = (factor: number): string =>
  `UTC_TIMESTAMP(3) - INTERVAL (seq * ${factor}) % 63072000 SECOND`

const NAMES = ['amy', 'bob', 'cleo', 'dan', 'eve', 'finn', 'gus', 'hal', 'ida', 'jo']
const nameAt = (words: readonly string[]): string =>
  `CONCAT(ELT(seq % ${words.length} + 1, ${words.map((word) => `'${word}'`).join(', ')}), '-', seq)`

const fillUsers = (database: Database, rows: number): Promise<void> =>
  insertMany(
    database,
    rows,
    (from, to) =>
      `INSERT INTO users
              (id, username, source, email, display_name, version, created_at, updated_at)
       SELECT ${FIRST_ID} + seq, ${nameAt(NAMES)}, 'local', CONCAT('mail', seq, '@example.com'),
              CONCAT('Person ', seq), 1, ${someTime(7919)}, UTC_TIMESTAMP(3)
         FROM seq_${from}_to_${to}`,
  )

/** One in ten is public. */
const fillProjects = (database: Database, rows: number): Promise<void> =>
  insertMany(
    database,
    rows,
    (from, to) =>
      `INSERT INTO projects (id, name, visibility, version, created_at, updated_at)
       SELECT ${FIRST_ID} + seq, ${nameAt(['app', 'base', 'core', 'data', 'edge', 'form', 'grid'])},
              IF(seq % 10 = 0, 'public', 'private'), 1, ${someTime(6971)}, UTC_TIMESTAMP(3)
         FROM seq_${from}_to_${to}`,
  )

const fillMembers = (database: Database, { projects, users }: IndexSize): Promise<void> =>
  insertMany(
    database,
    projects * MEMBERS,
    (from, to) =>
      `INSERT INTO members (project_id, member_kind, member_id, role, created_at, updated_at)
       SELECT ${FIRST_ID} + (seq % ${projects}) + 1, 'user',
              ${FIRST_ID} + (seq * 31 + FLOOR(seq / ${projects})) % ${users} + 1, 'developer',
              UTC_TIMESTAMP(3), UTC_TIMESTAMP(3)
         FROM seq_${from}_to_${to}`,
  )

/**
 * Rows as they look when they are sealed, a quarter of a minute apart: mostly sign-ins, some changes
 * in projects, few refusals. Their proofs prove nothing, and their numbers are none that the service
 * gives out while it is measured.
 */
const fillAudit = (database: Database, { auditRows, users }: IndexSize): Promise<void> =>
  insertMany(
    database,
    auditRows,
    (from, to) =>
      `INSERT INTO audit
              (time, actor_id, actor_name, action, target, project, outcome, address, user_agent,
               request_id, count, replica, sequence, seal, mac)
       SELECT UTC_TIMESTAMP(3) - INTERVAL (${auditRows} - seq) * 15 SECOND,
              ${FIRST_ID} + who, CONCAT('user-', who),
              CASE WHEN seq % 20 < 12 THEN 'signin.password' WHEN seq % 20 < 16 THEN 'tag.delete'
                   WHEN seq % 20 < 18 THEN 'member.set' WHEN seq % 20 = 18 THEN 'robot.create'
                   ELSE 'request.refuse' END,
              CASE WHEN seq % 20 < 12 THEN CONCAT('user-', who)
                   ELSE CONCAT(place, '/image-', seq % 997) END,
              IF(seq % 20 < 12, NULL, place),
              CASE WHEN seq % 20 = 19 THEN 'denied' WHEN seq % 50 = 7 THEN 'failed' ELSE 'done' END,
              CONCAT('10.', seq % 200, '.', seq % 251, '.7'), 'docker/27.3.1 (linux)',
              UUID(), 1, '00000000-0000-4000-8000-000000000000', seq, ${SEALS_FROM} + seq,
              SHA2(seq, 256)
         FROM (SELECT seq, FLOOR(POW((seq * 7919) % ${users} / ${users}, 3) * ${users}) AS who,
                      IF(seq % 8 = 0, '${CROWD}', CONCAT('app-', (seq * 31) % 5000)) AS place
                 FROM seq_${from}_to_${to}) AS numbers`,
  )

const stamped = { version: 1, created_at: new Date('2024-01-01T00:00:00Z'), updated_at: new Date() }

async function makePeople(database: Database): Promise<void> {
  const hasher = createPasswordHasher({ concurrency: 1, queueLimit: 4 })
  for (const { username, password } of [READER, KEEPER]) {
    const password_hash = await hasher.hash(password)
    await database('users').insert({ ...stamped, username, source: 'local', password_hash })
  }
}

const idOf = async (database: Database, username: string): Promise<number> =>
  (await database('users').where({ username }).first('id')).id

const member = (kind: 'user' | 'group', id: number, project: number, role = 'developer') => ({
  project_id: project,
  member_kind: kind,
  member_id: id,
  role,
  created_at: stamped.created_at,
  updated_at: stamped.updated_at,
})

/** Projects of the reader, who is in every group. */
async function makeReader(database: Database, { projects }: IndexSize): Promise<void> {
  const reader = await idOf(database, READER.username)
  const step = Math.floor(projects / (OWN_PROJECTS + GROUPS * PROJECTS_OF_GROUP))
  const places = Array.from(
    { length: OWN_PROJECTS + GROUPS * PROJECTS_OF_GROUP },
    (_, n) => FIRST_ID + n * step + 1,
  )
  await database('members').insert(
    places.splice(0, OWN_PROJECTS).map((place) => member('user', reader, place)),
  )
  for (let n = 0; n < GROUPS; n++) {
    const [group = 0] = await database('user_groups').insert({
      ...stamped,
      source: 'local',
      name: `group-${n}`,
    })
    await database('group_members').insert({
      group_id: group,
      user_id: reader,
      created_at: stamped.created_at,
    })
    await database('members').insert(
      places.splice(0, PROJECTS_OF_GROUP).map((place) => member('group', group, place)),
    )
  }
}

async function makeCrowd(database: Database, { members, robots, users }: IndexSize): Promise<void> {
  const [crowd = 0] = await database('projects').insert({
    ...stamped,
    name: CROWD,
    visibility: 'private',
  })
  const keeper = await idOf(database, KEEPER.username)
  await database('members').insert(member('user', keeper, crowd, 'projectAdmin'))
  const [group = 0] = await database('user_groups').insert({
    ...stamped,
    source: 'local',
    name: 'crowd',
  })
  const step = Math.floor(users / members)
  await insertMany(
    database,
    members,
    (from, to) =>
      `INSERT INTO members (project_id, member_kind, member_id, role, created_at, updated_at)
       SELECT ${crowd}, 'user', ${FIRST_ID} + seq * ${step}, 'developer', UTC_TIMESTAMP(3),
              UTC_TIMESTAMP(3)
         FROM seq_${from}_to_${to}`,
  )
  await insertMany(
    database,
    members,
    (from, to) =>
      `INSERT INTO group_members (group_id, user_id, created_at)
       SELECT ${group}, ${FIRST_ID} + seq * ${step}, UTC_TIMESTAMP(3) FROM seq_${from}_to_${to}`,
  )
  await insertMany(
    database,
    robots,
    (from, to) =>
      `INSERT INTO robots
              (project_id, name, permissions, secret_hash, version, created_at, updated_at)
       SELECT ${crowd}, CONCAT('robot-', seq), '[{"repositories":["**"],"actions":["pull"]}]',
              SHA2(seq, 256), 1, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3)
         FROM seq_${from}_to_${to}`,
  )
}

/** Starts the service and fills its database; the reader and the keeper sign in by password. */
export async function startIndexWorld(
  size: IndexSize,
  tell: (line: string) => void,
): Promise<ServiceWorld> {
  const world = await startServiceWorld()
  const { database } = world
  try {
    tell('users, projects and members')
    await fillUsers(database, size.users)
    await fillProjects(database, size.projects)
    await fillMembers(database, size)
    await makePeople(database)
    await makeReader(database, size)
    await makeCrowd(database, size)
    tell('the audit record')
    await fillAudit(database, size)
    await database.raw(
      'ANALYZE TABLE users, projects, members, user_groups, group_members, robots, audit',
    )
    // People came past the service, which is told that all may have changed.
    await database('change_version').increment('counter', 1)
    return world
  } catch (error) {
    await world.stop()
    throw error
  }
}
