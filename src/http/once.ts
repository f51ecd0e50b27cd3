import { createHmac } from 'node:crypto'
import { AppError } from '../errors.ts'
import { type Caller, credentialOf } from './caller.ts'
import type { Answer, Route } from './route.ts'
import { withoutSecrets } from './without-secrets.ts'

/** An answer that is kept for who asks the same again. */
export interface KeptAnswer {
  /** HMAC of the key, the caller's credential and the path. */
  readonly keyHash: string
  /** HMAC of the body that was sent. */
  readonly bodyHash: string
  /** JSON of the answer, without secrets. */
  readonly answer: string
}

/** Where answers are kept; handed over by `app.ts`. */
export interface AnswerStore {
  readonly find: (keyHash: string) => Promise<KeptAnswer | undefined>
  /**
   * Writes in the transaction of the change.
   *
   * @throws what the database says of a key that is there
   */
  readonly insert: (transaction: unknown, kept: KeptAnswer) => Promise<void>
}

/** Called by an operation as the last step inside its transaction, with what it made. */
export type Keep<T> = (transaction: unknown, made: T) => Promise<void>

/** What `Idempotency-Key` asks: that the same request, sent again, is not done again. */
export interface Once {
  /**
   * Does the operation, or answers as the first time. The route asks for the caller's rights before
   * it calls this, so a repeated request is authorized again.
   *
   * @param present the answer; its secrets are not kept
   * @throws AppError IDEMPOTENCY_KEY_REUSED (422) when the key came with another body before
   */
  readonly run: <T>(
    present: (made: T) => Answer,
    operation: (keep: Keep<T>) => Promise<T>,
  ) => Promise<Answer>
}

export interface OnceInput {
  readonly route: Route
  readonly caller: Caller
  /** As it came, without the query. */
  readonly path: string
  /** The header; undefined where none was sent. */
  readonly key: string | undefined
  /** Already checked. */
  readonly body: unknown
}

export type ReadOnce = (input: OnceInput) => Once

const KEY = /^[\x21-\x7e]{1,255}$/
const PLAIN: Once = { run: async (present, work) => present(await work(async () => undefined)) }

function requireKey(route: Route, key: string): void {
  if (!route.idempotent) {
    throw new AppError('REQUEST_INVALID', {
      detail: 'this route takes no Idempotency-Key; send the request without it',
    })
  }
  if (!KEY.test(key)) {
    throw new AppError('REQUEST_INVALID', {
      detail: 'the Idempotency-Key must be 1 to 255 visible ASCII characters; a UUID is a good one',
    })
  }
}

function repeat(kept: KeptAnswer, bodyHash: string): Answer {
  if (kept.bodyHash !== bodyHash) {
    throw new AppError('IDEMPOTENCY_KEY_REUSED', {
      detail:
        'this Idempotency-Key came with another body before; take a new key for a new request',
    })
  }
  const { status, body, headers } = JSON.parse(kept.answer) as Answer
  return { status, body, headers: { ...headers, 'Idempotent-Replayed': 'true' } }
}

/**
 * Makes the function that reads `Idempotency-Key`. Only what was done is kept: a refused request may
 * be sent again with the same key.
 *
 * Of two that come at once, the database lets one in and makes the other wait; when that one fails,
 * it finds the answer of the first.
 *
 * @param secret what all replicas share and the database does not know: bodies hold passwords
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
 */
export function createReadOnce(store: AnswerStore, secret: Buffer): ReadOnce {
  // JSON of a list parts its members without doubt.
  const hash = (...parts: readonly unknown[]): string =>
    createHmac('sha256', secret).update(JSON.stringify(parts)).digest('hex')
  return ({ route, caller, path, key, body }) => {
    if (route.method !== 'post' || key === undefined) return PLAIN
    requireKey(route, key)
    const keyHash = hash('key', credentialOf(caller), route.method, path, key)
    const bodyHash = hash('body', body ?? null)
    return {
      run: async (present, operation) => {
        const before = await store.find(keyHash)
        if (before !== undefined) return repeat(before, bodyHash)
        try {
          const made = await operation((transaction, result) => {
            const answer = JSON.stringify(withoutSecrets(route, present(result)))
            return store.insert(transaction, { keyHash, bodyHash, answer })
          })
          return present(made)
        } catch (error) {
          const meanwhile = await store.find(keyHash).catch(() => undefined)
          if (meanwhile === undefined) throw error
          return repeat(meanwhile, bodyHash)
        }
      },
    }
  }
}
