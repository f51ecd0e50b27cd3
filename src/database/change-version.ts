import { randomBytes } from 'node:crypto'
import type { Database } from './open-database.ts'
import { inTransaction } from './transaction.ts'

const ROW = 1

/**
 * The state of accounts and rights: whoever holds another version than the newest has old rows.
 * A restore begins a new epoch, so that counters of before and after never look alike.
 */
export interface ChangeVersion {
  readonly epoch: string
  readonly counter: number
}

export async function findChangeVersion(database: Database): Promise<ChangeVersion | undefined> {
  const row = await database('change_version').where({ id: ROW }).first('epoch', 'counter')
  return row && { epoch: String(row.epoch), counter: Number(row.counter) }
}

/** Makes the row of a new database; does nothing where it is. */
export async function insertChangeVersion(database: Database): Promise<void> {
  await database('change_version')
    .insert({ id: ROW, epoch: randomBytes(16).toString('hex'), counter: 0 })
    .onConflict('id')
    .ignore()
}

/**
 * A transaction that changes accounts or rights. Raising the version is its first statement: it
 * locks the row, so such changes run one after the other, and what `work` checks cannot be changed
 * by another one before it commits.
 */
export function inRightsChange<T>(
  database: Database,
  work: (transaction: Database) => Promise<T>,
): Promise<T> {
  return inTransaction(database, async (transaction) => {
    await transaction('change_version').where({ id: ROW }).increment('counter', 1)
    return work(transaction)
  })
}
