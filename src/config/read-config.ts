import { join, resolve } from 'node:path'
import { z } from 'zod'
import { collectFaults } from './collect-variables.ts'
import { ConfigError } from './config-error.ts'
import { across } from './cross-faults.ts'
import { readEnvironment } from './environment.ts'
import { issueText } from './issue-text.ts'
import { mailFaults } from './mail-variables.ts'
import { toRoomsConfig } from './room-variables.ts'
import { toPinnedSettings } from './setting-variables.ts'
import type { CertsConfig, Config, DatabaseConfig } from './types.ts'
import { VARIABLES } from './variables.ts'

const environmentSchema = z.object(VARIABLES)
type Values = z.output<typeof environmentSchema>

export type { Address, CertsConfig, Config, DatabaseConfig } from './types.ts'

const describeIssue = (
  values: Readonly<Record<string, string>>,
  issue: z.core.$ZodIssue,
): string => {
  const name = String(issue.path[0])
  return name in values ? `${name}: ${issue.message}` : `${name} is not set; it is needed`
}

const certsConfig = (folder: string): CertsConfig => {
  const dir = resolve(folder)
  return {
    dir,
    authorityPath: join(dir, 'token-ca', 'ca.pem'),
    bundlePath: join(dir, 'bundle', 'ca.crt'),
    auditKeyPath: join(dir, 'token-ca', 'audit.key'),
  }
}

const administratorConfig = (v: Values, certs: CertsConfig): Config['administrator'] => ({
  username: v.WARDEN_ADMIN_USER,
  password: v.WARDEN_ADMIN_PASSWORD,
  passwordPath: resolve(
    v.WARDEN_FIRST_PASSWORD_PATH ?? join(certs.dir, 'token-ca', 'first-admin-password'),
  ),
})

const tokenConfig = (v: Values): Config['token'] => ({
  service: v.WARDEN_SERVICE,
  issuer: v.WARDEN_ISSUER,
  pullSeconds: v.WARDEN_TOKEN_PULL_SECONDS,
  pushSeconds: v.WARDEN_TOKEN_PUSH_SECONDS,
  leafSeconds: v.WARDEN_LEAF_SECONDS,
  identityTokenSeconds:
    v.WARDEN_IDENTITY_TOKENS === 'on' ? v.WARDEN_IDENTITY_TOKEN_SECONDS : undefined,
})

const databaseConfig = (v: Values): DatabaseConfig => ({
  host: v.WARDEN_DB_HOST,
  port: v.WARDEN_DB_PORT,
  user: v.WARDEN_DB_USER,
  password: v.WARDEN_DB_PASSWORD,
  name: v.WARDEN_DB_NAME,
  tls: v.WARDEN_DB_TLS,
  ca: v.WARDEN_DB_CA,
  poolMax: v.WARDEN_DB_POOL_MAX,
  waitSeconds: v.WARDEN_DB_WAIT_SECONDS,
  graceSeconds: v.WARDEN_DB_GRACE_SECONDS,
})

function toConfig(v: Values): Config {
  const certs = certsConfig(v.WARDEN_CERTS_DIR)
  return {
    publicUrl: v.WARDEN_PUBLIC_URL,
    listen: v.WARDEN_LISTEN,
    privateListen: v.WARDEN_PRIVATE_LISTEN,
    registry: { url: v.WARDEN_REGISTRY_URL, timeoutSeconds: v.WARDEN_REGISTRY_TIMEOUT_SECONDS },
    token: tokenConfig(v),
    certs,
    ...toRoomsConfig(v),
    database: databaseConfig(v),
    cache: {
      answers: v.WARDEN_CACHE_ANSWERS,
      rows: v.WARDEN_CACHE_ROWS,
      proofs: v.WARDEN_CACHE_PROOFS,
    },
    administrator: administratorConfig(v, certs),
    trustedProxies: v.WARDEN_TRUSTED_PROXIES,
    hashing: { concurrency: v.WARDEN_HASH_CONCURRENCY, queueLimit: v.WARDEN_HASH_QUEUE },
    api: { ratePerMinute: v.WARDEN_API_RATE },
    signIn: { freeFailures: v.WARDEN_SIGN_IN_FAILURES },
    settings: toPinnedSettings(v),
    shutdownSeconds: v.WARDEN_SHUTDOWN_SECONDS,
    logLevel: v.WARDEN_LOG_LEVEL,
  }
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  for (const part of Object.values(value)) deepFreeze(part)
  return Object.freeze(value)
}

/**
 * Turns an environment into the frozen configuration.
 *
 * @returns the configuration, and warnings about variables that look like ours and are not
 * @throws ConfigError that lists every fault at once
 */
export function readConfig(env: NodeJS.ProcessEnv): {
  readonly config: Config
  readonly warnings: readonly string[]
} {
  const { values, faults, warnings } = readEnvironment(env)
  const parsed = environmentSchema.safeParse(values, { error: issueText })
  const issues = parsed.success ? [] : parsed.error.issues
  const config = parsed.success ? toConfig(parsed.data) : undefined
  const all = [
    ...faults,
    ...issues.map((issue) => describeIssue(values, issue)),
    ...(config === undefined ? [] : across(config)),
    ...(parsed.success ? mailFaults(parsed.data) : []),
    ...(parsed.success ? collectFaults(parsed.data) : []),
  ]
  if (config === undefined || all.length > 0) {
    const isAbsent = issues.length > 0 && issues.every(({ path }) => !(String(path[0]) in values))
    throw new ConfigError(all, warnings, isAbsent && all.length === issues.length)
  }
  return { config: deepFreeze(config), warnings }
}
