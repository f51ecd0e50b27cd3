import type { Database } from '../../database/open-database.ts'
import { findBlobIds } from '../../images/digest-queries.ts'
import { markDirty } from '../../images/dirty-queries.ts'
import { markFigures } from '../../images/figure-mark-queries.ts'

const MOST_MARKED = 1000

/** Sizes of what the index knows of these digests, blobs and manifests; each digest once. */
export async function findSizes(
  database: Database,
  digests: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const manifests: readonly { readonly digest: string; readonly bytes: number }[] = await database(
    'manifests',
  )
    .whereIn('digest', [...digests])
    .select({ digest: 'digest', bytes: 'content_bytes' })
  const blobs: readonly { readonly digest: string; readonly bytes: number }[] = await database(
    'blobs',
  )
    .whereIn('digest', [...digests])
    .select({ digest: 'digest', bytes: 'size_bytes' })
  return new Map([...manifests, ...blobs].map(({ digest, bytes }) => [digest, Number(bytes)]))
}

/** A blob that the index had in a repository. */
export interface PlacedDigest {
  readonly repository: string
  readonly digest: string
}

/**
 * Takes swept blobs out of every repository of the index, so that they count in no quota any more
 * (R32). Their sizes stay known, since a digest never changes its own.
 *
 * @returns where they were
 */
export async function forgetBlobs(
  transaction: Database,
  digests: readonly string[],
): Promise<readonly PlacedDigest[]> {
  const ids = [...(await findBlobIds(transaction, digests)).values()]
  if (ids.length === 0) return []
  const placed: readonly PlacedDigest[] = await transaction('repository_blobs')
    .join('blobs', 'blobs.id', 'repository_blobs.blob_id')
    .join('repositories', 'repositories.id', 'repository_blobs.repository_id')
    .whereIn('repository_blobs.blob_id', ids)
    .select({ repository: 'repositories.name', digest: 'blobs.digest' })
  await transaction('repository_blobs').whereIn('blob_id', ids).delete()
  await markFigures(
    transaction,
    'repository',
    placed.map(({ repository }) => repository),
  )
  return placed
}

/** Has manifests read again whose content was swept: the index lets them go by its own rules (R30). */
export async function markSweptManifests(
  transaction: Database,
  digests: readonly string[],
): Promise<void> {
  const placed: readonly PlacedDigest[] = await transaction('manifests')
    .join('repository_manifests', 'repository_manifests.manifest_id', 'manifests.id')
    .join('repositories', 'repositories.id', 'repository_manifests.repository_id')
    .whereIn('manifests.digest', [...digests])
    .limit(MOST_MARKED)
    .select({ repository: 'repositories.name', digest: 'manifests.digest' })
  await markDirty(
    transaction,
    placed.map(({ repository, digest }) => ({ repository, reference: digest, isDeletion: true })),
  )
}

/** Whether the index has a blob in a repository. */
export async function isPlaced(
  database: Database,
  { repository, digest }: PlacedDigest,
): Promise<boolean> {
  const row = await database('blobs')
    .join('repository_blobs', 'repository_blobs.blob_id', 'blobs.id')
    .join('repositories', 'repositories.id', 'repository_blobs.repository_id')
    .where({ 'blobs.digest': digest, 'repositories.name': repository })
    .first('blobs.id')
  return row !== undefined
}
