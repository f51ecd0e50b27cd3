import test from 'ava'
import { chooseSeeds, createRun, play, type Size } from './nothing-lost/run.ts'
import { startWorld } from './nothing-lost/world.ts'

const MOST_SHOWN = 5
const SEEDS = [7]

const size = (): Size => ({ lanes: 50, rounds: 3, seeds: chooseSeeds(SEEDS) })

test.serial(
  'nothing is lost: pushes, moves, deletes and rules side by side, while every part is killed and stopped',
  async (t) => {
    t.timeout(1_500_000)
    const world = await startWorld()
    const asked = size()
    let isOver = false
    const run = createRun(world, asked, () => isOver)
    try {
      await play(run, asked, (line) => t.log(line)).catch((error: unknown) => {
        t.log(world.logs())
        throw error
      })
    } finally {
      isOver = true
      await world.stop()
      const counts = [...run.counts].toSorted().map(([what, count]) => `${what}: ${count}`)
      t.log([`WARDEN_TEST_SEED: ${asked.seeds.join(', ')}`, ...counts].join('\n'))
    }
    t.deepEqual(run.faults.slice(0, MOST_SHOWN), [], `${run.faults.length} faults`)
  },
)
