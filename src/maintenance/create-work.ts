import {
  createPasswordReset,
  type PasswordResetDeps,
} from '../accounts/password-reset/create-password-reset.ts'
import { refreshCaller } from '../accounts/refresh-caller.ts'
import { recordAudit } from '../audit/record.ts'
import { END_CREDENTIALS } from '../credentials/end-credentials.ts'
import type { Route } from '../http/route.ts'
import { createJobs, type JobsDeps } from '../jobs/create-jobs.ts'
import type { JobKinds } from '../jobs/types.ts'
import {
  createNotifications,
  type Notifications,
  type NotificationsDeps,
} from '../notifications/create-notifications.ts'
import { createRetention } from '../policies/retention/create-retention.ts'
import type { RetentionDeps } from '../policies/retention/run-types.ts'
import { requireSystem } from '../projects/require-permission.ts'
import { createRemoval, type RemovalDeps } from '../removal/create-removal.ts'
import { type Collect, type CreateCollectDeps, createCollect } from './collect/create-collect.ts'
import { type CreateReconcileDeps, createReconcile } from './reconcile/create-reconcile.ts'
import { createRestoreRoutes } from './restored/routes.ts'

/** Jobs that one process runs at once: they share cores and connections with requests. */
const CONCURRENCY = 4

export type WorkDeps = Pick<JobsDeps, 'database' | 'log' | 'now'> &
  Omit<PasswordResetDeps, 'wake' | 'endTokens'> &
  Omit<NotificationsDeps, 'notePushed'> &
  Pick<CreateReconcileDeps, 'config' | 'giveWay'> &
  Omit<CreateCollectDeps, 'wake'> &
  Omit<RemovalDeps, 'wake' | 'refreshCaller'> &
  Pick<RetentionDeps, 'readImmutable'>

export interface Work {
  readonly work: {
    readonly routes: readonly Route[]
    /** @returns stops it */
    readonly start: () => () => Promise<void>
  }
  /** For the private listener. */
  readonly notifications: Pick<Notifications, 'routes'>
  /** For the private listener, too. */
  readonly collector: Collect['collector']
  /** Why writes stay held though nobody sees to it any more; undefined: they do not. */
  readonly findStuckFence: () => string | undefined
}

/** All work that no request waits for: every room's kinds of jobs, and when they come back. */
export function createWork(deps: WorkDeps): Work {
  const wake = (): void => jobs.wake()
  const passwordReset = createPasswordReset({ ...deps, ...END_CREDENTIALS, wake })
  const removal = createRemoval({ ...deps, refreshCaller, wake })
  const notifications = createNotifications({ ...deps, notePushed: removal.notePushed })
  const operators = { requireSystem, refreshCaller, recordAudit }
  const reconcile = createReconcile({
    ...deps,
    ...operators,
    wake,
    refresh: notifications.refresh,
  })
  const retention = createRetention({
    ...deps,
    wake,
    removeTags: removal.removeTags,
  })
  const collect = createCollect({ ...deps, wake })
  const kinds: JobKinds = {
    ...passwordReset.kinds,
    ...reconcile.kinds,
    ...removal.kinds,
    ...retention.kinds,
    ...collect.kinds,
  }
  const schedules = [...reconcile.schedules, ...collect.schedules]
  const queue = { kinds, schedules, families: retention.families, concurrency: CONCURRENCY }
  const jobs = createJobs({ ...deps, ...queue })
  const parts = [jobs, passwordReset, notifications, reconcile, removal, collect]
  const start = (): (() => Promise<void>) => {
    const stops = parts.map((part) => part.start())
    return async () => {
      await Promise.all(stops.map((stop) => stop()))
    }
  }
  const routes = [
    ...passwordReset.routes,
    ...jobs.createRoutes(operators),
    ...reconcile.routes,
    ...createRestoreRoutes({ ...deps, ...operators }),
    ...removal.routes,
    ...retention.routes,
    ...collect.routes,
  ]
  const { collector, findStuck: findStuckFence } = collect
  return { work: { routes, start }, notifications, collector, findStuckFence }
}
