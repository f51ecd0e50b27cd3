import type { Actor } from '../audit/record.ts'
import { inBatches } from '../database/bulk.ts'
import { databaseNow, inSeconds } from '../database/clock.ts'
import type { Database } from '../database/open-database.ts'

/** A manifest that is about to be deleted, and who asked for it. */
export interface ManifestRemoval extends Actor {
  readonly repository: string
  readonly digest: string
}

interface ManifestRemovalRow {
  readonly repository: string
  readonly digest: string
  readonly actor_id: number | null
  readonly actor_name: string
  readonly on_behalf_of: string | null
}

const COLUMNS = ['repository', 'digest', 'actor_id', 'actor_name', 'on_behalf_of'] as const

const toRemoval = (row: ManifestRemovalRow): ManifestRemoval => ({
  repository: row.repository,
  digest: row.digest,
  actorId: row.actor_id ?? undefined,
  actorName: row.actor_name,
  onBehalfOf: row.on_behalf_of ?? undefined,
})

export interface ManifestKeys {
  readonly repository: string
  readonly digests: readonly string[]
}

export interface Holding {
  readonly holder: string
  readonly termSeconds: number
}

/** Takes away what others wrote down of these manifests. @returns what that was */
export async function takeOutManifestRemovals(
  transaction: Database,
  { repository, digests }: ManifestKeys,
): Promise<readonly ManifestRemoval[]> {
  const concerned = () =>
    transaction('manifest_removals')
      .where({ repository })
      .whereIn('digest', [...digests])
  const rows: readonly ManifestRemovalRow[] = await concerned()
    .forUpdate()
    .select(...COLUMNS)
  if (rows.length > 0) await concerned().delete()
  return rows.map(toRemoval)
}

/** Writes down what is about to be deleted. */
export async function insertManifestRemovals(
  transaction: Database,
  removals: readonly ManifestRemoval[],
  { holder, termSeconds }: Holding,
): Promise<void> {
  const rows = removals.map(({ repository, digest, actorId, actorName, onBehalfOf }) => ({
    repository,
    digest,
    actor_id: actorId ?? null,
    actor_name: actorName,
    on_behalf_of: onBehalfOf ?? null,
    holder,
    expires_at: inSeconds(transaction, termSeconds),
    created_at: databaseNow(transaction),
  }))
  for (const batch of inBatches(rows)) await transaction('manifest_removals').insert(batch)
}

/** @returns how many of a repository were still the holder's, and are now until then */
export const extendManifestRemovals = (
  database: Database,
  repository: string,
  { holder, termSeconds }: Holding,
): Promise<number> =>
  database('manifest_removals')
    .where({ repository, holder })
    .update({ expires_at: inSeconds(database, termSeconds) })

/** @returns those digests of a repository that were still the holder's */
export async function deleteManifestRemovals(
  transaction: Database,
  repository: string,
  holder: string,
): Promise<ReadonlySet<string>> {
  const own = () => transaction('manifest_removals').where({ repository, holder })
  const digests: readonly string[] = await own().forUpdate().pluck('digest')
  if (digests.length > 0) await own().delete()
  return new Set(digests)
}

/** Takes over what its holder did not end in its term. @returns whether it is ours now */
export async function takeManifestRemoval(
  database: Database,
  { repository, digest }: Pick<ManifestRemoval, 'repository' | 'digest'>,
  { holder, termSeconds }: Holding,
): Promise<boolean> {
  const taken = await database('manifest_removals')
    .where({ repository, digest })
    .where('expires_at', '<', databaseNow(database))
    .update({ holder, expires_at: inSeconds(database, termSeconds) })
  return taken === 1
}

/** Removals whose holder did not end them in its term, the oldest first. */
export async function listAbandonedManifests(
  database: Database,
  most: number,
): Promise<readonly ManifestRemoval[]> {
  const rows: readonly ManifestRemovalRow[] = await database('manifest_removals')
    .where('expires_at', '<', databaseNow(database))
    .orderBy('expires_at')
    .limit(most)
    .select(...COLUMNS)
  return rows.map(toRemoval)
}
