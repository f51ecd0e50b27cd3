import { join } from 'node:path'
import { prepareCollector } from '../../../src/stack/collector.ts'
import { type Mariadb, startMariadb } from '../../../src/stack/mariadb.ts'
import { type Nginx, startNginx } from '../../../src/stack/nginx.ts'
import type { Part } from '../../../src/stack/part.ts'
import { findFreePort, LOOPBACK } from '../../../src/stack/ports.ts'
import { type Registry, startRegistry } from '../../../src/stack/registry.ts'
import { keepSecret } from '../../../src/stack/secrets.ts'
import { startWarden, type Warden } from '../../../src/stack/warden.ts'

export const ADMIN = { username: 'admin', password: 'first-light-7' }

/** What can be killed, and what can stand still. */
export type Frail = 'service' | 'worker' | 'registry' | 'database'

interface Ports {
  readonly nginx: number
  readonly registry: number
  readonly database: number
  readonly service: number
  readonly worker: number
  readonly servicePrivate: number
  readonly workerPrivate: number
}

async function choosePorts(): Promise<Ports> {
  const [nginx, registry, database, service, worker, servicePrivate, workerPrivate] =
    await Promise.all(Array.from({ length: 7 }, () => findFreePort()))
  const ports = { nginx, registry, database, service, worker, servicePrivate, workerPrivate }
  return ports as Ports
}

/** Where everything is, also after it was started again. */
export interface Place {
  readonly dir: string
  readonly ports: Ports
  readonly url: string
  readonly secretPath: string
}

export async function choosePlace(dir: string): Promise<Place> {
  const ports = await choosePorts()
  const url = `http://localhost:${ports.nginx}`
  const secretPath = join(dir, 'secrets', 'notifications-secret')
  keepSecret(secretPath)
  return { dir, ports, url, secretPath }
}

const inDir = ({ dir }: Place, name: string) => ({
  env: process.env,
  dir: join(dir, name),
  logPath: join(dir, 'logs', `${name}.log`),
})

const startDatabase = (place: Place): Promise<Mariadb> =>
  startMariadb({
    ...inDir(place, 'database'),
    secretsDir: join(place.dir, 'secrets'),
    preferredPort: place.ports.database,
    account: 'one-database',
  })

const startService = (place: Place, name: 'service' | 'worker'): Promise<Warden> =>
  startWarden({
    ...inDir(place, name),
    env: {
      ...process.env,
      WARDEN_ADMIN_PASSWORD: ADMIN.password,
      WARDEN_REGISTRY_TIMEOUT_SECONDS: '10',
      WARDEN_API_RATE: '0',
      WARDEN_GC_LIMIT_SECONDS: '60',
      WARDEN_LOG_LEVEL: 'warn',
    },
    port: place.ports[name],
    privatePort: place.ports[`${name}Private`],
    publicUrl: place.url,
    registryUrl: `http://${LOOPBACK}:${place.ports.registry}`,
    certsDir: join(place.dir, 'certs'),
    firstPasswordPath: join(place.dir, 'secrets', 'first-password'),
    notificationsSecretPath: place.secretPath,
    collector: prepareCollector(process.env, join(place.dir, 'registry')),
    database: {
      host: LOOPBACK,
      port: place.ports.database,
      user: 'warden',
      name: 'warden',
      passwordPath: join(place.dir, 'secrets', 'database-password'),
    },
  })

const startStorage = (place: Place): Promise<Registry> =>
  startRegistry({
    ...inDir(place, 'registry'),
    preferredPort: place.ports.registry,
    realm: `${place.url}/auth/token`,
    bundlePath: join(place.dir, 'certs', 'bundle', 'ca.crt'),
    httpSecret: 'test',
    overrides: { REGISTRY_LOG_LEVEL: 'error' },
    notifications: {
      address: `${LOOPBACK}:${place.ports.workerPrivate}`,
      secret: keepSecret(place.secretPath),
    },
  })

/** Both processes take requests in turn, as replicas do. */
export const startProxy = (place: Place): Promise<Nginx> => {
  const both = (...numbers: readonly number[]) => numbers.map((port) => `${LOOPBACK}:${port}`)
  const { ports } = place
  return startNginx({
    ...inDir(place, 'nginx'),
    accessLogPath: join(place.dir, 'logs', 'access.log'),
    host: LOOPBACK,
    port: ports.nginx,
    registry: `${LOOPBACK}:${ports.registry}`,
    warden: both(ports.service, ports.worker),
    door: both(ports.servicePrivate, ports.workerPrivate),
  })
}

export const START: Readonly<Record<Frail, (place: Place) => Promise<Part>>> = {
  database: startDatabase,
  service: (place) => startService(place, 'service'),
  worker: (place) => startService(place, 'worker'),
  registry: startStorage,
}
