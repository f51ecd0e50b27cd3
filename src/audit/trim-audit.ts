import { inTransaction } from '../database/transaction.ts'
import { AuditChainError, followChain, proveCheckpoint } from './chain.ts'
import { insertCheckpoint, removeCheckpointsBefore } from './checkpoint-queries.ts'
import { findCut } from './cut.ts'
import { lockProvenHead, type SealDeps } from './seal-audit.ts'
import { findAgeLimit, listSealed, removeSealed } from './seal-queries.ts'

const TRIMMED_AT_ONCE = 500

export interface TrimInput {
  readonly days: number
  /** Whether rows that were not forwarded yet stay, however old. */
  readonly isForwarded: boolean
}

/**
 * Removes the oldest rows of the chain that are older than so many days, one small step in one
 * transaction, and leaves the place of the cut with a proof, so that the rest still verifies. Each
 * row is verified before it goes: age is no way to get rid of a changed one.
 *
 * @returns how many rows went; 0 means that nothing is left to do
 * @throws AuditChainError when one of them does not verify; none goes then
 */
export async function trimAudit(
  { database, key, holder }: SealDeps,
  { days, isForwarded }: TrimInput,
): Promise<number> {
  const limit = await findAgeLimit(database, days)
  return inTransaction(database, async (transaction) => {
    const head = await lockProvenHead(transaction, { key, holder })
    if (head === undefined) return 0
    const from = await findCut(transaction, key)
    const until = isForwarded ? Math.min(head.seal, head.forwarded) : head.seal
    const rows = await listSealed(transaction, { after: from.seal, until, most: TRIMMED_AT_ONCE })
    const young = rows.findIndex(({ time }) => time >= limit)
    const old = young === -1 ? rows : rows.slice(0, young)
    if (old.length === 0) return 0
    const { last, broken } = followChain(key, from, old)
    if (broken !== undefined) {
      throw new AuditChainError(
        `row ${broken.seal} of the audit chain does not verify, so no old row is removed: run warden audit verify`,
      )
    }
    const proof = proveCheckpoint(key, 'cut', last)
    await insertCheckpoint(transaction, { kind: 'cut', ...last, proof })
    await removeCheckpointsBefore(transaction, last.seal)
    return removeSealed(transaction, last.seal)
  })
}
