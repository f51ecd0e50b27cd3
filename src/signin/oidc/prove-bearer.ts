import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { Claims } from '../../accounts/types.ts'
import type { IssuerConfig } from '../../config/issuer-list.ts'
import type { Config } from '../../config/types.ts'
import type { Log } from '../../http/middleware.ts'
import type { CacheStats } from '../../metrics/cache-stats.ts'
import { createKeySource, type KeySet, type KeySource } from './key-source.ts'
import { type Refusal, readBearer } from './read-bearer.ts'
import { toClaims } from './to-claims.ts'
import { verifyBearer } from './verify-bearer.ts'

/** Each may be as large as the largest token. */
const MOST_PROVEN = 5000

export interface BearersDeps {
  readonly config: Pick<Config, 'oidc' | 'token'>
  readonly log: Pick<Log, 'info' | 'warn'>
  readonly now: () => Date
}

interface ProvenBearer {
  readonly claims: Claims
  readonly source: KeySource
  /** Those that it was held against: without its key among them it is proven no more. */
  readonly keys: KeySet
  readonly endsAtMs: number
}

/** Tells what issuers say of people by the tokens that they sign. */
export interface Bearers {
  /**
   * Proves a token: by its signature, or by memory while the keys are the same and its time is not
   * over.
   *
   * @throws AppError UNAVAILABLE (503) when the keys of its issuer cannot be read
   */
  readonly prove: (
    token: string,
  ) => Promise<{ readonly claims: Claims } | { readonly refusal: Refusal }>
  readonly stats: () => CacheStats
}

/** A quick hash of what nobody can guess: memory has no use for the token itself. */
const keyOf = (token: string): string => createHash('sha256').update(token).digest('base64url')

const isIn = (sources: ReadonlyMap<string, KeySource>, { name }: IssuerConfig): KeySource => {
  const source = sources.get(name)
  if (source === undefined) throw new Error(`the issuer ${name} has no keys`)
  return source
}

export function createBearers({ config, log, now }: BearersDeps): Bearers {
  const { issuers, keysSeconds } = config.oidc
  const rules = { issuers, registryIssuer: config.token.issuer }
  const sources = new Map(
    issuers.map((issuer) => [issuer.name, createKeySource({ issuer, keysSeconds, log, now })]),
  )
  const proven = new LRUCache<string, ProvenBearer>({ max: MOST_PROVEN })
  const lookUps = { hit: 0, miss: 0 }
  const isStillProven = async ({ source, keys, endsAtMs }: ProvenBearer): Promise<boolean> =>
    (await source.read()) === keys && now().getTime() < endsAtMs
  const proveAnew = async (token: string, key: string) => {
    const reading = readBearer(rules, token)
    if ('refusal' in reading) return reading
    const { issuer } = reading
    const source = isIn(sources, issuer)
    const verification = await verifyBearer({ issuer, source, token, now: now() })
    if ('refusal' in verification) return verification
    const { payload, keys } = verification
    const claims = toClaims(issuer, payload)
    const endsAtMs = (payload.exp + issuer.leewaySeconds) * 1000
    proven.set(key, { claims, source, keys, endsAtMs })
    return { claims }
  }
  return {
    prove: async (token) => {
      const key = keyOf(token)
      const known = proven.get(key)
      if (known !== undefined && (await isStillProven(known))) {
        lookUps.hit++
        return { claims: known.claims }
      }
      lookUps.miss++
      proven.delete(key)
      return proveAnew(token, key)
    },
    stats: () => ({ entries: proven.size, lookUps }),
  }
}
