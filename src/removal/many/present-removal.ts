import { z } from 'zod'
import { JOB_STATES } from '../../jobs/types.ts'
import {
  ITEM_OUTCOMES,
  type RemovalFilter,
  type RemovalItem,
  type RemovalReading,
} from './types.ts'

const count = z.int()

export const removalSchema = z
  .object({
    id: z.int(),
    project: z.string(),
    filter: z.object({
      repositories: z.array(z.string()).nullable(),
      tags: z.array(z.string()).nullable(),
      pushedBefore: z.iso.datetime().nullable(),
      pulledBefore: z.iso.datetime().nullable(),
    }),
    dryRun: z.boolean(),
    state: z.enum(JOB_STATES),
    error: z.string().nullable(),
    actor: z.string(),
    counts: z.object({
      waiting: count,
      removed: count,
      needed: count,
      absent: count,
      changed: count,
      immutable: count,
      hollow: count,
    }),
    reclaimableBytesAtMost: z.int().nullable(),
    createdAt: z.iso.datetime(),
    endedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Removal' })

export const removalItemSchema = z
  .object({
    repository: z.string(),
    tag: z.string(),
    digest: z.string(),
    sizeBytes: z.int().nullable(),
    outcome: z.enum(ITEM_OUTCOMES),
    reason: z.string().nullable(),
  })
  .meta({ id: 'RemovalItem' })

const presentFilter = (filter: RemovalFilter): z.output<typeof removalSchema>['filter'] => ({
  repositories: filter.repositories ? [...filter.repositories] : null,
  tags: filter.tags ? [...filter.tags] : null,
  pushedBefore: filter.pushedBefore?.toISOString() ?? null,
  pulledBefore: filter.pulledBefore?.toISOString() ?? null,
})

const NONE = {
  waiting: 0,
  removed: 0,
  needed: 0,
  absent: 0,
  changed: 0,
  immutable: 0,
  hollow: 0,
}

export const presentRemoval = (removal: RemovalReading): z.output<typeof removalSchema> => ({
  id: removal.id,
  project: removal.project,
  filter: presentFilter(removal.filter),
  dryRun: removal.isDryRun,
  state: removal.state,
  error: removal.error ?? null,
  actor: removal.actor.actorName,
  counts: { ...NONE, ...removal.counts },
  reclaimableBytesAtMost: removal.sizeBytes ?? null,
  createdAt: removal.createdAt.toISOString(),
  endedAt: removal.endedAt?.toISOString() ?? null,
})

export const presentItem = (item: RemovalItem): z.output<typeof removalItemSchema> => ({
  repository: item.repository,
  tag: item.tag,
  digest: item.digest,
  sizeBytes: item.sizeBytes ?? null,
  outcome: item.outcome,
  reason: item.reason ?? null,
})
