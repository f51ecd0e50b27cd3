import type { Route } from '../../http/route.ts'
import type { Schedule } from '../../jobs/keep-schedules.ts'
import type { JobKinds } from '../../jobs/types.ts'
import type { Metrics } from '../../metrics/create-metrics.ts'
import { chooseCollector } from './choose-collector.ts'
import type { CollectDeps } from './collect-deps.ts'
import { KIND, MOST_ATTEMPTS, SCHEDULE } from './request-collection.ts'
import { createCollectRoutes } from './routes.ts'
import { createCollectKind } from './run-collection.ts'
import { createFenceTender } from './tend-fence.ts'
import { watchCollections } from './watch-collections.ts'

export interface CreateCollectDeps extends Omit<CollectDeps, 'collector'> {
  readonly metrics: Pick<Metrics, 'read'>
  /** Lets a worker of this process look at once. */
  readonly wake: () => void
}

export interface Collect {
  readonly kinds: JobKinds
  readonly schedules: readonly Schedule[]
  readonly routes: readonly Route[]
  /** Why writes stay held though nobody sees to it any more; undefined: they do not. */
  readonly findStuck: () => string | undefined
  /** @returns stops it */
  readonly start: () => () => Promise<void>
}

/** The collection of garbage: on demand, by a schedule, and what keeps its fence. */
export function createCollect(given: CreateCollectDeps): Collect {
  const deps = { ...given, collector: chooseCollector(given.config.collect) }
  const { cron } = given.config.collect
  const tender = createFenceTender(deps)
  const watch = watchCollections(deps, tender.findStuck)
  return {
    kinds: { [KIND]: createCollectKind(deps) },
    schedules:
      cron === undefined
        ? []
        : [
            {
              name: SCHEDULE,
              pattern: cron,
              kind: KIND,
              payload: { isDryRun: false },
              mostAttempts: MOST_ATTEMPTS,
            },
          ],
    routes: createCollectRoutes({ ...deps, findStuck: tender.findStuck }),
    findStuck: tender.findStuck,
    start: () => {
      const stops = [tender.start(), watch()]
      return async () => {
        await Promise.all(stops.map((stop) => stop()))
      }
    },
  }
}
