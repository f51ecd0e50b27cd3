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

const inSeconds = (database: Database, seconds: number) =>
  database.raw('UTC_TIMESTAMP(3) + INTERVAL ? SECOND', [seconds])

/** A tag that is being removed already is a duplicate key. */
export async function insertTagRemoval(
  database: Database,
  removal: TagRemoval,
  { holder, termSeconds }: { readonly holder: string; readonly termSeconds: number },
): Promise<void> {
  await database('tag_removals').insert({
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
    created_at: database.raw('UTC_TIMESTAMP(3)'),
  })
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
    .where('expires_at', '<', database.raw('UTC_TIMESTAMP(3)'))
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

/** Removals whose holder did not finish them in its term, the oldest first. */
export async function listAbandonedRemovals(
  database: Database,
  most: number,
): Promise<readonly TagRemoval[]> {
  const rows = await database('tag_removals')
    .where('expires_at', '<', database.raw('UTC_TIMESTAMP(3)'))
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
