import { setTimeout as sleep } from 'node:timers/promises'
import pLimit from 'p-limit'
import { createGenerator } from '../../support/generate.ts'
import { checkPlaces } from './check.ts'
import { makeLayer } from './images.ts'
import { planRound } from './plan.ts'
import type { Fault, Lane, Round } from './rounds.ts'
import { count, learn, type Run } from './run.ts'
import { takeStep } from './steps.ts'

const SHARED_LAYERS = 12

/** One at a time: two processes that stand still at once leave nobody to see anything. */
function createFaults(run: Run): (fault: Fault) => Promise<void> {
  const limit = pLimit(1)
  return ({ afterMs, part, way, awayMs }) =>
    limit(async () => {
      await sleep(afterMs)
      count(run, `${way} ${part}`)
      const beganAtMs = performance.now()
      await run.world[way](part, awayMs)
      // As long as something was away, everything is there: else nothing is ever done.
      await sleep(performance.now() - beganAtMs)
    })
}

async function playRound(
  run: Run,
  { project, before, steps, fault }: Round,
  strike: (fault: Fault) => Promise<void>,
): Promise<void> {
  for (const step of before) await takeStep(run, project, step)
  await Promise.all([
    ...steps.map((step) => takeStep(run, project, step)),
    ...(fault === undefined ? [] : [strike(fault)]),
  ])
}

/** What can be seen while others go on. */
async function look(run: Run, { project }: Lane, note: string): Promise<void> {
  const places = run.model.places().filter(({ repository }) => repository.startsWith(`${project}/`))
  const some = places.slice(-4)
  const found = await checkPlaces(run, some, { isAtEnd: false }).catch(() => [])
  run.faults.push(...found.map((fault) => `${note}: ${fault}`))
}

/** Rounds of all projects beside each other. */
export async function playDay(
  run: Run,
  { seed, rounds }: { seed: number; rounds: number },
): Promise<void> {
  const common = createGenerator(seed)
  const shared = common.list(SHARED_LAYERS, SHARED_LAYERS, () => makeLayer(common))
  const strike = createFaults(run)
  await Promise.all(
    run.lanes.map(async (lane, number) => {
      const planner = {
        from: createGenerator(seed * 1000 + number),
        lane,
        shared,
        images: run.planned.get(lane) ?? [],
      }
      run.planned.set(lane, planner.images)
      for (let round = 0; round < rounds; round++) {
        const planned = planRound(planner)
        for (const step of [...planned.before, ...planned.steps]) {
          if ('image' in step) learn(run.images, step.image)
        }
        await playRound(run, planned, strike)
        await look(run, lane, `seed ${seed}, ${lane.project}, round ${round}`)
      }
    }),
  )
}
