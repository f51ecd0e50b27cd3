import { inBatches, insertMissing } from '../database/bulk.ts'
import type { Database } from '../database/open-database.ts'
import { findBlobIds } from './digest-queries.ts'

/** A blob in one repository, whose size an event or the registry's own answer told (R32). */
export interface PlacedBlob {
  readonly repositoryId: number
  readonly digest: string
  readonly sizeBytes: number
}

export async function insertBlobs(
  transaction: Database,
  blobs: readonly PlacedBlob[],
): Promise<void> {
  const sizes = new Map(blobs.map(({ digest, sizeBytes }) => [digest, sizeBytes]))
  const rows = [...sizes].map(([digest, size_bytes]) => ({ digest, size_bytes }))
  rows.sort((a, b) => (a.digest < b.digest ? -1 : 1))
  await insertMissing(transaction, 'blobs', rows)
  const ids = await findBlobIds(transaction, [...sizes.keys()])
  const created_at = transaction.raw('UTC_TIMESTAMP(3)')
  const placed = blobs.map(({ repositoryId, digest }) => ({
    repository_id: repositoryId,
    blob_id: ids.get(digest) ?? 0,
    created_at,
  }))
  placed.sort((a, b) => a.repository_id - b.repository_id || a.blob_id - b.blob_id)
  await insertMissing(transaction, 'repository_blobs', placed)
}

/** Sizes of those blobs that are known to be in the repository. */
export async function findBlobBytes(
  database: Database,
  repositoryId: number,
  digests: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const sizes = new Map<string, number>()
  for (const batch of inBatches(digests)) {
    const rows: readonly { readonly digest: string; readonly size_bytes: number }[] =
      await database('blobs')
        .join('repository_blobs', 'repository_blobs.blob_id', 'blobs.id')
        .where({ 'repository_blobs.repository_id': repositoryId })
        .whereIn('blobs.digest', [...batch])
        .select('blobs.digest', 'blobs.size_bytes')
    for (const { digest, size_bytes } of rows) sizes.set(digest, size_bytes)
  }
  return sizes
}
