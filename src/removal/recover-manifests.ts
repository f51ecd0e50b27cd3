import { randomUUID } from 'node:crypto'
import { recordActorAudit } from '../audit/record.ts'
import { inTransaction } from '../database/transaction.ts'
import { markDirty } from '../images/dirty-queries.ts'
import { auditOfManifest } from './announce-manifests.ts'
import {
  deleteManifestRemovals,
  listAbandonedManifests,
  type ManifestRemoval,
  takeManifestRemoval,
} from './manifest-removal-queries.ts'
import type { RecoverRemovalsDeps } from './recover-removals.ts'
import { TERM_SECONDS } from './remove-batch.ts'

const MOST_AT_ONCE = 100

export type RecoverManifestsDeps = Pick<RecoverRemovalsDeps, 'database' | 'registry' | 'log'>

async function recover(
  { database, registry, log }: RecoverManifestsDeps,
  removal: ManifestRemoval,
): Promise<void> {
  const { repository, digest, actorName: actor } = removal
  const holder = randomUUID()
  if (!(await takeManifestRemoval(database, removal, { holder, termSeconds: TERM_SECONDS }))) return
  // Nothing is deleted here: what is there yet was to go under a hold that is over.
  const isDeleted = (await registry.lookUpManifest({ repository, reference: digest })) === 'unknown'
  await inTransaction(database, async (transaction) => {
    const ours = await deleteManifestRemovals(transaction, repository, holder)
    if (!ours.has(digest)) return
    await markDirty(transaction, [{ repository, reference: digest, actor, isDeletion: isDeleted }])
    const entry = auditOfManifest(removal, isDeleted ? 'done' : 'failed')
    await recordActorAudit(transaction, removal, entry)
  })
  log({ repository, digest, isDeleted }, 'recorded an interrupted delete of a manifest')
}

/**
 * Records what became of deletes whose process died, or lost the registry or MySQL, by what the
 * registry says now; what cannot be read is tried again later.
 */
export async function recoverManifests(deps: RecoverManifestsDeps): Promise<void> {
  const abandoned = await listAbandonedManifests(deps.database, MOST_AT_ONCE)
  let failure: unknown
  for (const removal of abandoned) {
    await recover(deps, removal).catch((error: unknown) => {
      failure ??= error
    })
  }
  if (failure !== undefined) throw failure
}
