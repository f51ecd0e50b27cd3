import { join } from 'node:path'
import type { CollectorPlace } from './collector.ts'
import { PROJECT_DIR, plainEnvironment } from './commands.ts'
import { type Part, startPart } from './part.ts'
import { findFreePort, LOOPBACK } from './ports.ts'
import { makePrivateDir, writePrivateFile } from './secrets.ts'
import { answers } from './wait-until.ts'

const READY_TIMEOUT_MS = 90_000

export interface WardenInput {
  readonly env: NodeJS.ProcessEnv
  readonly dir: string
  readonly logPath: string
  readonly port: number
  readonly privatePort?: number | undefined
  readonly publicUrl: string
  readonly registryUrl: string
  readonly certsDir: string
  readonly firstPasswordPath: string
  /** Undefined: it takes no notifications in. */
  readonly notificationsSecretPath?: string | undefined
  /** Undefined: it collects no garbage. One of the caller's own comes first. */
  readonly collector?: CollectorPlace | undefined
  readonly database: {
    readonly host: string
    readonly port: number
    readonly user: string
    readonly name: string
    readonly passwordPath: string
  }
  readonly signal?: AbortSignal | undefined
}

export interface Warden extends Part {
  readonly port: number
  readonly privatePort: number
  readonly url: string
  /** Its variables as a file for `node --env-file=FILE dist/src/main.js keys` and other verbs. */
  readonly environmentPath: string
}

/** Variables of the caller's that we do not set ourselves, such as WARDEN_LOG_LEVEL. */
function passedOn(env: NodeJS.ProcessEnv, ours: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const decided = new Set(Object.keys(ours).map((name) => name.replace(/_FILE$/, '')))
  return Object.fromEntries(
    Object.entries(env).filter(
      ([name]) => name.startsWith('WARDEN_') && !decided.has(name.replace(/_FILE$/, '')),
    ),
  )
}

/** One heap for all threads: each would keep the memory of its last password hash (decision 9). */
const MEMORY = { MALLOC_ARENA_MAX: '1' } as const

/** The environment of `warden serve` for these parts. */
export function wardenEnvironment(input: WardenInput, privatePort: number): NodeJS.ProcessEnv {
  const ours = {
    WARDEN_PUBLIC_URL: input.publicUrl,
    WARDEN_LISTEN: `${LOOPBACK}:${input.port}`,
    WARDEN_PRIVATE_LISTEN: `${LOOPBACK}:${privatePort}`,
    WARDEN_REGISTRY_URL: input.registryUrl,
    WARDEN_CERTS_DIR: input.certsDir,
    WARDEN_DB_HOST: input.database.host,
    WARDEN_DB_PORT: String(input.database.port),
    WARDEN_DB_USER: input.database.user,
    WARDEN_DB_NAME: input.database.name,
    WARDEN_DB_PASSWORD_FILE: input.database.passwordPath,
    WARDEN_FIRST_PASSWORD_PATH: input.firstPasswordPath,
    ...(input.notificationsSecretPath && {
      WARDEN_NOTIFICATIONS_SECRET_FILE: input.notificationsSecretPath,
    }),
    ...(input.collector &&
      !input.env.WARDEN_GC_COMMAND && {
        WARDEN_GC_COMMAND: input.collector.command,
        WARDEN_GC_LOCK: input.collector.lockPath,
      }),
  }
  return { ...MEMORY, ...plainEnvironment(input.env), ...passedOn(input.env, ours), ...ours }
}

/** In whichever quotes the value does not hold itself: a list of issuers is JSON. */
function quote(value = ''): string {
  const mark = ['"', "'", '`'].find((one) => !value.includes(one)) ?? '"'
  return `${mark}${value}${mark}`
}

function writeEnvironment(path: string, environment: NodeJS.ProcessEnv): void {
  const lines = Object.entries(environment).flatMap(([name, value]) =>
    name.startsWith('WARDEN_') ? [`${name}=${quote(value)}\n`] : [],
  )
  writePrivateFile(path, lines.join(''))
}

/** Starts `warden serve`; it makes the bundle that the registry needs, so it comes first. */
export async function startWarden(input: WardenInput): Promise<Warden> {
  makePrivateDir(input.dir)
  const privatePort = await findFreePort(input.privatePort)
  const url = `http://${LOOPBACK}:${input.port}`
  const env = wardenEnvironment(input, privatePort)
  const environmentPath = join(input.dir, 'environment')
  writeEnvironment(environmentPath, env)
  const part = await startPart({
    name: 'warden',
    command: process.execPath,
    args: ['--enable-source-maps', join(PROJECT_DIR, 'dist/src/main.js'), 'serve'],
    env,
    dir: input.dir,
    logPath: input.logPath,
    isReady: () => answers(`${url}/healthz`, [200]),
    readyTimeoutMs: READY_TIMEOUT_MS,
    signal: input.signal,
  })
  return { ...part, port: input.port, privatePort, url, environmentPath }
}
