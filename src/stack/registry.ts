import { join } from 'node:path'
import { PROJECT_DIR, plainEnvironment, requireCommand } from './commands.ts'
import { type NotificationsTarget, notificationOverrides } from './notifications.ts'
import { type Part, startPart } from './part.ts'
import { findFreePort, LOOPBACK } from './ports.ts'
import { makePrivateDir } from './secrets.ts'
import { answers } from './wait-until.ts'

const READY_TIMEOUT_MS = 30_000

export interface RegistryInput {
  readonly env: NodeJS.ProcessEnv
  readonly dir: string
  readonly logPath: string
  readonly preferredPort?: number | undefined
  /** Absolute URL at which clients get tokens. */
  readonly realm: string
  /** Certificate of the token authority; the registry does not start without it. */
  readonly bundlePath: string
  readonly httpSecret: string
  /** Undefined: it tells nobody what happens. */
  readonly notifications?: NotificationsTarget | undefined
  /** More overrides, as `REGISTRY_…` variables. */
  readonly overrides?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal | undefined
}

export interface Registry extends Part {
  readonly port: number
  readonly url: string
}

/** Starts the stock registry with our configuration file, storage in its folder. */
export async function startRegistry(input: RegistryInput): Promise<Registry> {
  const command = requireCommand('docker-registry', input.env)
  makePrivateDir(input.dir)
  const port = await findFreePort(input.preferredPort)
  const url = `http://${LOOPBACK}:${port}`
  const part = await startPart({
    name: 'registry',
    command,
    args: ['serve', join(PROJECT_DIR, 'registry-config.yml')],
    env: {
      ...plainEnvironment(input.env),
      REGISTRY_HTTP_ADDR: `${LOOPBACK}:${port}`,
      REGISTRY_HTTP_SECRET: input.httpSecret,
      REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY: join(input.dir, 'data'),
      REGISTRY_AUTH_TOKEN_REALM: input.realm,
      REGISTRY_AUTH_TOKEN_ROOTCERTBUNDLE: input.bundlePath,
      ...(input.notifications && notificationOverrides(input.notifications)),
      ...input.overrides,
    },
    dir: input.dir,
    logPath: input.logPath,
    isReady: () => answers(`${url}/v2/`, [401]),
    readyTimeoutMs: READY_TIMEOUT_MS,
    signal: input.signal,
  })
  return { ...part, port, url }
}
