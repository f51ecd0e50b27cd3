import type { Database } from '../database/open-database.ts'
import type { VersionWatch } from '../database/version-watch.ts'
import type { Log } from '../http/middleware.ts'
import type { Route } from '../http/route.ts'
import type { RestoreMoved } from '../images/refresh-outcome.ts'
import type { Metrics } from '../metrics/create-metrics.ts'
import type { RegistryClient } from '../registry/client.ts'
import type { CachedSettings } from '../settings/cached-settings.ts'
import { type CachedPolicies, createCachedPolicies } from './cached-policies.ts'
import { createWriteDecisions, type WriteDecisions } from './create-write-decisions.ts'
import { endPolicies } from './end-policies.ts'
import type { Door } from './enforcement.ts'
import { keepReservations } from './immutable-tags/keep-reservations.ts'
import type { IsImmutable } from './immutable-tags/match-rules.ts'
import {
  findImmutable,
  readImmutability,
  readProjectImmutability,
} from './immutable-tags/read-immutability.ts'
import { type RestoreOutcome, restoreMoved } from './immutable-tags/restore-moved.ts'
import { createImmutableTagRoutes } from './immutable-tags/routes.ts'
import { createQuotaRoutes } from './quota/routes.ts'
import { watchOverQuota } from './quota/watch-over-quota.ts'

export interface PoliciesDeps {
  readonly database: Database
  readonly watch: VersionWatch
  readonly registry: RegistryClient
  readonly runtimeSettings: CachedSettings
  readonly metrics: Metrics
  readonly config: { readonly cache: { readonly rows: number } }
  readonly door: Door
  readonly log: Log
  readonly now: () => Date
}

export interface Policies {
  readonly policies: CachedPolicies
  readonly policyRoutes: readonly Route[]
  readonly writeDecisions: WriteDecisions
  /** Ends what a project set, in the transaction that deletes it. */
  readonly endPolicies: (transaction: Database, projectId: number) => Promise<void>
  /** Which tags of a repository are immutable. */
  readonly readImmutability: (repository: string) => Promise<IsImmutable>
  /** The rule that keeps each of these tags, by tag; tags that may go are left out. */
  readonly findImmutable: (
    repository: string,
    tags: readonly string[],
  ) => Promise<ReadonlyMap<string, string>>
  /** Which tags of a project are immutable, as its rules are now. */
  readonly readImmutable: (
    database: Database,
    projectId: number,
  ) => Promise<(repository: string, tag: string) => boolean>
  /** Undefined where writes pass the door. */
  readonly restoreMoved: RestoreMoved | undefined
  /** From memory, for tokens; undefined where writes pass the door. */
  readonly isOverQuota: ((project: string) => boolean) | undefined
  /** @returns stops it */
  readonly startPolicies: () => () => Promise<void>
}

function createRestoreMoved(
  { database, registry, metrics, log }: PoliciesDeps,
  policies: CachedPolicies,
): RestoreMoved {
  const counts = { restored: 0, lost: 0 }
  metrics.read('warden_immutable_tags_moved_total', () =>
    Object.entries(counts).map(([outcome, value]) => ({ labels: { outcome }, value })),
  )
  const count = (outcome: RestoreOutcome): void => {
    counts[outcome]++
  }
  const warn = (fields: object, message: string): void => log.warn(fields, message)
  return (tags) => restoreMoved({ database, registry, policies, count, warn }, tags)
}

/** What projects allow of writes: who reads it, who changes it, and what is decided by it. */
export function createPolicies(deps: PoliciesDeps): Policies {
  const { database, registry, watch, config, log } = deps
  const policies = createCachedPolicies({ database, watch, most: config.cache.rows })
  const restore = createRestoreMoved(deps, policies)
  const told = (what: string) => (error: unknown) =>
    log.warn({ error }, `${what} cannot be looked after now`)
  const overQuota = watchOverQuota({ ...deps, onFailure: told('projects over their quota') })
  const isGuarded = deps.door === 'required'
  return {
    policies,
    policyRoutes: [...createImmutableTagRoutes(deps), ...createQuotaRoutes(deps)],
    writeDecisions: createWriteDecisions({ ...deps, policies }),
    endPolicies,
    readImmutability: (repository) => readImmutability({ policies }, repository),
    findImmutable: (repository, tags) => findImmutable({ policies }, { repository, tags }),
    readImmutable: readProjectImmutability,
    restoreMoved: isGuarded ? undefined : restore,
    isOverQuota: isGuarded ? undefined : overQuota.has,
    startPolicies: () => {
      const stops = [
        keepReservations({ database, registry, onFailure: told('first pushes to immutable tags') }),
        ...(isGuarded ? [] : [overQuota.start()]),
      ]
      return async () => {
        await Promise.all(stops.map((stop) => stop()))
      }
    },
  }
}
