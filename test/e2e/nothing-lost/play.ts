import { randomInt } from 'node:crypto'
import { createGenerator, type Generator } from '../../support/generate.ts'
import { collect, type Strike } from './collect.ts'
import { compareIndex } from './compare-index.ts'
import { playDay } from './day.ts'
import { furnish } from './furnish.ts'
import { checkAll, type Run } from './run.ts'
import { settle } from './settle.ts'

export interface Plan {
  /** Of each project in a day. */
  readonly rounds: number
  /** One for each day; they are one after the other, with a collection between. */
  readonly seeds: readonly number[]
}

/** Those that are always played and a new one, or the one that is to be seen again. */
export function chooseSeeds(fixed: readonly number[]): readonly number[] {
  const { WARDEN_TEST_SEED: told } = process.env
  return told === undefined
    ? [...fixed, randomInt(2 ** 31)]
    : fixed.concat(0).map(() => Number(told))
}

/** The last collection comes to its end, and sweeps what all days left behind. */
const strikeOf = (from: Generator, isLast: boolean): Strike =>
  isLast ? 'freeze' : from.pick(['kill', 'kill-owner'])

/** Days of rounds with collections between them, and a look at everything in the end. */
export async function play(
  run: Run,
  { seeds, rounds }: Plan,
  tell: (line: string) => void,
): Promise<void> {
  const startedAtMs = performance.now()
  const done = (what: string): void =>
    tell(`${what} after ${((performance.now() - startedAtMs) / 1000).toFixed(1)} s`)
  const lastSeed = seeds.at(-1) ?? 0
  await furnish(run)
  done('furnished')
  for (const [day, seed] of seeds.entries()) {
    const from = createGenerator(seed + lastSeed)
    const way = strikeOf(from, day === seeds.length - 1)
    await playDay(run, { seed, rounds })
    done(`the day of seed ${seed} ended`)
    await collect(run, from, way)
    await checkAll(run, `the night after seed ${seed}`)
    done('collected and looked at')
  }
  await settle(run)
  done('settled')
  await checkAll(run, 'in the end', true)
  const names = run.lanes.flatMap(({ repositories, crowd }) => [...repositories, crowd ?? []])
  run.faults.push(...(await compareIndex(run, names.flat())))
  done('compared')
}
