import { randomBytes } from 'node:crypto'
import { readCausally } from './causal-read.ts'
import type { Database } from './open-database.ts'
import { inTransaction } from './transaction.ts'

const ROW = 1
const POLL_TIMEOUT_MS = 800
/** Whoever is further behind drops all that it has cached. */
const KEPT_CHANGES = 10_000
const FORGET_AT_ONCE = 500

/**
 * The state of accounts and rights: whoever holds another version than the newest has old rows.
 * A restore begins a new epoch, so that counters of before and after never look alike.
 */
export interface ChangeVersion {
  readonly epoch: string
  readonly counter: number
}

/**
 * What was changed: the thing of that kind and id; `membership` is what the user of that id has of
 * projects and groups; `settings` has no id (0).
 */
export interface Change {
  readonly kind:
    | 'user'
    | 'project'
    | 'membership'
    | 'group'
    | 'settings'
    | 'accessToken'
    | 'identityToken'
    | 'robot'
  readonly id: number
}

export interface VersionNews {
  readonly version: ChangeVersion
  /** What was changed since the version asked about; undefined when that is not known to the last. */
  readonly changes: readonly Change[] | undefined
}

/** Makes the row of a new database; does nothing where it is. */
export async function insertChangeVersion(database: Database): Promise<void> {
  await database('change_version')
    .insert({ id: ROW, epoch: randomBytes(16).toString('hex'), counter: 0 })
    .onConflict('id')
    .ignore()
}

async function noteChange(transaction: Database, { kind, id }: Change): Promise<void> {
  await transaction.raw(
    'INSERT INTO changes (counter, kind, subject_id) SELECT counter, ?, ? FROM change_version WHERE id = ?',
    [kind, id, ROW],
  )
}

async function forgetOldChanges(transaction: Database): Promise<void> {
  await transaction.raw(
    `DELETE FROM changes
      WHERE counter < (SELECT IF(counter > ?, counter - ?, 0) FROM change_version WHERE id = ?)
      ORDER BY counter LIMIT ?`,
    [KEPT_CHANGES, KEPT_CHANGES, ROW, FORGET_AT_ONCE],
  )
}

/** The transaction of a change of accounts or rights, and what notes down whom it concerns. */
export interface RightsChange {
  readonly transaction: Database
  readonly note: (change: Change) => Promise<void>
}

const raiseVersion = (transaction: Database): Promise<unknown> =>
  transaction('change_version').where({ id: ROW }).increment('counter', 1)

/**
 * Puts a transaction before or after every change of accounts, rights and what is told to all, though
 * it changes none of these. On a Galera cluster a row lock is felt on one node alone: two transactions
 * are told apart by a row that both write, and one of them is run again.
 */
export async function meetRightsChanges(transaction: Database): Promise<void> {
  await raiseVersion(transaction)
  await noteChange(transaction, { kind: 'settings', id: 0 })
}

/**
 * A transaction that changes accounts or rights. Raising the version is its first statement: it
 * locks the row, so such changes run one after the other, and what `work` checks cannot be changed
 * by another one before it commits.
 *
 * A change that is not noted makes every process drop all that it has cached: slow, never wrong.
 */
export function inRightsChange<T>(
  database: Database,
  work: (change: RightsChange) => Promise<T>,
): Promise<T> {
  return inTransaction(database, async (transaction) => {
    await raiseVersion(transaction)
    await forgetOldChanges(transaction)
    return work({ transaction, note: (change) => noteChange(transaction, change) })
  })
}

async function listChanges(
  database: Database,
  since: number,
  until: number,
): Promise<readonly Change[] | undefined> {
  const rows = await database('changes')
    .where('counter', '>', since)
    .andWhere('counter', '<=', until)
    .select<{ counter: number; kind: Change['kind']; subject_id: number }[]>(
      'counter',
      'kind',
      'subject_id',
    )
    .timeout(POLL_TIMEOUT_MS)
  const counters = new Set(rows.map(({ counter }) => counter))
  // One that noted nothing, or that is forgotten already, may have been about anything.
  if (counters.size !== until - since) return undefined
  return rows.map(({ kind, subject_id }) => ({ kind, id: subject_id }))
}

interface VersionRow {
  readonly epoch: string
  readonly counter: number | string
}

/**
 * Reads the newest version, and what was changed since an older one. On a Galera cluster, the newest
 * of all nodes: one that was cut off, or has not caught up, does not pass off what it has for new.
 *
 * @throws when the database does not answer within 800 ms, or has no version
 */
export async function readVersionNews(
  database: Database,
  since: ChangeVersion | undefined,
): Promise<VersionNews> {
  const query = database('change_version').where({ id: ROW }).limit(1).select('epoch', 'counter')
  const [row] = await readCausally<VersionRow>(database, query, { timeoutMs: POLL_TIMEOUT_MS })
  if (row === undefined) throw new Error('the database has no change version')
  const version = { epoch: String(row.epoch), counter: Number(row.counter) }
  if (since?.epoch !== version.epoch || since.counter > version.counter) {
    return { version, changes: undefined }
  }
  if (since.counter === version.counter) return { version, changes: [] }
  return { version, changes: await listChanges(database, since.counter, version.counter) }
}
