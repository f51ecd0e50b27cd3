import test from 'ava'
import { compareSteps, mergeRanges } from '../../../src/images/browse/merge-ranges.ts'
import type { RepositoryStep } from '../../../src/images/browse/repository-walk-queries.ts'

/** Ranges in memory that count how many steps they gave. */
function rangesOf(steps: Readonly<Record<string, readonly RepositoryStep[]>>, descending: boolean) {
  const compare = compareSteps({ descending })
  const given = { steps: 0, calls: 0 }
  const fetch: Parameters<typeof mergeRanges>[0] = async (ranges, most) => {
    given.calls++
    return ranges.map(({ project, after }) => {
      const sorted = [...(steps[project] ?? [])].sort(compare)
      const rest = sorted.filter((step) => after === undefined || compare(step, after) > 0)
      const piece = rest.slice(0, most)
      given.steps += piece.length
      return piece
    })
  }
  return { fetch, given }
}

const project = (name: string, values: readonly number[]): readonly RepositoryStep[] =>
  values.map((value, n) => ({ id: n, name: `${name}/${n}`, value }))

const numbers = (count: number, valueAt: (n: number) => number): readonly number[] =>
  Array.from({ length: count }, (_, n) => valueAt(n))

for (const descending of [false, true]) {
  test(`ranges come merged, ${descending ? 'the greatest' : 'the least'} first, however they lie`, async (t) => {
    const steps = {
      even: project(
        'even',
        numbers(60, (n) => n * 2),
      ),
      odd: project(
        'odd',
        numbers(60, (n) => n * 2 + 1),
      ),
      early: project(
        'early',
        numbers(90, (n) => n / 100),
      ),
      late: project(
        'late',
        numbers(90, (n) => 1000 + n),
      ),
      same: project(
        'same',
        numbers(90, () => 7),
      ),
      none: [],
    }
    const all = Object.values(steps).flat().sort(compareSteps({ descending }))
    const { fetch } = rangesOf(steps, descending)
    const seen: RepositoryStep[] = []
    for (let pages = 0; pages < 100; pages++) {
      const walk = { descending, after: seen.at(-1), most: 17 }
      const page = await mergeRanges(fetch, Object.keys(steps), walk)
      seen.push(...page)
      if (page.length < 17) break
    }
    t.deepEqual(seen, all)
  })
}

test('each of many ranges is asked for a few, and twice at most', async (t) => {
  const many = Object.fromEntries(
    numbers(50, (n) => n).map((p) => [
      `p${p}`,
      project(
        `p${p}`,
        numbers(200, (n) => n * 50 + p),
      ),
    ]),
  )
  const spread = rangesOf(many, false)
  const walk = { descending: false, after: undefined, most: 101 }
  t.is((await mergeRanges(spread.fetch, Object.keys(many), walk)).length, 101)
  t.deepEqual(spread.given, { calls: 1, steps: 450 })
  const first = rangesOf(
    {
      ...many,
      p0: project(
        'p0',
        numbers(200, (n) => -n),
      ),
    },
    false,
  )
  const page = await mergeRanges(first.fetch, Object.keys(many), walk)
  t.true(page.every(({ name }) => name.startsWith('p0/')))
  t.deepEqual(first.given, { calls: 2, steps: 551 })
})
