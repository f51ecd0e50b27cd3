import { inBatchesOf } from '../database/bulk.ts'
import { databaseNow, inSeconds } from '../database/clock.ts'
import type { Database } from '../database/open-database.ts'

/** What is about to be done to a tag, written down before it is begun. */
export interface TagRemoval {
  readonly repository: string
  readonly tag: string
  /** The manifest that the tag is on, so that it can be put back. */
  readonly digest: string
  readonly mediaType: string
  readonly content: Buffer
  /** The empty index that is put on the tag to be deleted with it. */
  readonly dummyDigest: string
  readonly actorId: number | undefined
  readonly actorName: string
  /** The user that a robot acted for. */
  readonly onBehalfOf: string | undefined
}

interface TagRemovalRow {
  readonly repository: string
  readonly tag: string
  readonly digest: string
  readonly media_type: string
  readonly manifest: Buffer
  readonly dummy_digest: string
  readonly actor_id: number | null
  readonly actor_name: string
  readonly on_behalf_of: string | null
}

export interface TagKey {
  readonly repository: string
  readonly tag: string
}

/** No statement is larger than any server takes: bytes may be written as twice as many. */
const MOST_STATEMENT_BYTES = 4 * 1024 * 1024

/**
 * Writes down what is about to be done to tags of one repository.
 *
 * @returns those that are ours to remove now; the others are being removed already
 */
export async function insertTagRemovals(
  database: Database,
  removals: readonly TagRemoval[],
  { holder, termSeconds }: { readonly holder: string; readonly termSeconds: number },
): Promise<ReadonlySet<string>> {
  const rows = removals.map((removal) => ({
    repository: removal.repository,
    tag: removal.tag,
    digest: removal.digest,
    media_type: removal.mediaType,
    manifest: removal.content,
    dummy_digest: removal.dummyDigest,
    actor_id: removal.actorId ?? null,
    actor_name: removal.actorName,
    on_behalf_of: removal.onBehalfOf ?? null,
    holder,
    expires_at: inSeconds(database, termSeconds),
    created_at: databaseNow(database),
  }))
  const weightOf = ({ manifest }: { readonly manifest: Buffer }): number => manifest.length * 2
  for (const batch of inBatchesOf(rows, { weightOf, most: MOST_STATEMENT_BYTES })) {
    await database('tag_removals').insert(batch).onConflict().ignore()
  }
  const [first] = removals
  if (first === undefined) return new Set()
  const held: readonly { readonly tag: string }[] = await database('tag_removals')
    .where({ repository: first.repository, holder })
    .select('tag')
  return new Set(held.map(({ tag }) => tag))
}

/**
 * Takes over a removal whose holder's term has ended.
 *
 * @returns whether it is ours now
 */
export async function takeTagRemoval(
  database: Database,
  { repository, tag }: TagKey,
  { holder, termSeconds }: { readonly holder: string; readonly termSeconds: number },
): Promise<boolean> {
  const taken = await database('tag_removals')
    .where({ repository, tag })
    .where('expires_at', '<', databaseNow(database))
    .update({ holder, expires_at: inSeconds(database, termSeconds) })
  return taken === 1
}

/** @returns whether the holder still had it */
export async function deleteTagRemoval(
  database: Database,
  { repository, tag }: TagKey,
  holder: string,
): Promise<boolean> {
  return (await database('tag_removals').where({ repository, tag, holder }).delete()) === 1
}

/** @returns those tags whose removals the holder still had */
export async function deleteTagRemovals(
  transaction: Database,
  { repository, tags }: { readonly repository: string; readonly tags: readonly string[] },
  holder: string,
): Promise<ReadonlySet<string>> {
  if (tags.length === 0) return new Set()
  const rows: readonly { readonly tag: string }[] = await transaction('tag_removals')
    .where({ repository, holder })
    .forUpdate()
    .select('tag')
  const held = rows.map(({ tag }) => tag).filter((tag) => tags.includes(tag))
  await transaction('tag_removals').where({ repository, holder }).whereIn('tag', held).delete()
  return new Set(held)
}

/** Removals whose holder did not finish them in its term, the oldest first. */
export async function listAbandonedRemovals(
  database: Database,
  most: number,
): Promise<readonly TagRemoval[]> {
  const rows = await database('tag_removals')
    .where('expires_at', '<', databaseNow(database))
    .orderBy('expires_at')
    .limit(most)
    .select<TagRemovalRow[]>(
      'repository',
      'tag',
      'digest',
      'media_type',
      'manifest',
      'dummy_digest',
      'actor_id',
      'actor_name',
      'on_behalf_of',
    )
  return rows.map((row) => ({
    repository: row.repository,
    tag: row.tag,
    digest: row.digest,
    mediaType: row.media_type,
    content: row.manifest,
    dummyDigest: row.dummy_digest,
    actorId: row.actor_id ?? undefined,
    actorName: row.actor_name,
    onBehalfOf: row.on_behalf_of ?? undefined,
  }))
}

/** Those of these digests that are empty indexes of removals under way. */
export async function listDummyDigests(
  database: Database,
  digests: readonly string[],
): Promise<ReadonlySet<string>> {
  if (digests.length === 0) return new Set()
  const rows: readonly { readonly dummy_digest: string }[] = await database('tag_removals')
    .whereIn('dummy_digest', [...digests])
    .select('dummy_digest')
  return new Set(rows.map((row) => row.dummy_digest))
}

/** Tags of a repository that may be on one of these empty indexes, whoever is at them. */
export async function listTagsOfDummies(
  database: Database,
  { repository, dummyDigests }: { readonly repository: string; dummyDigests: readonly string[] },
): Promise<readonly string[]> {
  return database('tag_removals')
    .whereIn('dummy_digest', [...dummyDigests])
    .where({ repository })
    .pluck('tag')
}
