import { inBatches, withAnyKey } from '../../database/bulk.ts'
import { byIndex } from '../../database/keyset.ts'
import type { Database } from '../../database/open-database.ts'
import type { TagKey } from '../queries.ts'
import type { RemovedTag } from './types.ts'

/** So that what the registry tells next, such as a delete, is there too when we look. */
const SETTLE_MS = 1000
/** An event that comes later than this after a removal is of no use to it (R21). */
const LATE_SECONDS = 600

const NOW = 'UTC_TIMESTAMP(3)'

const inMs = (database: Database, milliseconds: number) =>
  database.raw(`${NOW} + INTERVAL ? MICROSECOND`, [milliseconds * 1000])

/** Writes down what is about to be removed; before the last look at each tag. */
export async function insertRemovedTags(
  database: Database,
  tags: readonly Pick<RemovedTag, 'repository' | 'tag' | 'digest' | 'dummyDigest'>[],
): Promise<void> {
  const begun_at = database.raw(NOW)
  const rows = tags.map(({ repository, tag, digest, dummyDigest: dummy_digest }) => {
    return { repository, tag, digest, dummy_digest, begun_at }
  })
  for (const batch of inBatches(rows)) await database('removed_tags').insert(batch)
}

/** Says that the registry is done with these tags, one way or the other. */
export async function endRemovedTags(
  transaction: Database,
  { dummyDigest, tags }: { readonly dummyDigest: string; readonly tags: readonly string[] },
): Promise<void> {
  const ended_at = transaction.raw(NOW)
  for (const batch of inBatches(tags)) {
    await transaction('removed_tags')
      .where({ dummy_digest: dummyDigest })
      .whereIn('tag', [...batch])
      .update({ ended_at })
  }
}

/** Somebody who may delete wants these tags gone by now: what was pushed before stays gone. */
export async function closeRemovedTags(
  database: Database,
  where: { readonly repository: string; readonly tag?: string },
): Promise<void> {
  const rows = await database('removed_tags')
    .where({ ...where, is_over: 0 })
    .select('id')
  if (rows.length === 0) return
  const ids = rows.map(({ id }) => id)
  await database('removed_tags').whereIn('id', ids).update({ is_over: 1 })
}

/** Says of tags that a push to them was told of: if they were removed a while ago, it may be lost. */
export async function markPushedTags(
  transaction: Database,
  keys: readonly TagKey[],
): Promise<void> {
  for (const batch of inBatches(keys)) {
    const rows: readonly { readonly id: number }[] = await transaction('removed_tags')
      .where(withAnyKey(batch.map(({ repository, tag }) => ({ repository, tag }))))
      .where('is_over', 0)
      .where('begun_at', '>', transaction.raw(`${NOW} - INTERVAL ? SECOND`, [LATE_SECONDS]))
      .select('id')
    if (rows.length === 0) continue
    await transaction('removed_tags')
      .whereIn(
        'id',
        rows.map(({ id }) => id),
      )
      .update({
        due_at: inMs(transaction, SETTLE_MS),
        marks: transaction.raw('marks + 1'),
        tries: 0,
      })
  }
}

/** Those of ended removals that a push was told of, the longest waiting first. */
export async function listPushedTags(
  database: Database,
  most: number,
): Promise<readonly RemovedTag[]> {
  const rows = await database('removed_tags')
    .where('due_at', '<=', database.raw(NOW))
    .whereNotNull('ended_at')
    .orderBy('due_at')
    .limit(most)
    .select()
  return rows.map((row) => ({
    id: row.id,
    repository: row.repository,
    tag: row.tag,
    digest: row.digest,
    dummyDigest: row.dummy_digest,
    begunAt: row.begun_at,
    endedAt: row.ended_at,
    restoredDigest: row.restored_digest ?? undefined,
    isRestored: row.restored_at !== null,
    marks: row.marks,
    tries: row.tries,
  }))
}

const same = (database: Database, { id, marks, tries }: RemovedTag) =>
  database('removed_tags').where({ id, marks, tries })

/** Nobody else looks at it meanwhile. @returns it as it is now; undefined: somebody else does */
export async function claimRemovedTag(
  database: Database,
  removed: RemovedTag,
  milliseconds: number,
): Promise<RemovedTag | undefined> {
  const tries = removed.tries + 1
  const due_at = inMs(database, milliseconds)
  const claimed = await same(database, removed).update({ due_at, tries })
  return claimed === 1 ? { ...removed, tries } : undefined
}

/** It is looked at again after so long. */
export async function postponeRemovedTag(
  database: Database,
  removed: RemovedTag,
  milliseconds: number,
): Promise<void> {
  await same(database, removed).update({ due_at: inMs(database, milliseconds) })
}

/** Nothing is to be done for it, unless another push was told of meanwhile. */
export async function settleRemovedTag(database: Database, removed: RemovedTag): Promise<void> {
  await same(database, removed).update({ due_at: null })
}

/** Before the registry is asked, so that another process knows whose push it finds there. */
export async function noteRestoring(
  database: Database,
  { id }: RemovedTag,
  digest: string,
): Promise<void> {
  await database('removed_tags')
    .where({ id })
    .update({ restored_digest: digest, restored_at: null })
}

/** @returns whether nobody had noted it before */
export async function noteRestored(
  transaction: Database,
  { id }: RemovedTag,
  digest: string,
): Promise<boolean> {
  const now = transaction.raw(NOW)
  const noted = await transaction('removed_tags')
    .where({ id, restored_digest: digest, restored_at: null })
    .update({ restored_at: now, ended_at: now })
  return noted === 1
}

/** Whether any removal of so many seconds is kept, whose pushes may be lost. */
export async function hasRemovedTags(database: Database, seconds: number): Promise<boolean> {
  const row = await database
    .queryBuilder()
    .from(byIndex(database, 'removed_tags', 'removed_tags_begun'))
    .where('begun_at', '>=', database.raw(`${NOW} - INTERVAL ? SECOND`, [seconds]))
    .first('id')
  return row !== undefined
}

/** As long as applied events are kept: without them nothing could be told. @returns how many went */
export async function trimRemovedTags(
  database: Database,
  { seconds, most }: { readonly seconds: number; readonly most: number },
): Promise<number> {
  return database('removed_tags')
    .where('begun_at', '<', database.raw(`${NOW} - INTERVAL ? SECOND`, [seconds]))
    .limit(most)
    .delete()
}
