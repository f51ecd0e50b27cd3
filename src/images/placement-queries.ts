import { inBatches, withAnyKey } from '../database/bulk.ts'
import { databaseNow, secondsAgo } from '../database/clock.ts'
import type { Database } from '../database/open-database.ts'
import { type DigestIds, findManifestIds } from './digest-queries.ts'

/** A manifest in one repository. */
export interface PlacedManifest {
  readonly repositoryId: number
  readonly digest: string
  readonly subjectDigest: string | undefined
  /** Undefined when it could not be measured. */
  readonly treeBytes: number | undefined
}

export async function upsertPlacedManifests(
  transaction: Database,
  ids: DigestIds,
  placed: readonly PlacedManifest[],
): Promise<void> {
  const created_at = databaseNow(transaction)
  const rows = placed.map(({ repositoryId, digest, subjectDigest, treeBytes }) => ({
    repository_id: repositoryId,
    manifest_id: ids.get(digest) ?? 0,
    subject_digest: subjectDigest ?? null,
    tree_bytes: treeBytes ?? null,
    created_at,
    missing_since: null,
  }))
  for (const batch of inBatches(rows)) {
    await transaction('repository_manifests')
      .insert(batch)
      .onConflict()
      .merge({
        tree_bytes: transaction.raw('COALESCE(VALUES(tree_bytes), tree_bytes)'),
        missing_since: null,
      })
  }
}

export interface ManifestKey {
  readonly repositoryId: number
  readonly digest: string
}

/**
 * Sizes of the manifests that are known in their repository with all that they lead to. One that was
 * found absent is none of them: when it is there again, it is read and written anew (R30).
 */
export async function findTreeBytes(
  database: Database,
  keys: readonly ManifestKey[],
): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>()
  const ids = await findManifestIds(
    database,
    keys.map(({ digest }) => digest),
  )
  const wanted = keys.flatMap(({ repositoryId, digest }) => {
    const id = ids.get(digest)
    return id === undefined ? [] : [{ repositoryId, digest, id }]
  })
  for (const batch of inBatches(wanted)) {
    const rows: readonly {
      readonly repository_id: number
      readonly manifest_id: number
      readonly tree_bytes: number
    }[] = await database('repository_manifests')
      .where(
        withAnyKey(
          batch.map(({ repositoryId, id }) => ({ repository_id: repositoryId, manifest_id: id })),
        ),
      )
      .whereNotNull('tree_bytes')
      .whereNull('missing_since')
      .select('repository_id', 'manifest_id', 'tree_bytes')
    const bytes = new Map(
      rows.map((row) => [`${row.repository_id} ${row.manifest_id}`, row.tree_bytes]),
    )
    for (const { repositoryId, digest, id } of batch) {
      const size = bytes.get(`${repositoryId} ${id}`)
      if (size !== undefined) found.set(`${repositoryId} ${digest}`, size)
    }
  }
  return found
}

/** @returns whether there was such a row, which is noted as absent, or goes after the grace */
export async function removeAbsentManifest(
  transaction: Database,
  { repositoryId, digest }: ManifestKey,
  graceSeconds: number,
): Promise<'unknown' | 'noted' | 'removed'> {
  const id = (await findManifestIds(transaction, [digest])).get(digest)
  if (id === undefined) return 'unknown'
  const key = { repository_id: repositoryId, manifest_id: id }
  const limit = secondsAgo(transaction, graceSeconds)
  const rows = transaction('repository_manifests').where(key)
  const removed = await rows.clone().where('missing_since', '<=', limit).delete()
  if (removed === 1) return 'removed'
  const missing_since = transaction.raw('COALESCE(missing_since, UTC_TIMESTAMP(3))')
  return (await rows.clone().update({ missing_since })) === 1 ? 'noted' : 'unknown'
}
