import type { Database } from '../database/open-database.ts'
import { inTransaction } from '../database/transaction.ts'
import { AuditChainError, proveCheckpoint, proveHead, proveRow } from './chain.ts'
import { type ChainHead, lockHead, updateHead } from './chain-queries.ts'
import { findLastCheckpoint, insertCheckpoint } from './checkpoint-queries.ts'
import { listUnsealed, updateSeals } from './seal-queries.ts'
import type { Link, StoredAuditRow } from './types.ts'

export const SEALED_AT_ONCE = 250
const CHECKPOINT_ROWS = 1000
const CHECKPOINT_SECONDS = 600

export interface SealDeps {
  readonly database: Database
  readonly key: Buffer
  /** Who holds the chain; for anybody else nothing happens. */
  readonly holder: string
}

const chainRows = (key: Buffer, from: Link, rows: readonly StoredAuditRow[]) => {
  let last = from
  return rows.map((row) => {
    const seal = last.seal + 1
    last = { seal, mac: proveRow(key, row, seal, last.mac) }
    return { ...last, id: row.id }
  })
}

/**
 * Locks the chain for the holder, and holds its end against the proof of it.
 *
 * @returns undefined when it is another's
 * @throws AuditChainError when the end of the chain was changed
 */
export async function lockProvenHead(
  transaction: Database,
  { key, holder }: Pick<SealDeps, 'key' | 'holder'>,
): Promise<ChainHead | undefined> {
  const head = await lockHead(transaction, holder)
  if (head === undefined || head.proof === proveHead(key, head)) return head
  throw new AuditChainError(
    'the end of the audit chain was changed in the database; nothing is sealed until it is put right: run warden audit verify',
  )
}

/**
 * Numbers and chains the rows that wait, one batch in one transaction.
 *
 * @returns how many; fewer than a batch means that no more wait
 * @throws AuditChainError
 */
export async function sealAudit({ database, key, holder }: SealDeps): Promise<number> {
  const waiting = await listUnsealed(database, 1)
  if (waiting.length === 0) return 0
  return inTransaction(database, async (transaction) => {
    const head = await lockProvenHead(transaction, { key, holder })
    if (head === undefined) return 0
    const links = chainRows(key, head, await listUnsealed(transaction, SEALED_AT_ONCE))
    const last = links.at(-1)
    if (last === undefined) return 0
    const taken = await updateSeals(transaction, links)
    if (taken !== links.length) throw new AuditChainError('rows were sealed by somebody else')
    await updateHead(transaction, last, proveHead(key, last))
    return links.length
  })
}

/**
 * Notes down how far the chain is, when it went on for 1000 rows or ten minutes have passed.
 *
 * @returns the place, to be told where the database's owner cannot change it
 */
export async function checkpointAudit({
  database,
  key,
  holder,
}: SealDeps): Promise<Link | undefined> {
  const before = await findLastCheckpoint(database, 'time')
  return inTransaction(database, async (transaction) => {
    const head = await lockProvenHead(transaction, { key, holder })
    const grown = (head?.seal ?? 0) - (before?.seal ?? 0)
    const isOld = before === undefined || before.ageSeconds >= CHECKPOINT_SECONDS
    if (head === undefined || grown <= 0 || (grown < CHECKPOINT_ROWS && !isOld)) return undefined
    const { seal, mac } = head
    const proof = proveCheckpoint(key, 'time', head)
    await insertCheckpoint(transaction, { kind: 'time', seal, mac, proof })
    return { seal, mac }
  })
}
