import { insertMissing } from '../database/bulk.ts'
import type { Database } from '../database/open-database.ts'
import { type TagKey, toTagKey } from './tag-queries.ts'

export interface TagChange extends TagKey {
  readonly ticket: number
  /** Undefined: it went. */
  readonly digest: string | undefined
  readonly actor: string | undefined
}

export async function insertTagHistory(
  transaction: Database,
  changes: readonly TagChange[],
): Promise<void> {
  const time = transaction.raw('UTC_TIMESTAMP(3)')
  const rows = changes.map((change) => ({
    repository_id: change.repositoryId,
    tag: change.name,
    ticket: change.ticket,
    digest: change.digest ?? null,
    actor: change.actor ?? null,
    time,
  }))
  await insertMissing(transaction, 'tag_history', rows)
}

export interface Absence extends TagKey {
  readonly ticket: number
  /** How long ago it must have been found absent for the first time. */
  readonly graceSeconds: number
}

/**
 * Takes a tag that was found absent once before out of the lists. Its row stays, as its tombstone.
 *
 * @returns false when this is the first time, not long enough ago, or told of by an older ticket
 */
export async function removeAbsentTag(
  transaction: Database,
  { ticket, graceSeconds, ...key }: Absence,
): Promise<boolean> {
  const now = transaction.raw('UTC_TIMESTAMP(3)')
  const limit = transaction.raw('UTC_TIMESTAMP(3) - INTERVAL ? SECOND', [graceSeconds])
  const gone = await transaction('tags')
    .where({ ...toTagKey(key), is_listed: 1 })
    .where('ticket', '<', ticket)
    .where('missing_since', '<=', limit)
    .update({ is_listed: 0, gone_at: now, ticket })
  return gone === 1
}

/** @returns undefined when the index knows of no such tag, or has looked since */
export async function noteAbsentTag(
  transaction: Database,
  { ticket, ...key }: Omit<Absence, 'graceSeconds'>,
): Promise<'first' | 'again' | undefined> {
  const rows = transaction('tags')
    .where({ ...toTagKey(key), is_listed: 1 })
    .where('ticket', '<', ticket)
  const missing_since = transaction.raw('UTC_TIMESTAMP(3)')
  const isFirst = await rows.clone().whereNull('missing_since').update({ missing_since, ticket })
  if (isFirst === 1) return 'first'
  return (await rows.clone().update({ ticket })) === 1 ? 'again' : undefined
}
