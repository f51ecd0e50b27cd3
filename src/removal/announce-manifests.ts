import { randomUUID } from 'node:crypto'
import { type Actor, type AuditEntry, recordActorAudits } from '../audit/record.ts'
import type { Database } from '../database/open-database.ts'
import { inTransaction } from '../database/transaction.ts'
import { AppError } from '../errors.ts'
import { projectOf } from '../protocol/reference.ts'
import {
  deleteManifestRemovals,
  extendManifestRemovals,
  insertManifestRemovals,
  type ManifestKeys,
  takeOutManifestRemovals,
} from './manifest-removal-queries.ts'
import { type RemovingActor, TERM_SECONDS } from './remove-batch.ts'

/** Deletes of manifests that were written down before the first of them. */
export interface AnnouncedManifests {
  /**
   * To be called before each delete: whoever comes after us waits for as long as it may take.
   *
   * @throws AppError CONFLICT (409) when somebody else ended it meanwhile
   */
  readonly prolong: () => Promise<void>
  /** Records what was deleted, in the transaction of whatever else comes of it. */
  readonly end: (transaction: Database, deleted: readonly string[]) => Promise<void>
}

export const auditOfManifest = (
  { repository, digest }: { readonly repository: string; readonly digest: string },
  outcome: AuditEntry['outcome'],
): AuditEntry => ({
  action: 'manifest.delete',
  target: `${repository}@${digest}`,
  project: projectOf(repository),
  outcome,
})

/** What an earlier delete left behind: it came to nothing, or nobody would ask again. */
async function endEarlier(transaction: Database, keys: ManifestKeys): Promise<void> {
  for (const earlier of await takeOutManifestRemovals(transaction, keys)) {
    await recordActorAudits(transaction, earlier, [auditOfManifest(earlier, 'failed')])
  }
}

/**
 * Writes down which manifests are about to be deleted, and for whom, so that the record tells of it
 * also where MySQL is away when it is done: see `recoverManifests`. The caller has found them live,
 * and holds their repository.
 */
export async function announceManifests(
  database: Database,
  { actor, ...keys }: ManifestKeys & { readonly actor: RemovingActor },
): Promise<AnnouncedManifests> {
  const { repository, digests } = keys
  const holding = { holder: randomUUID(), termSeconds: TERM_SECONDS }
  const who: Actor = actor
  await inTransaction(database, async (transaction) => {
    await endEarlier(transaction, keys)
    const removals = digests.map((digest) => ({ ...who, repository, digest }))
    await insertManifestRemovals(transaction, removals, holding)
  })
  return {
    prolong: async () => {
      const count = await extendManifestRemovals(database, repository, holding)
      if (count === digests.length) return
      const detail = `a delete in ${repository} took too long, and was ended; begin again`
      throw new AppError('CONFLICT', { detail })
    },
    end: async (transaction, deleted) => {
      const ours = await deleteManifestRemovals(transaction, repository, holding.holder)
      const entries = deleted
        .filter((digest) => ours.has(digest))
        .map((digest) => auditOfManifest({ repository, digest }, 'done'))
      await recordActorAudits(transaction, actor, entries)
    },
  }
}
