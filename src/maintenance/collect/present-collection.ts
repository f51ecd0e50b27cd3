import { z } from 'zod'
import { type Collection, type CollectionReading, PHASES, type Phase } from './types.ts'

const untaggedSchema = z.object({ repository: z.string(), digest: z.string() })
const gapSchema = z.object({ repository: z.string(), manifest: z.string(), blob: z.string() })

const collectionShape = {
  id: z.int(),
  jobId: z.int(),
  dryRun: z.boolean(),
  state: z.enum(PHASES),
  error: z.string().nullable(),
  actor: z.string(),
  blobs: z.int(),
  bytes: z.int(),
  unknownBlobs: z.int(),
  untaggedCount: z.int(),
  gapCount: z.int(),
  notes: z.array(z.string()),
  heldSeconds: z.number().nullable(),
  createdAt: z.iso.datetime(),
  endedAt: z.iso.datetime().nullable(),
}

export const collectionSchema = z.object(collectionShape).meta({ id: 'Collection' })

/** One by itself comes with its lists, which hold the first thousand. */
export const collectionReportSchema = z
  .object({
    ...collectionShape,
    untagged: z.array(untaggedSchema),
    gaps: z.array(gapSchema),
  })
  .meta({ id: 'CollectionReport' })

/** How long writes were held, or are by now. */
export function heldSecondsOf({ heldAt, openedAt }: Collection, now: Date): number | undefined {
  if (heldAt === undefined) return undefined
  const heldMs = (openedAt ?? now).getTime() - heldAt.getTime()
  return Math.max(0, Math.round(heldMs / 100) / 10)
}

/** A job that ended without a word in the row failed, or was cancelled. */
function stateOf({ phase, endedAt, jobState }: CollectionReading): Phase {
  if (endedAt !== undefined) return phase
  if (jobState === 'cancelled') return 'cancelled'
  return jobState === undefined || jobState === 'done' || jobState === 'failed' ? 'failed' : phase
}

export const presentCollection = (
  collection: CollectionReading,
  now: Date,
): z.output<typeof collectionSchema> => ({
  id: collection.id,
  jobId: collection.jobId,
  dryRun: collection.isDryRun,
  state: stateOf(collection),
  error: collection.error ?? collection.jobError ?? null,
  actor: collection.actor.actorName,
  blobs: collection.blobs,
  bytes: collection.bytes,
  unknownBlobs: collection.unknownBlobs,
  untaggedCount: collection.untaggedCount,
  gapCount: collection.gapCount,
  notes: [...collection.notes],
  heldSeconds: heldSecondsOf(collection, now) ?? null,
  createdAt: collection.createdAt.toISOString(),
  endedAt: collection.endedAt?.toISOString() ?? null,
})

export const presentReport = (
  collection: CollectionReading,
  now: Date,
): z.output<typeof collectionReportSchema> => ({
  ...presentCollection(collection, now),
  untagged: collection.untagged.map((one) => ({ ...one })),
  gaps: collection.gaps.map((one) => ({ ...one })),
})
