import { z } from 'zod'
import { JOB_STATES, type Job, type JobWithLog } from './types.ts'

const fields = {
  id: z.int(),
  kind: z.string(),
  state: z.enum(JOB_STATES),
  attempts: z.int(),
  mostAttempts: z.int(),
  progress: z.object({ done: z.int(), total: z.int() }).nullable(),
  cancelRequested: z.boolean(),
  runAt: z.iso.datetime(),
  createdAt: z.iso.datetime(),
  startedAt: z.iso.datetime().nullable(),
  endedAt: z.iso.datetime().nullable(),
  error: z.string().nullable(),
}

/** A job as lists show it; what it is to do with, its payload, is never shown. */
export const jobSchema = z.object(fields).meta({ id: 'Job' })

export const jobWithLogSchema = z
  .object({
    ...fields,
    log: z.array(z.object({ time: z.iso.datetime(), line: z.string() })).readonly(),
  })
  .meta({ id: 'JobWithLog' })

export const presentJob = (job: Job): z.output<typeof jobSchema> => ({
  id: job.id,
  kind: job.kind,
  state: job.state,
  attempts: job.attempts,
  mostAttempts: job.mostAttempts,
  progress: job.progress === undefined ? null : { ...job.progress },
  cancelRequested: job.cancelRequested,
  runAt: job.runAt.toISOString(),
  createdAt: job.createdAt.toISOString(),
  startedAt: job.startedAt?.toISOString() ?? null,
  endedAt: job.endedAt?.toISOString() ?? null,
  error: job.error ?? null,
})

export const presentJobWithLog = (job: JobWithLog): z.output<typeof jobWithLogSchema> => ({
  ...presentJob(job),
  log: job.log,
})
