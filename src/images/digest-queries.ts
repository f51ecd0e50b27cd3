import { inBatches } from '../database/bulk.ts'
import type { Database } from '../database/open-database.ts'

/** DigestIds by digest; what is not known is not in it. */
export type DigestIds = ReadonlyMap<string, number>

async function findIds(
  database: Database,
  table: 'manifests' | 'blobs',
  digests: readonly string[],
): Promise<DigestIds> {
  const ids = new Map<string, number>()
  for (const batch of inBatches([...new Set(digests)])) {
    const rows: readonly { readonly id: number; readonly digest: string }[] = await database(table)
      .whereIn('digest', [...batch])
      .select('id', 'digest')
    for (const { id, digest } of rows) ids.set(digest, id)
  }
  return ids
}

/** DigestIds of manifests that were read in some repository before; what they say never changes. */
export const findManifestIds = (
  database: Database,
  digests: readonly string[],
): Promise<DigestIds> => findIds(database, 'manifests', digests)

export const findBlobIds = (database: Database, digests: readonly string[]): Promise<DigestIds> =>
  findIds(database, 'blobs', digests)

/**
 * Those among manifests of which nothing is left to be read. Where the config of an image was too much
 * at the time, or could not be had, it is read with the next tree that it is in.
 */
export async function findDescribedManifests(
  database: Database,
  digests: readonly string[],
): Promise<ReadonlySet<string>> {
  const found = new Set<string>()
  for (const batch of inBatches([...new Set(digests)])) {
    const rows: readonly { readonly digest: string }[] = await database('manifests')
      .whereIn('digest', [...batch])
      .where((either) => {
        either.whereNull('config_digest').orWhereNotNull('os').orWhereNotNull('architecture')
      })
      .select('digest')
    for (const { digest } of rows) found.add(digest)
  }
  return found
}
