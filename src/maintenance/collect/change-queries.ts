import type { Actor } from '../../audit/record.ts'
import { databaseNow, daysAgo } from '../../database/clock.ts'
import type { Database } from '../../database/open-database.ts'
import type { CollectionRow } from './collection-rows.ts'
import { ENDED_PHASES, type Gap, type Phase, type Swept, type UntaggedManifest } from './types.ts'

const ERROR_LENGTH = 1000

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
    created_at: databaseNow(transaction),
  })
  return Number(id)
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
  const isEnd = phase !== undefined && ENDED_PHASES.includes(phase)
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
      held_at: phase === 'holding' ? databaseNow(transaction) : undefined,
      opened_at: phase === 'holding' ? null : undefined,
      ended_at: isEnd ? databaseNow(transaction) : undefined,
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
    .update({ opened_at: databaseNow(transaction) })
}

/** Forgets the oldest of those that are older than that. */
export async function removeOldCollections(
  database: Database,
  { keepDays, most }: { readonly keepDays: number; readonly most: number },
): Promise<void> {
  await database('collections')
    .where('created_at', '<', daysAgo(database, keepDays))
    .orderBy('created_at')
    .limit(most)
    .delete()
}
