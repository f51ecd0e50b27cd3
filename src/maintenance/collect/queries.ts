import type { Actor } from '../../audit/record.ts'
import type { Database } from '../../database/open-database.ts'
import type { JobState } from '../../jobs/types.ts'
import type { CollectionReading, Gap, Phase, Swept, UntaggedManifest } from './types.ts'

const ERROR_LENGTH = 1000
const ENDED: readonly Phase[] = ['done', 'failed', 'cancelled']

interface CollectionRow {
  readonly id: number
  readonly job_id: number
  readonly is_dry_run: number
  readonly phase: Phase
  readonly epoch: number | null
  readonly actor_id: number | null
  readonly actor_name: string
  readonly on_behalf_of: string | null
  readonly blobs: number
  readonly bytes: number
  readonly unknown_blobs: number
  readonly untagged_count: number
  readonly gap_count: number
  readonly untagged: string | null
  readonly gaps: string | null
  readonly notes: string | null
  readonly error: string | null
  readonly created_at: Date
  readonly held_at: Date | null
  readonly opened_at: Date | null
  readonly ended_at: Date | null
  readonly job_state: JobState | null
}

const COLUMNS = [
  'collections.id',
  'job_id',
  'is_dry_run',
  'phase',
  'epoch',
  'actor_id',
  'actor_name',
  'on_behalf_of',
  'blobs',
  'bytes',
  'unknown_blobs',
  'untagged_count',
  'gap_count',
  'notes',
  'collections.error',
  'collections.created_at',
  'held_at',
  'opened_at',
  'collections.ended_at',
  'jobs.state as job_state',
]
const LISTS = ['untagged', 'gaps']

const readList = <T>(text: string | null | undefined): readonly T[] =>
  text ? JSON.parse(text) : []

const toCollection = (row: CollectionRow): CollectionReading => ({
  id: row.id,
  jobId: row.job_id,
  isDryRun: row.is_dry_run === 1,
  phase: row.phase,
  epoch: row.epoch ?? undefined,
  actor: {
    actorId: row.actor_id ?? undefined,
    actorName: row.actor_name,
    onBehalfOf: row.on_behalf_of ?? undefined,
  },
  blobs: Number(row.blobs),
  bytes: Number(row.bytes),
  unknownBlobs: Number(row.unknown_blobs),
  untaggedCount: Number(row.untagged_count),
  untagged: readList<UntaggedManifest>(row.untagged),
  gapCount: Number(row.gap_count),
  gaps: readList<Gap>(row.gaps),
  notes: readList<string>(row.notes),
  error: row.error ?? undefined,
  createdAt: row.created_at,
  heldAt: row.held_at ?? undefined,
  openedAt: row.opened_at ?? undefined,
  endedAt: row.ended_at ?? undefined,
  jobState: row.job_state ?? undefined,
})

const time = (database: Database) => database.raw('UTC_TIMESTAMP(3)')

const select = (database: Database) =>
  database('collections').leftJoin('jobs', 'jobs.id', 'collections.job_id')

export interface NewCollection {
  readonly jobId: number
  readonly isDryRun: boolean
  readonly actor: Actor
}

/** @returns its id; a second one of the same job is a duplicate key */
export async function insertCollection(
  transaction: Database,
  { jobId, isDryRun, actor }: NewCollection,
): Promise<number> {
  const [id] = await transaction('collections').insert({
    job_id: jobId,
    is_dry_run: isDryRun ? 1 : 0,
    phase: 'waiting',
    actor_id: actor.actorId ?? null,
    actor_name: actor.actorName,
    on_behalf_of: actor.onBehalfOf ?? null,
    created_at: time(transaction),
  })
  return Number(id)
}

export async function findCollection(
  database: Database,
  id: number,
): Promise<CollectionReading | undefined> {
  const row: CollectionRow | undefined = await select(database)
    .where({ 'collections.id': id })
    .first(...COLUMNS, ...LISTS)
  return row && toCollection(row)
}

export async function findCollectionOfJob(
  database: Database,
  jobId: number,
): Promise<CollectionReading | undefined> {
  const row: CollectionRow | undefined = await select(database)
    .where({ job_id: jobId })
    .first(...COLUMNS, ...LISTS)
  return row && toCollection(row)
}

