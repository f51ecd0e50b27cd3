import { inBatches, insertMissing, withAnyKey } from '../database/bulk.ts'
import { databaseNow, secondsAgo } from '../database/clock.ts'
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
  const time = databaseNow(transaction)
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

export interface Absences {
  readonly ticket: number
  /** How long ago each must have been found absent for the first time. */
  readonly graceSeconds: number
}

/**
 * Takes tags that were found absent once before out of the lists. Their rows stay, as tombstones.
 *
 * @returns those that went; for the others this is the first time, not long enough ago, or told of by
 *   an older ticket
 */
export async function removeAbsentTags(
  transaction: Database,
  keys: readonly TagKey[],
  { ticket, graceSeconds }: Absences,
): Promise<readonly TagKey[]> {
  if (keys.length === 0) return []
  const limit = secondsAgo(transaction, graceSeconds)
  const rows: readonly { readonly repository_id: number; readonly name: string }[] =
    await transaction('tags')
      .where(withAnyKey(keys.map(toTagKey)))
      .where({ is_listed: 1 })
      .where('ticket', '<', ticket)
      .where('missing_since', '<=', limit)
      .orderBy(['repository_id', 'name'])
      .forUpdate()
      .select('repository_id', 'name')
  if (rows.length === 0) return []
  await transaction('tags')
    .where(withAnyKey(rows.map(({ repository_id, name }) => ({ repository_id, name }))))
    .update({ is_listed: 0, gone_at: databaseNow(transaction), ticket })
  return rows.map(({ repository_id: repositoryId, name }) => ({ repositoryId, name }))
}

/** Which of these tags were found absent at least once and did not come back. */
export async function findAbsentTags(
  database: Database,
  keys: readonly TagKey[],
): Promise<readonly TagKey[]> {
  if (keys.length === 0) return []
  const rows: readonly { readonly repository_id: number; readonly name: string }[] = await database(
    'tags',
  )
    .where(withAnyKey(keys.map(toTagKey)))
    .where((either) => either.whereNotNull('missing_since').orWhere({ is_listed: 0 }))
    .select('repository_id', 'name')
  return rows.map(({ repository_id: repositoryId, name }) => ({ repositoryId, name }))
}

/** Notes of tags that we deleted ourselves that they were found absent for the first time. */
export async function noteDeletedTags(
  transaction: Database,
  { repository, tags }: { readonly repository: string; readonly tags: readonly string[] },
): Promise<void> {
  const row = await transaction('repositories').where({ name: repository }).first('id')
  if (row === undefined) return
  for (const names of inBatches(tags)) {
    await transaction('tags')
      .where({ repository_id: row.id, is_listed: 1 })
      .whereIn('name', [...names])
      .whereNull('missing_since')
      .update({ missing_since: databaseNow(transaction) })
  }
}

/** @returns undefined when the index knows of no such tag, or has looked since */
export async function noteAbsentTag(
  transaction: Database,
  { ticket, ...key }: TagKey & Pick<Absences, 'ticket'>,
): Promise<'first' | 'again' | undefined> {
  const rows = transaction('tags')
    .where({ ...toTagKey(key), is_listed: 1 })
    .where('ticket', '<', ticket)
  const missing_since = databaseNow(transaction)
  const isFirst = await rows.clone().whereNull('missing_since').update({ missing_since, ticket })
  if (isFirst === 1) return 'first'
  return (await rows.clone().update({ ticket })) === 1 ? 'again' : undefined
}
