import { z } from 'zod'
import { presentedRule, presentRule } from './rule-schemas.ts'
import { REMOVAL_OUTCOMES, RUN_STATES, type Run, type RunItem } from './run-types.ts'
import { KEEP_REASONS, REMOVE_REASONS } from './types.ts'

export const runSchema = z
  .object({
    id: z.int(),
    jobId: z.int(),
    dryRun: z.boolean(),
    scheduled: z.boolean(),
    actor: z.string(),
    state: z.enum(RUN_STATES),
    detail: z.string().nullable(),
    rules: z.array(presentedRule),
    repositories: z.int(),
    kept: z.int(),
    toRemove: z.int(),
    removed: z.int(),
    notRemoved: z.int(),
    reclaimableBytes: z.int(),
    itemCount: z.int(),
    createdAt: z.iso.datetime(),
    endedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'RetentionRun' })

/** What a job says of its failure is for operators: it may name hosts. */
const detailOf = ({ detail, state, jobId }: Run): string | null => {
  if (detail !== undefined || state !== 'failed') return detail ?? null
  return `its job failed; an administrator sees why by warden job show ${jobId}`
}

export const presentRun = (run: Run): z.output<typeof runSchema> => ({
  id: run.id,
  jobId: run.jobId,
  dryRun: run.isDryRun,
  scheduled: run.isScheduled,
  actor: run.actor.actorName,
  state: run.state,
  detail: detailOf(run),
  rules: run.rules.map(presentRule),
  repositories: run.repositories,
  kept: run.kept,
  toRemove: run.toRemove,
  removed: run.removed,
  notRemoved: run.notRemoved,
  reclaimableBytes: run.reclaimableBytes,
  itemCount: run.items,
  createdAt: run.createdAt.toISOString(),
  endedAt: run.endedAt?.toISOString() ?? null,
})

export const itemSchema = z
  .object({
    repository: z.string(),
    tag: z.string(),
    digest: z.string(),
    decision: z.enum(['keep', 'remove']),
    reason: z.enum([...new Set([...KEEP_REASONS, ...REMOVE_REASONS])]),
    rule: z.int().nullable(),
    neededBy: z.string().nullable(),
    pushedAt: z.iso.datetime(),
    pulledAt: z.iso.datetime().nullable(),
    reclaimableBytes: z.int().nullable(),
    outcome: z.enum([...REMOVAL_OUTCOMES, 'held']).nullable(),
  })
  .meta({ id: 'RetentionItem' })

export const presentItem = (item: RunItem): z.output<typeof itemSchema> => ({
  repository: item.repository,
  tag: item.tag,
  digest: item.digest,
  decision: item.decision,
  reason: item.reason,
  rule: item.rule ?? null,
  neededBy: item.neededBy ?? null,
  pushedAt: item.pushedAt.toISOString(),
  pulledAt: item.pulledAt?.toISOString() ?? null,
  reclaimableBytes: item.reclaimableBytes ?? null,
  outcome: item.outcome ?? null,
})
