import test from 'ava'
import { laneOf } from './nothing-lost/furnish.ts'
import { chooseSeeds, play } from './nothing-lost/play.ts'
import { createRun, type Run } from './nothing-lost/run.ts'
import { startWorld } from './nothing-lost/world.ts'

const MOST_SHOWN = 5
/** The same always; another day has a new one. */
const SEEDS = [7]
const LANES = 50
const ROUNDS = 3

const told = ({ counts }: Run, seeds: readonly number[]): string =>
  [
    `WARDEN_TEST_SEED: ${seeds.join(', ')}`,
    ...[...counts].toSorted().map(([what, times]) => `${what}: ${times}`),
  ].join('\n')

const countDone = ({ counts }: Run, what: string): number => counts.get(`${what} done`) ?? 0

test.serial(
  'R21: nothing is lost by pushes, moves, deletes, rules and collections, while every part is killed and stopped',
  async (t) => {
    t.timeout(1_500_000)
    const seeds = chooseSeeds(SEEDS)
    const world = await startWorld()
    const lanes = Array.from({ length: LANES }, (_, number) => laneOf(number))
    let isOver = false
    const run = createRun(world, lanes, () => isOver)
    try {
      await play(run, { seeds, rounds: ROUNDS }, (line) => t.log(line)).catch((error: unknown) => {
        t.log(world.logs())
        throw error
      })
    } finally {
      isOver = true
      await world.stop()
      t.log(told(run, seeds))
    }
    t.true(countDone(run, 'push') > LANES, 'pushes that were acknowledged')
    t.true(countDone(run, 'delete-tag') + countDone(run, 'delete-manifest') > ROUNDS, 'deletes')
    t.true((run.counts.get('blobs swept') ?? 0) > 0, 'blobs that were swept')
    t.deepEqual(run.faults.slice(0, MOST_SHOWN), [], `${run.faults.length} faults`)
  },
)
