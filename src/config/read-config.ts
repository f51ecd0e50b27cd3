import { isIP } from 'node:net'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { readEnvironment } from './environment.ts'
import { VARIABLES } from './variables.ts'

const environmentSchema = z.object(VARIABLES)

export interface Address {
  readonly host: string
  readonly port: number
}

export interface DatabaseConfig {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly name: string
  readonly tls: 'off' | 'require' | 'verify'
  readonly ca: string | undefined
  readonly poolMax: number
  readonly waitSeconds: number
  readonly graceSeconds: number
}

/** Where the files of the token authority stand; all paths absolute. */
export interface CertsConfig {
  readonly dir: string
  readonly authorityPath: string
  readonly bundlePath: string
}

export interface Config {
  /** No slash at its end. */
  readonly publicUrl: string
  readonly listen: Address
  readonly privateListen: Address
  readonly registry: { readonly url: string; readonly timeoutSeconds: number }
  readonly token: {
    readonly service: string
    readonly issuer: string
    readonly pullSeconds: number
    readonly pushSeconds: number
    readonly leafSeconds: number
  }
  readonly certs: CertsConfig
  readonly database: DatabaseConfig
  /** The most of each that is kept in memory. */
  readonly cache: { readonly answers: number; readonly rows: number; readonly proofs: number }
  readonly administrator: {
    readonly username: string
    readonly password: string | undefined
    readonly passwordPath: string
  }
  readonly trustedProxies: readonly string[]
  readonly hashing: { readonly concurrency: number; readonly queueLimit: number }
  readonly api: { readonly ratePerMinute: number }
  readonly shutdownSeconds: number
  readonly logLevel: string
}

/** All that is wrong with the environment, a sentence each; the process ends with exit code 2. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly faults: readonly string[]
  /** Names that look like ours: one of them may be why a variable is missing. */
  readonly warnings: readonly string[]

  constructor(faults: readonly string[], warnings: readonly string[]) {
    super(faults.join('\n'))
    this.faults = faults
    this.warnings = warnings
  }
}

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
  }
}

function toConfig(v: z.output<typeof environmentSchema>): Config {
  const certs = certsConfig(v.WARDEN_CERTS_DIR)
  return {
    publicUrl: v.WARDEN_PUBLIC_URL,
    listen: v.WARDEN_LISTEN,
    privateListen: v.WARDEN_PRIVATE_LISTEN,
    registry: { url: v.WARDEN_REGISTRY_URL, timeoutSeconds: v.WARDEN_REGISTRY_TIMEOUT_SECONDS },
    token: {
      service: v.WARDEN_SERVICE,
      issuer: v.WARDEN_ISSUER,
      pullSeconds: v.WARDEN_TOKEN_PULL_SECONDS,
      pushSeconds: v.WARDEN_TOKEN_PUSH_SECONDS,
      leafSeconds: v.WARDEN_LEAF_SECONDS,
    },
    certs,
    database: {
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
    },
    cache: {
      answers: v.WARDEN_CACHE_ANSWERS,
      rows: v.WARDEN_CACHE_ROWS,
      proofs: v.WARDEN_CACHE_PROOFS,
    },
    administrator: {
      username: v.WARDEN_ADMIN_USER,
      password: v.WARDEN_ADMIN_PASSWORD,
      passwordPath: resolve(
        v.WARDEN_FIRST_PASSWORD_PATH ?? join(certs.dir, 'token-ca', 'first-admin-password'),
      ),
    },
    trustedProxies: v.WARDEN_TRUSTED_PROXIES,
    hashing: { concurrency: v.WARDEN_HASH_CONCURRENCY, queueLimit: v.WARDEN_HASH_QUEUE },
    api: { ratePerMinute: v.WARDEN_API_RATE },
    shutdownSeconds: v.WARDEN_SHUTDOWN_SECONDS,
    logLevel: v.WARDEN_LOG_LEVEL,
  }
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  for (const part of Object.values(value)) deepFreeze(part)
  return Object.freeze(value)
}

/** Faults that no variable has alone. */
const across = (config: Config): readonly string[] => [
  ...(config.token.leafSeconds < 3 * Math.max(config.token.pullSeconds, config.token.pushSeconds)
    ? [
        "WARDEN_LEAF_SECONDS is less than three times a token's life (WARDEN_TOKEN_PULL_SECONDS, WARDEN_TOKEN_PUSH_SECONDS); tokens would be cut short",
      ]
    : []),
  ...(config.listen.host === config.privateListen.host &&
  config.listen.port === config.privateListen.port
    ? ['WARDEN_LISTEN and WARDEN_PRIVATE_LISTEN are the same address; give each its own port']
    : []),
  ...(config.database.tls === 'verify' && isIP(config.database.host) !== 0
    ? [
        'WARDEN_DB_TLS=verify holds the certificate against a host name, and WARDEN_DB_HOST is an address; give the name',
      ]
    : []),
  ...(config.database.ca !== undefined && config.database.tls !== 'verify'
    ? ['WARDEN_DB_CA is set but WARDEN_DB_TLS is not verify; set both or neither']
    : []),
]

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
  const parsed = environmentSchema.safeParse(values)
  const issues = parsed.success ? [] : parsed.error.issues
  const config = parsed.success ? toConfig(parsed.data) : undefined
  const all = [
    ...faults,
    ...issues.map((issue) => describeIssue(values, issue)),
    ...(config === undefined ? [] : across(config)),
  ]
  if (config === undefined || all.length > 0) throw new ConfigError(all, warnings)
  return { config: deepFreeze(config), warnings }
}
