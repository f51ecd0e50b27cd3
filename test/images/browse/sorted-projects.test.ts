import test from 'ava'
import { mergeRanges } from '../../../src/images/browse/merge-ranges.ts'
import {
  countLately,
  walkRanges,
  walkSorted,
} from '../../../src/images/browse/project-range-queries.ts'
import type {
  RepositorySort,
  RepositoryStep,
  RepositoryWalk,
} from '../../../src/images/browse/repository-walk-queries.ts'
import { openIndexDatabase } from '../../support/index-database.ts'

const { database, stop } = await openIndexDatabase()
test.after.always(stop)

const OWN = ['alpha', 'library', 'zeta']
const OTHERS = ['beta', 'alpha-2']
const EACH = 40
const MOST = 7
const START_MS = Date.UTC(2026, 0, 1)

const nameOf = (project: string, n: number): string =>
  project === 'library' ? `name-${n}` : `${project}/name-${n}`

/** Few values for many names, so that pages end between names of one value. */
const repository = (project: string, n: number) => ({
  name: nameOf(project, n),
  project,
  is_listed: n % 10 === 9 ? 0 : 1,
  tag_count: 1,
  size_bytes: n % 3,
  pushed_at: new Date(START_MS + (n % 5)),
  pulled_at: new Date(START_MS + (n % 4)),
  created_at: new Date(START_MS),
})

test.before(async () => {
  const rows = [...OWN, ...OTHERS].flatMap((project) =>
    Array.from({ length: EACH }, (_, n) => repository(project, n)),
  )
  await database.batchInsert('repositories', rows, 100)
})

type Page = (walk: RepositoryWalk) => Promise<readonly RepositoryStep[]>

const sorted: Page = (walk) => walkSorted(database, OWN, walk)
const merged: Page = (walk) =>
  mergeRanges((ranges, most) => walkRanges(database, ranges, { ...walk, most }), OWN, walk)

async function readAll(
  page: Page,
  by: RepositorySort,
  descending: boolean,
): Promise<readonly string[]> {
  const names: string[] = []
  let after: RepositoryStep | undefined
  for (;;) {
    const found = await page({ by, descending, after, under: undefined, most: MOST })
    names.push(...found.map(({ name }) => name))
    if (found.length < MOST) return names
    after = found.at(-1)
  }
}

const SORTS = { pushedAt: 5, pulledAt: 4, sizeBytes: 3 } as const

/** As the order is promised: by the value, then by the name. */
function expected(values: number, descending: boolean): readonly string[] {
  const all = OWN.flatMap((project) =>
    Array.from({ length: EACH }, (_, n) => ({ n, name: nameOf(project, n) })),
  ).filter(({ n }) => n % 10 !== 9)
  const upwards = all.sort((a, b) => (a.n % values) - (b.n % values) || (a.name < b.name ? -1 : 1))
  return (descending ? upwards.reverse() : upwards).map(({ name }) => name)
}

for (const [sort, values] of Object.entries(SORTS)) {
  for (const descending of [false, true]) {
    const by = sort as RepositorySort
    const order = `${descending ? '-' : ''}${by}`
    test(`pages of some projects by ${order} hold each of theirs once, sorted together or merged`, async (t) => {
      t.deepEqual(await readAll(sorted, by, descending), expected(values, descending))
      t.deepEqual(await readAll(merged, by, descending), expected(values, descending))
    })
  }
}

test('repositories of some projects are as many as they were at the last count', async (t) => {
  const figures = (project: string, repository_count: number) => ({
    project,
    repository_count,
    tag_count: 0,
    size_bytes: 0,
    computed_at: new Date(START_MS),
  })
  await database('project_figures').insert([figures('alpha', 36), figures('zeta', 5)])
  t.is(await countLately(database, OWN), 41)
  t.is(await countLately(database, ['nobody']), 0)
})
