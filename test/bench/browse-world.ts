import { createPasswordHasher } from '../../src/accounts/password-hash.ts'
import type { Database } from '../../src/database/open-database.ts'
import { FIRST_ID, insertMany } from './fill.ts'
import { type ServiceWorld, startServiceWorld } from './service-world.ts'

/** A member of 50 projects. */
export const MEMBER = { username: 'member', password: 'benchmark-own-7' } as const

const PROJECTS = 2000
const OWN_PROJECTS = 50
/** One in so many projects is public. */
const FEW = 100
const MANY = 4

export interface BrowseSize {
  readonly repositories: number
  readonly tagsEach: number
}

/** Words of the names, of which one is in few. */
const WORDS = ['web', 'data', 'mail', 'auth', 'shop', 'edge', 'batch', 'proxy', 'queue', 'cache']
const KINDS = ['api', 'worker', 'ui', 'base', 'tool', 'sync', 'cron']

const pick = (words: readonly string[], number: string): string =>
  `ELT(${number} % ${words.length} + 1, ${words.map((word) => `'${word}'`).join(', ')})`

const PROJECT = `CONCAT('team-', seq % ${PROJECTS})`
const TAIL = `CONCAT(${pick(KINDS, 'FLOOR(seq / 10)')}, '-', seq)`
const PATH = `CONCAT(${pick(WORDS, 'seq')}, '-', ${TAIL})`

/** Spreads rows over two years in an order that is not that of their names. */
const someTime = (factor: number): string =>
  `UTC_TIMESTAMP(3) - INTERVAL (seq * ${factor}) % 63072000 SECOND`

const fillProjects = (database: Database): Promise<void> =>
  insertMany(
    database,
    PROJECTS,
    (from, to) =>
      `INSERT INTO projects (id, name, visibility, version, created_at, updated_at)
       SELECT ${FIRST_ID} + seq, CONCAT('team-', seq - 1), IF(seq % ${FEW} = 0, 'public', 'private'),
              1, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3)
         FROM seq_${from}_to_${to}`,
  )

const fillRepositories = (database: Database, { repositories, tagsEach }: BrowseSize) =>
  insertMany(
    database,
    repositories,
    (from, to) =>
      `INSERT INTO repositories
              (id, name, project, is_listed, tag_count, size_bytes, pull_count, pushed_at,
               pulled_at, created_at)
       SELECT ${FIRST_ID} + seq, CONCAT(${PROJECT}, '/', ${PATH}), ${PROJECT}, 1, ${tagsEach},
              (seq * 7919) % 1000003 * 4096, seq % 977, ${someTime(7919)}, ${someTime(6971)},
              UTC_TIMESTAMP(3)
         FROM seq_${from}_to_${to}`,
  )

/** As counting leaves them. */
const countProjects = (database: Database): Promise<unknown> =>
  database.raw(`
    INSERT INTO project_figures (project, repository_count, tag_count, size_bytes, computed_at)
    SELECT project, COUNT(*), SUM(tag_count), SUM(size_bytes), UTC_TIMESTAMP(3)
      FROM repositories GROUP BY project`)

async function fillParts(database: Database, { repositories }: BrowseSize): Promise<void> {
  const segments = [PROJECT, `CAST(seq % ${PROJECTS} AS CHAR)`, PATH, TAIL, 'CAST(seq AS CHAR)']
  for (const segment of segments) {
    await insertMany(
      database,
      repositories,
      (from, to) =>
        `INSERT IGNORE INTO repository_segments (segment, repository_id)
         SELECT ${segment}, ${FIRST_ID} + seq FROM seq_${from}_to_${to}`,
    )
  }
  await insertMany(
    database,
    repositories,
    (from, to) =>
      `INSERT IGNORE INTO repository_grams (gram, repository_id)
       SELECT SUBSTRING(name, places.seq, 3), id
         FROM repositories JOIN seq_1_to_40 AS places ON places.seq <= LENGTH(name) - 2
        WHERE id BETWEEN ${FIRST_ID} + ${from} AND ${FIRST_ID} + ${to}`,
  )
}

const fillTags = (database: Database, { repositories, tagsEach }: BrowseSize): Promise<void> =>
  insertMany(
    database,
    repositories * tagsEach,
    (from, to) =>
      `INSERT INTO tags
              (repository_id, project, name, digest, media_type, size_bytes, is_measured, version_key,
               pushed_at, created_at, ticket)
       SELECT ${FIRST_ID} + 1 + FLOOR((seq - 1) / ${tagsEach}),
              CONCAT('team-', (1 + FLOOR((seq - 1) / ${tagsEach})) % ${PROJECTS}),
              IF(seq % ${tagsEach} = 0, CONCAT('build-', seq),
                 CONCAT('1.', seq % ${tagsEach}, '.', seq % 97)),
              CONCAT('sha256:', SHA2(seq, 256)), 'application/vnd.oci.image.manifest.v1+json',
              seq % 1000, 1, LPAD(seq % 1000, 16, '0'), ${someTime(7919)}, UTC_TIMESTAMP(3), 1
         FROM seq_${from}_to_${to}`,
  )

async function makeMember(database: Database): Promise<void> {
  const hasher = createPasswordHasher({ concurrency: 1, queueLimit: 4 })
  const stamps = { version: 1, created_at: new Date(), updated_at: new Date() }
  const [id = 0] = await database('users').insert({
    ...stamps,
    username: MEMBER.username,
    source: 'local',
    password_hash: await hasher.hash(MEMBER.password),
  })
  const step = PROJECTS / OWN_PROJECTS
  const rows = Array.from({ length: OWN_PROJECTS }, (_, n) => ({
    project_id: FIRST_ID + n * step + 7,
    member_kind: 'user',
    member_id: id,
    role: 'developer',
    created_at: stamps.created_at,
    updated_at: stamps.updated_at,
  }))
  await database('members').insert(rows)
}

/** Makes so many projects public that nobody merges them one by one. */
export const openManyProjects = (database: Database): Promise<unknown> =>
  database.raw("UPDATE projects SET visibility = 'public' WHERE id % ? = 0", [MANY])

/** Starts the service with an index of that size. */
export async function startBrowseWorld(
  size: BrowseSize,
  tell: (line: string) => void,
): Promise<ServiceWorld> {
  const world = await startServiceWorld()
  const { database } = world
  try {
    tell(`${size.repositories} repositories`)
    await fillProjects(database)
    await fillRepositories(database, size)
    await countProjects(database)
    await fillParts(database, size)
    tell(`${size.repositories * size.tagsEach} tags`)
    await fillTags(database, size)
    await makeMember(database)
    await database.raw(
      'ANALYZE TABLE projects, members, repositories, repository_segments, repository_grams, tags',
    )
    await database('change_version').increment('counter', 1)
    return world
  } catch (error) {
    await world.stop()
    throw error
  }
}
