import test from 'ava'
import { findTagsWithin, type OwnTagHit } from '../../../src/images/browse/own-tag-queries.ts'
import { openIndexDatabase } from '../../support/index-database.ts'

const { database, stop } = await openIndexDatabase()
test.after.always(stop)

const PROJECTS = ['alpha', 'beta', 'gamma']
const REPOSITORIES = 2000
const now = new Date()

const tag = (project: string, repository_id: number, name: string) => ({
  project,
  repository_id,
  name,
  digest: 'd',
  media_type: 'm',
  version_key: '',
  pushed_at: now,
  created_at: now,
  ticket: 1,
})

test.before(async () => {
  const rows = Array.from({ length: REPOSITORIES }, (_, n) =>
    tag(PROJECTS[n % 3] ?? '', n + 1, n % 500 === 0 ? 'rare' : 'latest'),
  )
  const hidden = [
    { ...tag('beta', 9000, 'rare'), is_listed: 0 },
    tag('delta', 9001, 'rare'),
    tag('beta', 9002, 'Rare'),
    tag('beta', 9003, 'ra-e'),
  ].map((row) => ({ is_listed: 1, ...row }))
  await database.batchInsert('tags', [...rows, ...hidden], 500)
  await database.raw('ANALYZE TABLE tags')
})

/** Rows and entries of indexes that were looked at by `work`. */
const readsOf = (work: (session: typeof database) => Promise<unknown>): Promise<number> =>
  database.transaction(async (session) => {
    const count = async (): Promise<number> => {
      const [rows] = await session.raw("SHOW SESSION STATUS LIKE 'Handler\\_read\\_%'")
      const reads = rows as readonly { Variable_name: string; Value: string }[]
      return reads
        .filter(({ Variable_name }) => /_(?:key|next|prev|first|last)$/.test(Variable_name))
        .reduce((sum, { Value }) => sum + Number(Value), 0)
    }
    const before = await count()
    await work(session)
    return (await count()) - before
  })

test('a rare tag is looked for once in each project, not in each repository', async (t) => {
  for (const start of ['rar', 'none']) {
    const reads = await readsOf((session) =>
      findTagsWithin(session, { projects: PROJECTS, start }, { after: undefined, most: 51 }),
    )
    t.true(reads < 30, `${reads} reads for ${start}`)
  }
})

test('tags of projects are found page by page, each once and no others', async (t) => {
  const found: string[] = []
  let after: OwnTagHit | undefined
  do {
    const input = { projects: ['gamma', 'beta', 'alpha'], start: 'r' }
    const page = await findTagsWithin(database, input, { after, most: 2 })
    found.push(...page.map((hit) => `${hit.project} ${hit.tag} ${hit.repositoryId}`))
    after = page.at(-1)
  } while (after !== undefined)
  t.deepEqual(found, [
    'alpha rare 1',
    'alpha rare 1501',
    'beta ra-e 9003',
    'beta rare 1001',
    'gamma rare 501',
  ])
})

test('a search goes on where a project that is no longer among them ended', async (t) => {
  const after = { project: 'beta', tag: 'rare', repositoryId: 1001 }
  const read = (projects: readonly string[]) =>
    findTagsWithin(database, { projects, start: 'rare' }, { after, most: 10 })
  t.deepEqual(
    (await read(['alpha', 'gamma'])).map(({ repositoryId }) => repositoryId),
    [501],
  )
  t.deepEqual(await read(['alpha']), [])
})

test('what LIKE would take for any letter is itself', async (t) => {
  const input = { projects: PROJECTS, start: 'r_' }
  t.deepEqual(await findTagsWithin(database, input, { after: undefined, most: 10 }), [])
})
