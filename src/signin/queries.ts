import type { Database } from '../database/open-database.ts'
import {
  type FailureRecord,
  FORGET_AFTER_SECONDS,
  NETWORK_FORGETS_EVERY_SECONDS,
  SAME_ATTEMPT_SECONDS,
} from './throttle-rules.ts'

/** In place of an account: the row that counts all failures of its network. */
const WHOLE_NETWORK = '*'

const CLEAN_AT_ONCE = 100

/** A user is a stranger again where nothing was signed in for so long. */
const KEEP_NETWORKS_DAYS = 90

/** Where an attempt is counted. */
export interface FailureKey {
  readonly network: string
  /** Keyed hash of the name; never the name. */
  readonly account: string
}

/** A wrong attempt, as it is written down. */
export interface Failure extends FailureKey {
  readonly mark: string
  readonly failedAt: Date
}

/** What is on record about an account in a network. */
export interface SignInRecord extends FailureRecord {
  /** Mark of the account's last wrong attempt from there. */
  readonly lastMark: string | undefined
  /** When the account's last success from there, in its present epoch, was written down; undefined for a stranger. */
  readonly signedInAt: Date | undefined
}

const toFailures = (count: number | null, failedAt: Date | null) =>
  count === null || failedAt === null ? undefined : { count: Number(count), failedAt }

/** All of it in one statement, which is the same for names that nobody has. */
export async function readSignInRecord(
  database: Database,
  { network, account, username }: FailureKey & { readonly username: string },
): Promise<SignInRecord> {
  const [[row]] = await database.raw(
    `SELECT a.failures AS account_failures, a.failed_at AS account_failed_at, a.last_attempt,
            n.failures AS network_failures, n.failed_at AS network_failed_at, k.signed_in_at
       FROM (SELECT 1 AS one) AS always
       LEFT JOIN sign_in_failures a ON a.network = ? AND a.account = ?
       LEFT JOIN sign_in_failures n ON n.network = ? AND n.account = ?
       LEFT JOIN users u ON u.username = ? AND u.deleted_at IS NULL
       LEFT JOIN sign_in_networks k
         ON k.user_id = u.id AND k.network = ? AND k.sign_in_epoch = u.sign_in_epoch`,
    [network, account, network, WHOLE_NETWORK, username, network],
  )
  return {
    account: toFailures(row.account_failures, row.account_failed_at),
    network: toFailures(row.network_failures, row.network_failed_at),
    lastMark: row.last_attempt ?? undefined,
    signedInAt: row.signed_in_at ?? undefined,
  }
}

/**
 * Counts a failure for the network, and for the account in it, by the rules of `throttle-rules.ts`.
 * One statement, so that replicas that count at once lose nothing; the assignments run from left to
 * right, so the count goes by the old mark and time.
 */
export async function countFailure(
  database: Database,
  { network, account, mark, failedAt }: Failure,
  rows: 'both' | 'network',
): Promise<void> {
  const accounts = rows === 'both' ? [account, WHOLE_NETWORK] : [WHOLE_NETWORK]
  await database.raw(
    `INSERT INTO sign_in_failures (network, account, failures, last_attempt, failed_at)
     VALUES ${accounts.map(() => '(?, ?, 1, ?, ?)').join(', ')}
     ON DUPLICATE KEY UPDATE
       failures = CASE
         WHEN last_attempt = VALUES(last_attempt)
          AND failed_at > VALUES(failed_at) - INTERVAL ? SECOND THEN failures
         WHEN failed_at <= VALUES(failed_at) - INTERVAL ? SECOND THEN 1
         WHEN account <> ? THEN failures + 1
         ELSE 1 + GREATEST(0, failures
           - GREATEST(0, TIMESTAMPDIFF(MICROSECOND, failed_at, VALUES(failed_at))) / ?)
       END,
       last_attempt = VALUES(last_attempt),
       failed_at = GREATEST(failed_at, VALUES(failed_at))`,
    [
      ...accounts.flatMap((name) => [network, name, mark, failedAt]),
      SAME_ATTEMPT_SECONDS,
      FORGET_AFTER_SECONDS,
      WHOLE_NETWORK,
      NETWORK_FORGETS_EVERY_SECONDS * 1_000_000,
    ],
  )
}

export async function removeFailures(
  database: Database,
  { network, account }: FailureKey,
): Promise<void> {
  await database('sign_in_failures').where({ network, account }).delete()
}

/** Takes out some of the failures that do not count any more. */
export async function removeOldFailures(database: Database, now: Date): Promise<void> {
  const before = new Date(now.getTime() - FORGET_AFTER_SECONDS * 1000)
  await database.raw(
    'DELETE FROM sign_in_failures WHERE failed_at < ? ORDER BY failed_at LIMIT ?',
    [before, CLEAN_AT_ONCE],
  )
}

/** A success: whose, from where, and when. */
export interface SignedIn {
  readonly userId: number
  readonly network: string
  /** The user's, when the password was proven: after a new password it says nothing. */
  readonly signInEpoch: number
  readonly at: Date
}

/** What is written late, of an older epoch than the row, does not put that back. */
export async function insertNetworks(
  database: Database,
  signedIn: readonly SignedIn[],
): Promise<void> {
  await database.raw(
    `INSERT INTO sign_in_networks (user_id, network, sign_in_epoch, signed_in_at)
     VALUES ${signedIn.map(() => '(?, ?, ?, ?)').join(', ')}
     ON DUPLICATE KEY UPDATE
       sign_in_epoch = GREATEST(sign_in_epoch, VALUES(sign_in_epoch)),
       signed_in_at = VALUES(signed_in_at)`,
    signedIn.flatMap(({ userId, network, signInEpoch, at }) => [userId, network, signInEpoch, at]),
  )
}

/** Takes out some of the networks that nobody signed in from for a quarter of a year. */
export async function removeOldNetworks(database: Database, now: Date): Promise<void> {
  const before = new Date(now.getTime() - KEEP_NETWORKS_DAYS * 86_400_000)
  await database.raw(
    'DELETE FROM sign_in_networks WHERE signed_in_at < ? ORDER BY signed_in_at LIMIT ?',
    [before, CLEAN_AT_ONCE],
  )
}
