import { inBatches, insertMissing, withAnyKey } from '../database/bulk.ts'
import { databaseNow } from '../database/clock.ts'
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
  const created_at = databaseNow(transaction)
  const placed = blobs.map(({ repositoryId, digest }) => ({
    repository_id: repositoryId,
    blob_id: ids.get(digest) ?? 0,
    created_at,
  }))
  placed.sort((a, b) => a.repository_id - b.repository_id || a.blob_id - b.blob_id)
  await insertMissing(transaction, 'repository_blobs', placed)
}

interface BlobRow {
  readonly id: number
  readonly digest: string
  readonly size_bytes: number
}

export type BlobKey = Pick<PlacedBlob, 'repositoryId' | 'digest'>

/** A text for a blob in a repository. */
export const blobKey = ({ repositoryId, digest }: BlobKey): string => `${repositoryId} ${digest}`

/** Sizes, by `blobKey`, of those blobs that are known to be in their repository. */
export async function findBlobBytes(
  database: Database,
  keys: readonly BlobKey[],
): Promise<ReadonlyMap<string, number>> {
  const sizes = new Map<string, number>()
  for (const batch of inBatches(keys)) {
    const blobs: readonly BlobRow[] = await database('blobs')
      .whereIn('digest', [...new Set(batch.map(({ digest }) => digest))])
      .select('id', 'digest', 'size_bytes')
    const byDigest = new Map(blobs.map((blob) => [blob.digest, blob]))
    const wanted = batch.flatMap(({ repositoryId, digest }) => {
      const blob = byDigest.get(digest)
      return blob === undefined ? [] : [{ repository_id: repositoryId, blob_id: blob.id }]
    })
    if (wanted.length === 0) continue
    const placed: typeof wanted = await database('repository_blobs')
      .where(withAnyKey(wanted))
      .select('repository_id', 'blob_id')
    const byId = new Map(blobs.map((blob) => [blob.id, blob]))
    for (const { repository_id: repositoryId, blob_id } of placed) {
      const blob = byId.get(blob_id)
      if (blob !== undefined) sizes.set(blobKey({ repositoryId, ...blob }), blob.size_bytes)
    }
  }
  return sizes
}
