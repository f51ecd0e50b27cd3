import { join } from 'node:path'
import { PROJECT_DIR } from '../../src/stack/commands.ts'
import { startNginx } from '../../src/stack/nginx.ts'
import { type Part, startPart } from '../../src/stack/part.ts'
import { findFreePort, LOOPBACK } from '../../src/stack/ports.ts'
import { startRegistry } from '../../src/stack/registry.ts'
import { keepSecret, makePrivateDir } from '../../src/stack/secrets.ts'
import { answers } from '../../src/stack/wait-until.ts'
import { startWarden, type WardenInput, wardenEnvironment } from '../../src/stack/warden.ts'
import { ADMIN } from '../support/stack.ts'
import { canLie, lieAbout } from './clock-file.ts'
import type { ChooseDatabases, DatabaseName, Databases } from './databases.ts'

export const WARDENS = ['warden-1', 'warden-2', 'warden-3'] as const
export type WardenName = (typeof WARDENS)[number]
/** The one whose clock can be moved. */
export const MOVED: WardenName = 'warden-3'
export type PartName = DatabaseName | WardenName | 'registry' | 'nginx'

/** So short that each process renews its leaf several times meanwhile. */
export const LEAF_SECONDS = 180

interface WardenPorts {
  readonly open: number
  readonly inner: number
}

/** Where everything is, also after it was started again. */
export interface Place {
  readonly dir: string
  readonly url: string
  readonly ports: Readonly<Record<'nginx' | 'registry', number>>
  readonly wardens: Readonly<Record<WardenName, WardenPorts>>
  readonly databases: Databases
  /** More variables of every warden. */
  readonly wardenEnv: NodeJS.ProcessEnv
}

export interface PlaceOptions {
  readonly chooseDatabases: ChooseDatabases
  readonly wardenEnv?: NodeJS.ProcessEnv | undefined
}

export async function choosePlace(
  dir: string,
  { chooseDatabases, wardenEnv = {} }: PlaceOptions,
): Promise<Place> {
  const [nginx = 0, registry = 0, ...rest] = await Promise.all(
    Array.from({ length: 2 + 2 * WARDENS.length }, () => findFreePort()),
  )
  const wardens = WARDENS.map((name, n) => [
    name,
    { open: rest[2 * n] ?? 0, inner: rest[2 * n + 1] ?? 0 },
  ])
  keepSecret(join(dir, 'secrets', 'notifications-secret'))
  return {
    dir,
    url: `http://localhost:${nginx}`,
    ports: { nginx, registry },
    wardens: Object.fromEntries(wardens) as Place['wardens'],
    databases: await chooseDatabases(dir),
    wardenEnv,
  }
}

const inDir = ({ dir }: Place, name: string) => ({
  env: process.env,
  dir: join(dir, name),
  logPath: join(dir, 'logs', `${name}.log`),
})

const wardenInput = (place: Place, name: WardenName): WardenInput => ({
  ...inDir(place, name),
  env: {
    ...process.env,
    WARDEN_ADMIN_PASSWORD: ADMIN.password,
    WARDEN_REGISTRY_TIMEOUT_SECONDS: '10',
    WARDEN_API_RATE: '0',
    WARDEN_LEAF_SECONDS: String(LEAF_SECONDS),
    WARDEN_TOKEN_PULL_SECONDS: '60',
    WARDEN_TOKEN_PUSH_SECONDS: '60',
    WARDEN_LOG_LEVEL: 'warn',
    ...place.wardenEnv,
  },
  port: place.wardens[name].open,
  privatePort: place.wardens[name].inner,
  publicUrl: place.url,
  registryUrl: `http://${LOOPBACK}:${place.ports.registry}`,
  certsDir: join(place.dir, 'certs'),
  firstPasswordPath: join(place.dir, 'secrets', 'first-password'),
  notificationsSecretPath: join(place.dir, 'secrets', 'notifications-secret'),
  database: {
    host: LOOPBACK,
    port: place.databases.portOf(place.databases.of(name)),
    user: 'warden',
    name: 'warden',
    passwordPath: join(place.dir, 'secrets', 'database-password'),
  },
})

/** One whose clock is what a file says, by a library that lies about the time. */
function startMoved(place: Place, input: WardenInput): Promise<Part> {
  makePrivateDir(input.dir)
  return startPart({
    ...input,
    name: MOVED,
    command: process.execPath,
    args: ['--enable-source-maps', join(PROJECT_DIR, 'dist/src/main.js'), 'serve'],
    env: { ...wardenEnvironment(input, place.wardens[MOVED].inner), ...lieAbout(place.dir) },
    isReady: () => answers(`http://${LOOPBACK}:${input.port}/healthz`, [200]),
    readyTimeoutMs: 90_000,
  })
}

const isWarden = (name: string): name is WardenName => (WARDENS as readonly string[]).includes(name)

export function start(place: Place, name: PartName): Promise<Part> {
  const { dir, ports, wardens, url, databases } = place
  if (name === 'registry') {
    return startRegistry({
      ...inDir(place, name),
      preferredPort: ports.registry,
      realm: `${url}/auth/token`,
      bundlePath: join(dir, 'certs', 'bundle', 'ca.crt'),
      httpSecret: 'test',
      overrides: { REGISTRY_LOG_LEVEL: 'error' },
      notifications: {
        address: `${LOOPBACK}:${wardens['warden-1'].inner}`,
        secret: keepSecret(join(dir, 'secrets', 'notifications-secret')),
      },
    })
  }
  if (name === 'nginx') {
    const each = (kind: keyof WardenPorts) =>
      WARDENS.map((warden) => `${LOOPBACK}:${wardens[warden][kind]}`)
    return startNginx({
      ...inDir(place, name),
      accessLogPath: join(dir, 'logs', 'access.log'),
      host: LOOPBACK,
      port: ports.nginx,
      registry: `${LOOPBACK}:${ports.registry}`,
      warden: each('open'),
      door: each('inner'),
    })
  }
  if (!isWarden(name)) return databases.start(name)
  const input = wardenInput(place, name)
  return name === MOVED && canLie() ? startMoved(place, input) : startWarden(input)
}
