import {
  createPasswordReset,
  type PasswordResetDeps,
} from '../accounts/password-reset/create-password-reset.ts'
import { refreshCaller } from '../accounts/refresh-caller.ts'
import { recordAudit } from '../audit/record.ts'
import { END_CREDENTIALS } from '../credentials/end-credentials.ts'
import type { Route } from '../http/route.ts'
import { createJobs, type JobsDeps } from '../jobs/create-jobs.ts'
import type { Schedule } from '../jobs/keep-schedules.ts'
import type { JobKinds } from '../jobs/types.ts'
import { requireSystem } from '../projects/require-permission.ts'

/** Jobs that one process runs at once: they share cores and connections with requests. */
const CONCURRENCY = 4

export type WorkDeps = Pick<JobsDeps, 'database' | 'log' | 'now' | 'metrics'> &
  Omit<PasswordResetDeps, 'wake' | 'endTokens'>

export interface Work {
  /** Lets a worker of this process look at once; to be called after the commit. */
  readonly wake: () => void
  readonly routes: readonly Route[]
  /** @returns stops it */
  readonly start: () => () => Promise<void>
}

/** All work that no request waits for: every room's kinds of jobs, and when they come back. */
export function createWork(deps: WorkDeps): Work {
  const wake = (): void => jobs.wake()
  const passwordReset = createPasswordReset({ ...deps, ...END_CREDENTIALS, wake })
  const kinds: JobKinds = { ...passwordReset.kinds }
  const schedules: readonly Schedule[] = []
  const jobs = createJobs({ ...deps, kinds, schedules, concurrency: CONCURRENCY })
  return {
    wake,
    routes: [
      ...passwordReset.routes,
      ...jobs.createRoutes({ requireSystem, refreshCaller, recordAudit }),
    ],
    start: () => {
      const stops = [jobs.start(), passwordReset.start()]
      return async () => {
        await Promise.all(stops.map((stop) => stop()))
      }
    },
  }
}
