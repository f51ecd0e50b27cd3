import type { Config } from '../../config/read-config.ts'
import { inTransaction } from '../../database/transaction.ts'
import type { Log } from '../../http/middleware.ts'
import type { Route } from '../../http/route.ts'
import type { RefreshDeps } from '../../images/refresh-outcome.ts'
import type { Schedule } from '../../jobs/keep-schedules.ts'
import type { JobKinds } from '../../jobs/types.ts'
import type { Metrics } from '../../metrics/create-metrics.ts'
import { findLastRun } from './queries.ts'
import {
  enqueueReconcile,
  MOST_ATTEMPTS,
  type RequestReconcileDeps,
  SCHEDULE,
} from './request-reconcile.ts'
import { createReconcileRoutes } from './routes.ts'
import { createReconcileKind, KIND } from './run-reconcile.ts'
import { watchReconcile } from './watch-reconcile.ts'

export interface CreateReconcileDeps extends RequestReconcileDeps {
  readonly config: Pick<Config, 'reconcile'>
  readonly refresh: RefreshDeps
  readonly giveWay: () => Promise<void>
  readonly metrics: Pick<Metrics, 'read'>
  readonly log: Log
}

export interface Reconcile {
  readonly kinds: JobKinds
  readonly schedules: readonly Schedule[]
  readonly routes: readonly Route[]
  /** @returns stops it */
  readonly start: () => () => Promise<void>
}

/** The repair of the index from the registry: now and then, on demand, and once at the very first. */
export function createReconcile(deps: CreateReconcileDeps): Reconcile {
  const { config, database, refresh, giveWay, log, wake } = deps
  const { cron } = config.reconcile
  const watch = watchReconcile({ ...refresh, ...deps })
  const begin = async (): Promise<void> => {
    if (cron === undefined || (await findLastRun(database)) !== undefined) return
    await inTransaction(database, enqueueReconcile)
    wake()
  }
  return {
    kinds: { [KIND]: createReconcileKind({ ...refresh, giveWay, log }) },
    schedules:
      cron === undefined
        ? []
        : [
            {
              name: SCHEDULE,
              pattern: cron,
              kind: KIND,
              payload: {},
              mostAttempts: MOST_ATTEMPTS,
            },
          ],
    routes: createReconcileRoutes(deps),
    start: () => {
      // Whoever cannot be asked now is asked by the schedule.
      const begun = begin().catch((error: unknown) =>
        log.warn({ error }, 'the first run of reconcile cannot be asked for now'),
      )
      const stop = watch()
      return async () => {
        await begun
        await stop()
      }
    },
  }
}
