import type { Route } from '../../http/route.ts'
import type { ScheduleFamily } from '../../jobs/keep-schedules.ts'
import type { JobKinds } from '../../jobs/types.ts'
import { createPolicyRoutes } from './routes.ts'
import { createRetentionKind } from './run-retention.ts'
import { createRunRoutes } from './run-routes.ts'
import type { RetentionDeps } from './run-types.ts'
import { KIND, RETENTION_SCHEDULES } from './schedule.ts'

export interface CreateRetentionDeps extends RetentionDeps {
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
    routes: [...createPolicyRoutes(deps), ...createRunRoutes({ ...deps, canRemove })],
  }
}
