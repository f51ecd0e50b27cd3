import { join } from 'node:path'
import { type Config, readConfig } from '../../src/config/read-config.ts'
import { startNginx } from '../../src/stack/nginx.ts'
import { findFreePort } from '../../src/stack/ports.ts'
import { startRegistry } from '../../src/stack/registry.ts'
import type { Service } from './service.ts'
import { makeTemporaryDir, removeDir } from './temporary-dir.ts'

export interface Deployment {
  /** What clients reach: nginx. */
  readonly url: string
  readonly registryUrl: string
  /** Environment of the service as it would be on its machine. */
  readonly env: Readonly<Record<string, string>>
  readonly config: Config
  readonly stop: () => Promise<void>
}

export interface DeploymentOptions {
  /** Overrides of the registry's configuration, as `REGISTRY_…` variables. */
  readonly registry?: Readonly<Record<string, string>>
  readonly realm?: string
  readonly bundlePath?: string
}

const hostOf = (url: string): string => new URL(url).host

function environmentOf(service: Service, url: string, registryUrl: string) {
  const { databaseConfig: database, config } = service
  return {
    WARDEN_PUBLIC_URL: url,
    WARDEN_REGISTRY_URL: registryUrl,
    WARDEN_PRIVATE_LISTEN: hostOf(service.privateUrl),
    WARDEN_CERTS_DIR: config.certs.dir,
    WARDEN_DB_HOST: database.host,
    WARDEN_DB_PORT: String(database.port),
    WARDEN_DB_USER: database.user,
    WARDEN_DB_PASSWORD: database.password,
    WARDEN_DB_NAME: database.name,
    WARDEN_NOTIFICATIONS_SECRET: 'quiet-harbour-bells-71-71-71-71',
  }
}

const MOST_TRIES = 4

/** One attempt; a registry that runs already is stopped where nginx does not start. */
async function tryDeployment(
  service: Service,
  options: DeploymentOptions,
  dir: string,
): Promise<Deployment> {
  const port = await findFreePort()
  const url = `http://localhost:${port}`
  const registry = await startRegistry({
    env: process.env,
    dir: join(dir, 'registry'),
    logPath: join(dir, 'registry.log'),
    realm: options.realm ?? `${url}/auth/token`,
    bundlePath: options.bundlePath ?? service.config.certs.bundlePath,
    httpSecret: 'test',
    ...(options.registry && { overrides: options.registry }),
  })
  const nginx = await startNginx({
    env: process.env,
    dir: join(dir, 'nginx'),
    logPath: join(dir, 'nginx.log'),
    accessLogPath: join(dir, 'access.log'),
    host: '127.0.0.1',
    port,
    registry: hostOf(registry.url),
    warden: hostOf(service.url),
    door: hostOf(service.privateUrl),
  }).catch(async (error: unknown) => {
    await registry.stop()
    throw error
  })
  const env = environmentOf(service, url, registry.url)
  const stop = async (): Promise<void> => {
    await Promise.all([nginx.stop(), registry.stop()])
    removeDir(dir)
  }
  return { url, registryUrl: registry.url, env, config: readConfig(env).config, stop }
}

/**
 * A real nginx and a real registry around a service that runs already. The registry is told the port
 * of nginx before that is taken, so that another test may have it by then: then both begin anew.
 */
export async function startDeployment(
  service: Service,
  options: DeploymentOptions = {},
): Promise<Deployment> {
  for (let tries = 1; ; tries++) {
    const dir = makeTemporaryDir()
    try {
      return await tryDeployment(service, options, dir)
    } catch (error) {
      removeDir(dir)
      if (tries >= MOST_TRIES) throw error
    }
  }
}
