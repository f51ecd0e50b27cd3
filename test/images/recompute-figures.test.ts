import test from 'ava'
import type { Knex } from 'knex'
import { markFigures } from '../../src/images/figure-mark-queries.ts'
import { createRecomputeFigures } from '../../src/images/recompute-figures.ts'
import { ensureRepositories } from '../../src/images/repository-queries.ts'
import { digestOf, openIndexDatabase } from '../support/index-database.ts'

const { database, openOther, stop } = await openIndexDatabase()
test.after.always(stop)

const AT = new Date('2026-03-01T10:00:00.000Z')
const NAMES = Array.from({ length: 60 }, (_, n) => `counted/app-${String(n).padStart(2, '0')}`)

const tag = (repository_id: number, name: string, pushed_at: Date) => ({
  repository_id,
  name,
  digest: 'd',
  media_type: 'm',
  version_key: '',
  pushed_at,
  created_at: AT,
  ticket: 1,
})

async function countStatements(work: () => Promise<unknown>): Promise<number> {
  let sent = 0
  const onQuery = (): void => void sent++
  database.on('query', onQuery)
  await work().finally(() => database.removeListener('query', onQuery))
  return sent
}

test.serial('sixty repositories are counted by as few statements as one', async (t) => {
  const ids = [...(await ensureRepositories(database, NAMES)).values()]
  const later = new Date(AT.getTime() + 1000)
  await database('tags').insert(
    ids.flatMap((id, n) => (n === 7 ? [] : [tag(id, 'v1', AT), tag(id, 'v2', later)])),
  )
  const rows = [1, 2].map((n) => ({ id: n, digest: digestOf(n), size_bytes: n * 100 }))
  await database('blobs').insert(rows)
  const [first = 0, second = 0, third = 0] = ids
  await database('repository_blobs').insert([
    { repository_id: first, blob_id: 1, created_at: AT },
    { repository_id: first, blob_id: 2, created_at: AT },
    { repository_id: second, blob_id: 2, created_at: AT },
  ])
  const day = { repository_id: third, pulls: 5 }
  await database('repository_days').insert([
    { ...day, day: '2026-03-01' },
    { ...day, day: '2026-03-02' },
  ])
  await database('repositories').where({ id: third }).update({ pushed_at: '2030-01-01 00:00:00' })
  await markFigures(database, 'repository', NAMES)
  const recompute = createRecomputeFigures({ database, monotonicMs: () => performance.now() })
  const sent = await countStatements(recompute)
  t.true(sent <= 25, `${sent} statements`)
  const columns = ['is_listed', 'tag_count', 'size_bytes', 'pull_count', 'pushed_at'] as const
  const counted = await database('repositories').whereIn('id', ids).orderBy('id').select(columns)
  const shown = [0, 1, 2, 3, 7].map((n) => {
    const { pushed_at, ...row } = counted[n]
    return [...Object.values(row), pushed_at.toISOString()]
  })
  t.deepEqual(shown, [
    [1, 2, 300, 0, later.toISOString()],
    [1, 2, 200, 0, later.toISOString()],
    [1, 2, 0, 10, '2030-01-01T00:00:00.000Z'],
    [1, 2, 0, 0, later.toISOString()],
    [0, 0, 0, 0, '1970-01-01T00:00:00.000Z'],
  ])
  const figures = await database('project_figures').where({ project: 'counted' }).first()
  t.like(figures, { repository_count: 59, tag_count: 118, size_bytes: 300 })
  t.deepEqual(await database('dirty_figures'), [])
})

test.serial('a mark that comes while its repository is counted is not lost', async (t) => {
  const [name = ''] = NAMES
  await markFigures(database, 'repository', [name])
  let isMarked = false
  const monotonicMs = (): number => performance.now()
  const recompute = createRecomputeFigures({ database, monotonicMs })
  const onQuery = ({ sql }: { readonly sql: string }): void => {
    if (isMarked || !/from `tags`/.test(sql)) return
    isMarked = true
    marking = markFigures(database, 'repository', [name])
  }
  let marking: Promise<void> | undefined
  database.on('query', onQuery)
  // The mark and the count are sent over connections of their own.
  await recompute().finally(() => database.removeListener('query', onQuery))
  await marking
  t.true(isMarked)
  const left = await database('dirty_figures').where({ kind: 'repository' }).select('name')
  t.deepEqual(left, [{ name }])
})

test.serial(
  'what was counted before a process was held up is not written over what was counted since',
  async (t) => {
    await database('dirty_figures').delete()
    const repository = 'counted/held-up'
    const id = (await ensureRepositories(database, [repository])).get(repository) ?? 0
    await markFigures(database, 'repository', [repository])
    const slow = openOther()
    let hold: Promise<Knex.Transaction> | undefined
    let onHeld: () => void = () => undefined
    const isHeld = new Promise<void>((resolve) => {
      onHeld = resolve
    })
    // Its only connection is taken behind the last thing that it counts.
    slow.on('query', ({ sql }: { readonly sql: string }) => {
      if (hold !== undefined || !/from `repository_days`/.test(sql)) return
      hold = slow.transaction()
      void hold.then(onHeld)
    })
    const monotonicMs = (): number => performance.now()
    const first = createRecomputeFigures({ database: slow, monotonicMs })()
    await isHeld
    await database('tags').insert(tag(id, 'v1', AT))
    await markFigures(database, 'repository', [repository])
    await createRecomputeFigures({ database, monotonicMs })()
    await (await hold)?.rollback()
    await first
    const row = await database('repositories').where({ id }).first('is_listed', 'tag_count')
    t.deepEqual({ ...row }, { is_listed: 1, tag_count: 1 })
  },
)

test.serial('projects have no more than a fifth of the time', async (t) => {
  await database('dirty_figures').delete()
  let nowMs = 0
  const recompute = createRecomputeFigures({
    database,
    // Each look at the clock is a tenth of a second later.
    monotonicMs: () => {
      nowMs += 100
      return nowMs
    },
  })
  const isCounted = async (): Promise<boolean> => {
    await markFigures(database, 'project', ['counted'])
    await recompute()
    return (await database('dirty_figures').where({ kind: 'project' }).first()) === undefined
  }
  t.true(await isCounted())
  t.false(await isCounted())
  nowMs += 60_000
  t.true(await isCounted())
})