/** The newest first, with ids below `before`; without their lists. */
export async function listCollections(
  database: Database,
  { before, most }: { readonly before: number | undefined; readonly most: number },
): Promise<readonly CollectionReading[]> {
  const query = select(database).orderBy('collections.id', 'desc').limit(most)
  if (before !== undefined) query.where('collections.id', '<', before)
  const rows: CollectionRow[] = await query.select(...COLUMNS)
  return rows.map(toCollection)
}

/** What is written down of a collection as it goes on. */
export interface CollectionChange extends Partial<Swept> {
  readonly phase?: Phase
  readonly epoch?: number
  readonly untagged?: readonly UntaggedManifest[]
  readonly untaggedCount?: number
  readonly gaps?: readonly Gap[]
  readonly gapCount?: number
  readonly notes?: readonly string[]
  readonly error?: string | undefined
}

const json = (list: readonly unknown[] | undefined) =>
  list === undefined ? undefined : JSON.stringify(list)

/**
 * Writes down how far a collection is; one that has ended stays as it is.
 *
 * @returns whether it was still under way
 */
export async function saveCollection(
  transaction: Database,
  id: number,
  { phase, epoch, blobs, bytes, unknownBlobs, untaggedCount, gapCount, ...rest }: CollectionChange,
): Promise<boolean> {
  const isEnd = phase !== undefined && ENDED.includes(phase)
  const changed = await transaction('collections')
    .where({ id, ended_at: null })
    .update({
      phase,
      epoch,
      blobs,
      bytes,
      unknown_blobs: unknownBlobs,
      untagged_count: untaggedCount,
      gap_count: gapCount,
      untagged: json(rest.untagged),
      gaps: json(rest.gaps),
      notes: json(rest.notes),
      error: rest.error?.slice(0, ERROR_LENGTH),
      held_at: phase === 'holding' ? time(transaction) : undefined,
      opened_at: phase === 'holding' ? null : undefined,
      ended_at: isEnd ? time(transaction) : undefined,
    })
  return changed === 1
}

/** Adds to what is to be known of a collection, also of one that has ended. */
export async function setNotes(
  transaction: Database,
  id: number,
  notes: readonly string[],
): Promise<void> {
  await transaction('collections')
    .where({ id })
    .update({ notes: JSON.stringify(notes) })
}

/** Holds the row of a collection until the transaction ends. */
export async function lockCollection(
  transaction: Database,
  id: number,
): Promise<{ readonly epoch: number | undefined; readonly endedAt: Date | undefined } | undefined> {
  const row: Pick<CollectionRow, 'epoch' | 'ended_at'> | undefined = await transaction(
    'collections',
  )
    .where({ id })
    .forUpdate()
    .first('epoch', 'ended_at')
  return row && { epoch: row.epoch ?? undefined, endedAt: row.ended_at ?? undefined }
}

/** Notes that the fence of an epoch was opened, whoever did. */
export async function noteOpened(transaction: Database, epoch: number): Promise<void> {
  await transaction('collections')
    .where({ epoch, opened_at: null })
    .update({ opened_at: time(transaction) })
}

/** The collection under a fence. */
export async function findCollectionOfEpoch(
  database: Database,
  epoch: number,
): Promise<CollectionReading | undefined> {
  const row: CollectionRow | undefined = await select(database)
    .where({ epoch })
    .first(...COLUMNS, ...LISTS)
  return row && toCollection(row)
}

/** The last one that swept and came to its end, or to none. */
export async function findLastEnded(database: Database): Promise<CollectionReading | undefined> {
  const row: CollectionRow | undefined = await select(database)
    .whereNotNull('collections.ended_at')
    .where({ is_dry_run: 0 })
    .orderBy('collections.id', 'desc')
    .first(...COLUMNS)
  return row && toCollection(row)
}

/** Forgets the oldest of those that are older than that. */
export async function removeOldCollections(
  database: Database,
  { keepDays, most }: { readonly keepDays: number; readonly most: number },
): Promise<void> {
  await database('collections')
    .where('created_at', '<', database.raw('UTC_TIMESTAMP(3) - INTERVAL ? DAY', [keepDays]))
    .orderBy('created_at')
    .limit(most)
    .delete()
}
