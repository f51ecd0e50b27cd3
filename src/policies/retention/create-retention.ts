import type { Config } from '../../config/read-config.ts'
import type { Route } from '../../http/route.ts'
import type { ScheduleFamily } from '../../jobs/keep-schedules.ts'
import type { JobKinds } from '../../jobs/types.ts'
import { createPolicyRoutes } from './routes.ts'
import { createRetentionKind } from './run-retention.ts'
import { createRunRoutes } from './run-routes.ts'
import type { RetentionDeps } from './run-types.ts'
import { KIND, RETENTION_SCHEDULES } from './schedule.ts'

export interface CreateRetentionDeps extends RetentionDeps {
  readonly config: Pick<Config, 'door'>
  /** Lets a worker of this process look at once. */
  readonly wake: () => void
}

export interface Retention {
  readonly kinds: JobKinds
  readonly families: readonly ScheduleFamily[]
  readonly routes: readonly Route[]
}

/** Which tags projects keep: their rules, and the runs that remove the others. */
export function createRetention(deps: CreateRetentionDeps): Retention {
  const canRemove = deps.removeTags !== undefined
  return {
    kinds: { [KIND]: createRetentionKind(deps) },
    families: [RETENTION_SCHEDULES],
    routes: [
      ...createPolicyRoutes({ ...deps, door: deps.config.door }),
      ...createRunRoutes({ ...deps, canRemove }),
    ],
  }
}
