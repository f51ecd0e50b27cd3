import { z } from 'zod'
import { jobSchema, presentJob } from '../../jobs/present-job.ts'
import type { ReconcileState } from './read-reconcile.ts'
import type { Run } from './types.ts'

const lastRunSchema = z.object({
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime(),
  repositories: z.int(),
  tags: z.int(),
  drift: z.object({ added: z.int(), moved: z.int(), missing: z.int() }),
  failures: z.int(),
})

const amountSchema = z.object({ repositories: z.int(), tags: z.int() })

export const reconcileSchema = z
  .object({
    state: z.enum(['never', 'idle', 'waiting', 'running']),
    job: jobSchema.nullable(),
    lastRun: lastRunSchema.nullable(),
    lostEvents: z.int(),
    brake: z.object({
      engaged: z.boolean(),
      since: z.iso.datetime().nullable(),
      reason: z.enum(['lists', 'vanished']).nullable(),
      detail: z.string().nullable(),
      vanished: amountSchema,
      limits: amountSchema,
    }),
  })
  .meta({ id: 'Reconcile' })

type Presented = z.output<typeof reconcileSchema>

const presentRun = ({ endedAt, ...run }: Run): Presented['lastRun'] =>
  endedAt === undefined
    ? null
    : {
        startedAt: run.startedAt.toISOString(),
        endedAt: endedAt.toISOString(),
        repositories: run.repositories,
        tags: run.tags,
        drift: { added: run.added, moved: run.moved, missing: run.missing },
        failures: run.failures,
      }

function stateOf({ job, lastRun }: ReconcileState): Presented['state'] {
  if (job?.state === 'running' || job?.state === 'waiting') return job.state
  return lastRun === undefined ? 'never' : 'idle'
}

const amounts = ({ repository, tag }: { readonly repository: number; readonly tag: number }) => ({
  repositories: repository,
  tags: tag,
})

export const presentReconcile = (state: ReconcileState): Presented => {
  const { job, lastRun, lostEvents, brake } = state
  const { engaged } = brake
  return {
    state: stateOf(state),
    job: job === undefined ? null : presentJob(job),
    lastRun: lastRun === undefined ? null : presentRun(lastRun),
    lostEvents,
    brake: {
      engaged: engaged !== undefined,
      since: engaged?.since.toISOString() ?? null,
      reason: engaged?.reason ?? null,
      detail: engaged?.detail ?? null,
      vanished: amounts(brake.vanished),
      limits: amounts(brake.limits),
    },
  }
}
