import type { Database } from './open-database.ts'
import { repeat } from './repeat.ts'

const KEPT_HOURS = 24
const FORGET_AT_ONCE = 500
const FORGET_EVERY_MS = 60_000

/** An answer as it is kept for a repeated request; the text is the caller's business. */
export interface AnswerRow {
  readonly keyHash: string
  readonly bodyHash: string
  /** JSON, without secrets. */
  readonly answer: string
}

export async function findKeptAnswer(
  database: Database,
  keyHash: string,
  now: Date,
): Promise<AnswerRow | undefined> {
  const row = await database('idempotency_keys')
    .where({ key_hash: keyHash })
    .andWhere('expires_at', '>', now)
    .first<{ body_hash: string; answer: string } | undefined>('body_hash', 'answer')
  return row && { keyHash, bodyHash: row.body_hash, answer: row.answer }
}

/** Keeps an answer for 24 hours. A key that is there is a duplicate key. */
export async function insertKeptAnswer(
  transaction: Database,
  { keyHash, bodyHash, answer }: AnswerRow,
  now: Date,
): Promise<void> {
  const keys = transaction('idempotency_keys')
  await keys.clone().where({ key_hash: keyHash }).andWhere('expires_at', '<=', now).delete()
  await keys.clone().insert({
    key_hash: keyHash,
    body_hash: bodyHash,
    answer,
    expires_at: new Date(now.getTime() + KEPT_HOURS * 3_600_000),
  })
}

/** @returns how many of those that are over were forgotten, at most 500 */
export async function forgetKeptAnswers(database: Database, now: Date): Promise<number> {
  return await database('idempotency_keys')
    .where('expires_at', '<=', now)
    .orderBy('expires_at')
    .limit(FORGET_AT_ONCE)
    .delete()
}

export interface KeepForgettingDeps {
  readonly database: Database
  readonly now: () => Date
}

/** Forgets in small steps, once a minute. @returns stops it, after the step that may be running */
export function keepForgettingAnswers({ database, now }: KeepForgettingDeps): () => Promise<void> {
  const work = async (): Promise<void> => {
    while ((await forgetKeptAnswers(database, now())) === FORGET_AT_ONCE);
  }
  // A database that is away is told of by all others.
  return repeat({ everyMs: FORGET_EVERY_MS, work, onFailure: () => undefined })
}

/** Where the API keeps its answers, for a room that may not know the database's types. */
export const createAnswerStore = ({ database, now }: KeepForgettingDeps) => ({
  find: (keyHash: string): Promise<AnswerRow | undefined> =>
    findKeptAnswer(database, keyHash, now()),
  /** @param transaction of the change */
  insert: (transaction: unknown, row: AnswerRow): Promise<void> =>
    insertKeptAnswer(transaction as Database, row, now()),
})
