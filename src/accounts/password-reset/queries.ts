import { MAIL_ADDRESS } from '../../config/mail-variables.ts'
import type { Database } from '../../database/open-database.ts'

const FORGET_AT_ONCE = 100
/** More accounts than this with one address are as good as none. */
const MOST_CANDIDATES = 20

/** An account that may have a new password by mail, and where that mail goes. */
export interface Recipient {
  readonly id: number
  readonly username: string
  /** As it is stored. */
  readonly email: string
  readonly signInEpoch: number
}

interface RecipientRow {
  readonly id: number
  readonly username: string
  readonly email: string | null
  readonly sign_in_epoch: number
  readonly password_hash: string | null
}

/** Local accounts that are enabled; what LDAP or an issuer says of a person is not ours to change. */
const candidates = (database: Database) =>
  database('users')
    .where({ source: 'local', disabled_at: null, deleted_at: null })
    .select<RecipientRow[]>('id', 'username', 'email', 'sign_in_epoch', 'password_hash')

const toRecipient = (row: RecipientRow | undefined): Recipient | undefined => {
  if (row === undefined || row.email === null || row.password_hash === null) return undefined
  if (!MAIL_ADDRESS.test(row.email)) return undefined
  const { id, username, email } = row
  return { id, username, email, signInEpoch: Number(row.sign_in_epoch) }
}

export async function findRecipientByName(
  database: Database,
  username: string,
): Promise<Recipient | undefined> {
  const [row] = await candidates(database).where({ username })
  return toRecipient(row)
}

/** @returns undefined also when several accounts have the address: nobody knows which is meant */
export async function findRecipientByEmail(
  database: Database,
  email: string,
): Promise<Recipient | undefined> {
  const folded = email.toLowerCase()
  const rows = await candidates(database).where({ email_folded: folded }).limit(MOST_CANDIDATES)
  // The server folds letters of other alphabets into ASCII, too.
  const same = rows.filter((row) => row.email?.toLowerCase() === folded)
  const plain = same.filter((row) => MAIL_ADDRESS.test(row.email ?? ''))
  return plain.length === 1 ? toRecipient(plain[0]) : undefined
}

export async function findRecipientById(
  database: Database,
  id: number,
): Promise<Recipient | undefined> {
  const [row] = await candidates(database).where({ id })
  return toRecipient(row)
}

/** Mails to a user since a time, those of one job left out. */
export async function countMails(
  database: Database,
  {
    userId,
    exceptJob,
    since,
  }: { readonly userId: number; readonly exceptJob: number; readonly since: Date },
): Promise<number> {
  const [row] = await database('password_reset_mails')
    .where({ user_id: userId })
    .whereNot({ job_id: exceptJob })
    .where('created_at', '>', since)
    .count<{ count: number }[]>({ count: '*' })
  return Number(row?.count ?? 0)
}

/** Notes down a mail, once for each job; forgets some that are too old to count. */
export async function noteMail(
  transaction: Database,
  {
    userId,
    jobId,
    now,
    since,
  }: { readonly userId: number; readonly jobId: number; readonly now: Date; readonly since: Date },
): Promise<void> {
  await transaction('password_reset_mails')
    .insert({ user_id: userId, job_id: jobId, created_at: now })
    .onConflict(['user_id', 'job_id'])
    .ignore()
  await transaction.raw(
    'DELETE FROM password_reset_mails WHERE created_at <= ? ORDER BY created_at LIMIT ?',
    [since, FORGET_AT_ONCE],
  )
}

export interface NewReset {
  readonly userId: number
  /** SHA-256 in hex; the token itself stands nowhere. */
  readonly tokenHash: string
  readonly signInEpoch: number
  readonly emailHash: string
  readonly expiresAt: Date
  readonly now: Date
}

/** A user has one at most: an earlier link works no more. Some that are over are forgotten. */
export async function putReset(transaction: Database, reset: NewReset): Promise<void> {
  await transaction('password_resets')
    .insert({
      user_id: reset.userId,
      token_hash: reset.tokenHash,
      sign_in_epoch: reset.signInEpoch,
      email_hash: reset.emailHash,
      expires_at: reset.expiresAt,
      created_at: reset.now,
    })
    .onConflict('user_id')
    .merge()
  await transaction.raw(
    'DELETE FROM password_resets WHERE expires_at <= ? ORDER BY expires_at LIMIT ?',
    [reset.now, FORGET_AT_ONCE],
  )
}

/** Whose link it is; the account may still have changed since it was sent. */
export interface PendingReset {
  readonly userId: number
  readonly signInEpoch: number
  readonly emailHash: string
}

/** @returns undefined when there is none, or it is over */
export async function findReset(
  database: Database,
  { tokenHash, now }: { readonly tokenHash: string; readonly now: Date },
): Promise<PendingReset | undefined> {
  const row = await database('password_resets')
    .where({ token_hash: tokenHash })
    .where('expires_at', '>', now)
    .first('user_id', 'sign_in_epoch', 'email_hash')
  return (
    row && {
      userId: row.user_id,
      signInEpoch: Number(row.sign_in_epoch),
      emailHash: row.email_hash,
    }
  )
}

/** @returns false when it was used, or replaced, in the meantime */
export async function takeReset(transaction: Database, tokenHash: string): Promise<boolean> {
  return (await transaction('password_resets').where({ token_hash: tokenHash }).delete()) === 1
}
