import { inBatches, withAnyKey } from '../database/bulk.ts'
import { databaseNow } from '../database/clock.ts'
import type { Database } from '../database/open-database.ts'
import { readAccessoryTag } from '../protocol/accessory.ts'
import { versionKey } from './version-key.ts'

export interface TagKey {
  readonly repositoryId: number
  readonly name: string
}

/** A tag as it was found at the registry. */
export interface FoundTag extends TagKey {
  /** That of its repository. */
  readonly project: string
  readonly digest: string
  readonly mediaType: string
  /** Undefined when it could not be measured. */
  readonly sizeBytes: number | undefined
  /** When we were told of its push; undefined where we found it by ourselves. */
  readonly pushedAt: Date | undefined
  readonly actor: string | undefined
}

export interface KnownTag extends TagKey {
  readonly digest: string
  readonly ticket: number
  readonly isListed: boolean
}

interface TagRow {
  readonly repository_id: number
  readonly name: string
  readonly digest: string
  readonly ticket: number
  readonly is_listed: number
}

export const toTagKey = ({ repositoryId, name }: TagKey) => ({ repository_id: repositoryId, name })

const toKnown = (row: TagRow): KnownTag => ({
  repositoryId: row.repository_id,
  name: row.name,
  digest: row.digest,
  ticket: row.ticket,
  isListed: row.is_listed === 1,
})

const COLUMNS = ['repository_id', 'name', 'digest', 'ticket', 'is_listed'] as const

export async function findTags(
  database: Database,
  keys: readonly TagKey[],
): Promise<readonly KnownTag[]> {
  const found: KnownTag[] = []
  for (const batch of inBatches(keys)) {
    const rows: TagRow[] = await database('tags')
      .where(withAnyKey(batch.map(toTagKey)))
      .select(...COLUMNS)
    found.push(...rows.map(toKnown))
  }
  return found
}

/** The same, held against other writers until the transaction ends. */
export async function lockTags(
  transaction: Database,
  keys: readonly TagKey[],
): Promise<readonly KnownTag[]> {
  const rows: TagRow[] = await transaction('tags')
    .where(withAnyKey(keys.map(toTagKey)))
    .orderBy(['repository_id', 'name'])
    .forUpdate()
    .select(...COLUMNS)
  return rows.map(toKnown)
}

/** Some tag of some repository, as good as any other. */
export async function findAnyTag(
  database: Database,
): Promise<{ readonly repository: string; readonly tag: string } | undefined> {
  const row: { readonly repository_id: number; readonly name: string } | undefined = await database
    .queryBuilder()
    .from(database.raw('tags FORCE INDEX (tags_name)'))
    .where({ is_listed: 1 })
    .first('repository_id', 'name')
  const repository =
    row && (await database('repositories').where({ id: row.repository_id }).first('name'))
  return row && repository && { repository: repository.name, tag: row.name }
}

/** Tags that are on one of these digests. */
export async function findTagsOn(
  database: Database,
  repositoryId: number,
  digests: readonly string[],
): Promise<readonly KnownTag[]> {
  const rows: TagRow[] = await database('tags')
    .where({ repository_id: repositoryId, is_listed: 1 })
    .whereIn('digest', [...digests])
    .select(...COLUMNS)
  return rows.map(toKnown)
}

/** What is only written where the ticket of the row is lower; the ticket itself comes last. */
const GUARDED = [
  'is_listed',
  'digest',
  'media_type',
  'size_bytes',
  'is_measured',
  'missing_since',
  'gone_at',
  'pushed_at',
] as const

async function mergeTags(
  transaction: Database,
  tags: readonly FoundTag[],
  { ticket, columns }: { readonly ticket: number; readonly columns: readonly string[] },
): Promise<void> {
  if (tags.length === 0) return
  const now = databaseNow(transaction)
  const rows = tags.map((tag) => {
    const accessory = readAccessoryTag(tag.name)
    return {
      ...toTagKey(tag),
      project: tag.project,
      is_listed: 1,
      digest: tag.digest,
      media_type: tag.mediaType.slice(0, 255),
      size_bytes: tag.sizeBytes ?? 0,
      is_measured: tag.sizeBytes === undefined ? 0 : 1,
      version_key: versionKey(tag.name),
      subject_digest: accessory?.subjectDigest ?? null,
      accessory: accessory?.kind ?? null,
      pushed_at: tag.pushedAt ?? now,
      created_at: now,
      ticket,
      missing_since: null,
      gone_at: null,
    }
  })
  const newer = (column: string, value = `VALUES(${column})`) =>
    transaction.raw(`IF(ticket < VALUES(ticket), ${value}, ${column})`)
  const merged = Object.fromEntries(columns.map((column) => [column, newer(column)]))
  await transaction('tags')
    .insert(rows)
    .onConflict()
    .merge({
      ...merged,
      // The same whatever was read; a row of an older version has none.
      project: transaction.raw('VALUES(project)'),
      ticket: transaction.raw('GREATEST(ticket, VALUES(ticket))'),
    })
}

export const upsertTags = (
  transaction: Database,
  tags: readonly FoundTag[],
  ticket: number,
): Promise<void> => mergeTags(transaction, tags, { ticket, columns: GUARDED })

/** Tags that nobody told us were pushed, and that are where they were, keep the times of their pushes. */
export const keepPushTimes = (
  transaction: Database,
  tags: readonly FoundTag[],
  ticket: number,
): Promise<void> =>
  mergeTags(transaction, tags, {
    ticket,
    columns: GUARDED.filter((column) => column !== 'pushed_at'),
  })
