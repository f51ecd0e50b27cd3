import type { PasswordHasher } from '../accounts/password-hash.ts'
import type { Database } from '../database/open-database.ts'
import { readPoolState } from '../database/pool-state.ts'
import type { VersionWatch } from '../database/version-watch.ts'
import type { CacheStats } from '../metrics/cache-stats.ts'
import type { Metrics } from '../metrics/create-metrics.ts'
import type { Signer } from '../signing/signer.ts'

interface Cache {
  readonly stats: () => CacheStats
}

export interface ObservedParts {
  readonly database: Database
  readonly watch: VersionWatch
  readonly hasher: PasswordHasher
  readonly signer: Signer
  readonly users: Cache
  readonly rights: Cache
  readonly proven: Cache
  readonly answers: Cache
  readonly accessTokens: Cache
  readonly identityTokens: Cache
  readonly robots: Cache
  readonly bearers: Cache
  /** Undefined where there is no directory. */
  readonly ldapProofs: Cache | undefined
}

/** One reading for each entry of a record, with its key as that label. */
const by = <Label extends string>(label: Label, values: Readonly<Record<string, number>>) =>
  Object.entries(values).map(([key, value]) => ({
    labels: { [label]: key } as Record<Label, string>,
    value,
  }))

function observeCache({ read }: Metrics, cache: string, { stats }: Cache): void {
  read('warden_cache_entries', () => [{ labels: { cache }, value: stats().entries }])
  read('warden_cache_lookups_total', () =>
    by('outcome', stats().lookUps).map(({ labels, value }) => ({
      labels: { ...labels, cache },
      value,
    })),
  )
}

function observeHasher({ read }: Metrics, { stats }: PasswordHasher): void {
  read('warden_password_hashes_running', () => stats().queue.running)
  read('warden_password_hashes_waiting', () => by('line', stats().queue.waiting))
  read('warden_password_hashes_refused_total', () => by('line', stats().queue.refused))
  read('warden_password_checks_total', () => by('outcome', stats().checks))
}

function observeDatabase({ read }: Metrics, { database, watch }: ObservedParts): void {
  read('warden_change_version_age_seconds', () => watch.stats().ageSeconds)
  read('warden_change_version_polls_total', () => by('outcome', watch.stats().polls))
  read('warden_database_connections', () => {
    const { used, free } = readPoolState(database)
    return by('state', { used, free })
  })
  read('warden_database_waiters', () => readPoolState(database).waiting)
}

/** Shows the numbers that the parts keep of themselves; they are read when somebody asks. */
export function observeParts(metrics: Metrics, parts: ObservedParts, version: string): void {
  const { users, rights, proven, answers, accessTokens, identityTokens, robots, bearers, signer } =
    parts
  const { ldapProofs } = parts
  const tokens = { accessTokens, identityTokens, robots, bearers }
  const caches = {
    users,
    rights,
    proofs: proven,
    answers,
    ...tokens,
    ...(ldapProofs && { ldapProofs }),
  }
  for (const [name, cache] of Object.entries(caches)) observeCache(metrics, name, cache)
  observeHasher(metrics, parts.hasher)
  observeDatabase(metrics, parts)
  metrics.read('warden_leaf_end_time_seconds', () => signer.leaf().notAfter.getTime() / 1000)
  metrics.read('warden_build_info', () => [{ labels: { version }, value: 1 }])
}
