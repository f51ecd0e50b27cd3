import { createFairQueue } from '../../accounts/fair-queue.ts'
import { type AccountSource, LDAP } from '../../accounts/identity.ts'
import type { UserWithPassword } from '../../accounts/types.ts'
import type { LdapConfig } from '../../config/ldap-variables.ts'
import type { Database } from '../../database/open-database.ts'
import type { Log } from '../../http/middleware.ts'
import type { CacheStats } from '../../metrics/cache-stats.ts'
import type { Standing } from '../throttle.ts'
import { createBreaker } from './breaker.ts'
import { createDirectory, type ObserveDirectory } from './directory.ts'
import { keepSweeping } from './keep-sweeping.ts'
import { createLdapProofs } from './proofs.ts'
import {
  type LdapAttempt,
  type LdapSignInDeps,
  type ProvenByDirectory,
  proveByDirectory,
  recognizeProven,
} from './sign-in.ts'

const AT_ONCE = 8
const PLACES = 64
const PLACES_PER_LANE = 4

/** The way of signing in that asks a directory. */
export interface LdapSignIn {
  readonly recognize: (user: UserWithPassword, secret: string) => ProvenByDirectory | undefined
  readonly prove: (
    attempt: LdapAttempt,
    found: { readonly user: UserWithPassword | undefined; readonly standing: Standing },
  ) => Promise<ProvenByDirectory | undefined>
  readonly stats: () => CacheStats
  /** Begins to look after accounts that have tokens. @returns stops it, and closes connections */
  readonly start: () => () => Promise<void>
}

export interface CreateLdapDeps
  extends Pick<LdapSignInDeps, 'users' | 'familiar' | 'throttle' | 'meetAccount'> {
  readonly config: {
    readonly ldap: LdapConfig | undefined
    readonly cache: { readonly proofs: number }
    readonly claimsSeconds: number
  }
  readonly database: Database
  readonly log: Pick<Log, 'info' | 'warn'>
  readonly now: () => Date
  readonly metrics: { readonly observeLdap: ObserveDirectory }
}

/** The directory as a source of accounts, for administrators who link one. */
export const LDAP_SOURCE: AccountSource = {
  name: LDAP,
  externalIdOf: (subject) => subject.trim().toLowerCase(),
}

/** @returns undefined where there is no directory */
export function createLdap(deps: CreateLdapDeps): LdapSignIn | undefined {
  const { ldap: config, cache } = deps.config
  if (config === undefined) return undefined
  const monotonicMs = (): number => performance.now()
  const directory = createDirectory({ config, observe: deps.metrics.observeLdap, monotonicMs })
  const proofs = createLdapProofs({ ...config, most: cache.proofs, monotonicMs, now: deps.now })
  const lines = { places: PLACES / 2, placesPerLane: PLACES_PER_LANE }
  const signIn: LdapSignInDeps = {
    ...deps,
    config,
    directory,
    proofs,
    ask: createBreaker({ monotonicMs, log: deps.log }),
    queue: createFairQueue({
      concurrency: AT_ONCE,
      lines: { familiar: lines, strange: lines },
      what: 'passwords are being proven by the directory',
    }),
  }
  return {
    recognize: (user, secret) => recognizeProven(signIn, user, secret),
    prove: (attempt, found) => proveByDirectory(signIn, attempt, found),
    stats: proofs.stats,
    start: () => {
      const { claimsSeconds } = deps.config
      const stop = keepSweeping({
        ...signIn,
        database: deps.database,
        now: deps.now,
        claimsSeconds,
      })
      return async () => {
        await stop()
        directory.close()
      }
    },
  }
}
