import { refreshCaller } from '../accounts/refresh-caller.ts'
import { recordAudit } from '../audit/record.ts'
import { createJobs, type JobsDeps } from '../jobs/create-jobs.ts'
import type { Schedule } from '../jobs/keep-schedules.ts'
import type { JobKinds } from '../jobs/types.ts'
import { requireSystem } from '../projects/require-permission.ts'

/** Jobs that one process runs at once: they share cores and connections with requests. */
const CONCURRENCY = 4

export type WorkDeps = Pick<JobsDeps, 'database' | 'log' | 'now' | 'metrics'>

/** All work that no request waits for: every room's kinds of jobs, and when they come back. */
export function createWork(deps: WorkDeps) {
  const kinds: JobKinds = {}
  const schedules: readonly Schedule[] = []
  const jobs = createJobs({ ...deps, kinds, schedules, concurrency: CONCURRENCY })
  return {
    wake: jobs.wake,
    routes: jobs.createRoutes({ requireSystem, refreshCaller, recordAudit }),
    start: jobs.start,
  }
}
