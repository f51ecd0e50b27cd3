import type { Database } from '../database/open-database.ts'
import { AuditChainError, GENESIS, proveCheckpoint } from './chain.ts'
import { findLastCheckpoint } from './checkpoint-queries.ts'
import type { Link } from './types.ts'

/**
 * Where the chain begins now: at its first row, or after the last one that was removed by its age.
 *
 * @throws AuditChainError when that was noted down by somebody without the key
 */
export async function findCut(database: Database, key: Buffer): Promise<Link> {
  const cut = await findLastCheckpoint(database, 'cut')
  if (cut === undefined) return GENESIS
  const { seal, mac, proof } = cut
  if (proof === proveCheckpoint(key, 'cut', cut)) return { seal, mac }
  throw new AuditChainError(
    `the checkpoint at row ${seal}, where old rows of the audit record end, was changed in the database`,
  )
}
