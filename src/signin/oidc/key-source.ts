import { createLocalJWKSet, type JWTVerifyGetKey } from 'jose'
import type { IssuerConfig } from '../../config/issuer-list.ts'
import { AppError } from '../../errors.ts'
import type { Log } from '../../http/middleware.ts'
import { fetchKeys } from './fetch-keys.ts'

/** Keys are asked for anew after that, while the ones in hand go on. */
const FRESH_MS = 600_000
/** Between two questions, whatever is asked of us: tokens with invented keys cost the issuer nothing. */
const PAUSE_MS = 10_000
const RETRY_SECONDS = 10

/** The keys that an issuer had at one time; another object as soon as one is added or gone. */
export interface KeySet {
  readonly text: string
  readonly getKey: JWTVerifyGetKey
}

export interface KeySource {
  /**
   * The keys of now; from memory while they are fresh, and while they are not too old and the issuer
   * does not answer.
   *
   * @throws AppError UNAVAILABLE (503)
   */
  readonly read: () => Promise<KeySet>
  /** Asks the issuer whether it has other keys than these; not more often than it is to be asked. */
  readonly readAnew: (than: KeySet) => Promise<KeySet>
}

export interface KeySourceDeps {
  readonly issuer: Pick<IssuerConfig, 'name' | 'issuer' | 'jwksUri' | 'ca'>
  /** How old keys may be. */
  readonly keysSeconds: number
  readonly log: Pick<Log, 'info' | 'warn'>
  readonly now: () => Date
}

const unavailable = (source: string): AppError =>
  new AppError('UNAVAILABLE', {
    detail: `the keys of ${source} cannot be read, so its tokens cannot be held against them; try again in a moment, or use an access token`,
    retryAfterSeconds: RETRY_SECONDS,
  })

interface Known {
  readonly keys: KeySet
  readonly atMs: number
}

async function fetchKnown(deps: KeySourceDeps, before: Known | undefined): Promise<Known> {
  const atMs = deps.now().getTime()
  const { text, json } = await fetchKeys(deps.issuer)
  if (text === before?.keys.text) return { keys: before.keys, atMs }
  const keys = { text, getKey: createLocalJWKSet(json) }
  deps.log.info({ source: deps.issuer.name, keys: json.keys.length }, 'keys of an issuer read')
  return { keys, atMs }
}

/** The keys of one issuer, and nobody else's (R13). Many who wait for them share one question. */
export function createKeySource(deps: KeySourceDeps): KeySource {
  const { issuer, keysSeconds, log, now } = deps
  const mostMs = keysSeconds * 1000
  let known: Known | undefined
  let askedAtMs = Number.NEGATIVE_INFINITY
  let underWay: Promise<void> | undefined
  // A clock that was set back makes nothing younger.
  const since = (atMs: number): number => Math.abs(now().getTime() - atMs)
  const ask = (): Promise<void> => {
    if (underWay !== undefined) return underWay
    if (since(askedAtMs) < PAUSE_MS) return Promise.resolve()
    askedAtMs = now().getTime()
    underWay = fetchKnown(deps, known)
      .then((found) => {
        known = found
      })
      .catch((error: Error) =>
        log.warn({ source: issuer.name, reason: error.message }, 'keys of an issuer not read'),
      )
      .finally(() => {
        underWay = undefined
      })
    return underWay
  }
  const usable = (): KeySet | undefined =>
    known !== undefined && since(known.atMs) <= mostMs ? known.keys : undefined
  const read = async (): Promise<KeySet> => {
    const inHand = usable()
    if (inHand !== undefined) {
      if (known !== undefined && since(known.atMs) > Math.min(FRESH_MS, mostMs)) void ask()
      return inHand
    }
    await ask()
    const found = usable()
    if (found === undefined) throw unavailable(issuer.name)
    return found
  }
  return {
    read,
    readAnew: async (than) => {
      if (known?.keys === than) await ask()
      return read()
    },
  }
}
