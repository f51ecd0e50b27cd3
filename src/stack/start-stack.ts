import { join } from 'node:path'
import { assertReady } from './assert-ready.ts'
import { choosePorts, type Ports } from './choose-ports.ts'
import { prepareCollector } from './collector.ts'
import { type Mariadb, startMariadb } from './mariadb.ts'
import { type Nginx, startNginx } from './nginx.ts'
import type { Part } from './part.ts'
import { assertPortFree, LOOPBACK } from './ports.ts'
import { prepareTls, type Tls } from './prepare-tls.ts'
import { type Registry, startRegistry } from './registry.ts'
import { keepSecret, makePrivateDir } from './secrets.ts'
import { StackError } from './stack-error.ts'
import { startWarden, type Warden } from './warden.ts'

export interface StackInput {
  readonly env: NodeJS.ProcessEnv
  /** Folder of all data; what an earlier run left in it is found again. */
  readonly dir: string
  /** Port of nginx. */
  readonly port: number
  /** Name under which the network reaches this machine; without it only this machine does. */
  readonly networkHost?: string | undefined
  /** https, with a certificate under an authority that is made in the folder. */
  readonly tls?: boolean | undefined
  /** Told of each part as soon as it answers. */
  readonly onPart?: (part: Part) => void
  readonly signal?: AbortSignal | undefined
}

export interface Stack {
  readonly url: string
  readonly wardenUrl: string
  readonly registryUrl: string
  readonly adminUser: string
  readonly firstPasswordPath: string
  readonly certsDir: string
  readonly dir: string
  readonly database: Mariadb
  readonly warden: Warden
  readonly registry: Registry
  readonly nginx: Nginx
  /** In the order in which they were started. */
  readonly parts: readonly Part[]
  readonly stop: () => Promise<void>
}

/** Stops what came last first: nothing asks a part that is gone already. */
export async function stopParts(parts: readonly Part[]): Promise<void> {
  for (const part of parts.toReversed()) await part.stop()
}

interface Plan {
  readonly input: StackInput
  readonly ports: Ports
  readonly url: string
  readonly certsDir: string
  readonly secretsDir: string
  readonly firstPasswordPath: string
  /** Undefined where all is plain http. */
  readonly tls: Tls | undefined
  readonly start: <T extends Part>(begin: () => Promise<T>) => Promise<T>
}

const placeOf = ({ input: { dir, env, signal } }: Plan, name: string) => ({
  env,
  dir: join(dir, name),
  logPath: join(dir, 'logs', `${name}.log`),
  signal,
})

/** Its file stands before the service reads it. */
function notificationsSecretOf({ secretsDir }: Plan) {
  const path = join(secretsDir, 'notifications-secret')
  return { path, secret: keepSecret(path) }
}

async function startService(plan: Plan, database: Mariadb): Promise<Warden> {
  const { ports } = plan
  return plan.start(() =>
    startWarden({
      ...placeOf(plan, 'warden'),
      port: ports.warden,
      privatePort: ports.wardenPrivate,
      publicUrl: plan.url,
      registryUrl: `http://${LOOPBACK}:${ports.registry}`,
      certsDir: plan.certsDir,
      firstPasswordPath: plan.firstPasswordPath,
      notificationsSecretPath: notificationsSecretOf(plan).path,
      collector: prepareCollector(plan.input.env, join(plan.input.dir, 'registry')),
      database: {
        host: database.host,
        port: database.port,
        user: database.user,
        name: database.database,
        passwordPath: join(plan.secretsDir, 'database-password'),
      },
    }),
  )
}

async function startStorage(plan: Plan): Promise<Registry> {
  const registry = await plan.start(() =>
    startRegistry({
      ...placeOf(plan, 'registry'),
      preferredPort: plan.ports.registry,
      realm: `${plan.url}/auth/token`,
      bundlePath: join(plan.certsDir, 'bundle', 'ca.crt'),
      httpSecret: keepSecret(join(plan.secretsDir, 'registry-http-secret')),
      notifications: {
        address: `${LOOPBACK}:${plan.ports.wardenPrivate}`,
        secret: notificationsSecretOf(plan).secret,
      },
    }),
  )
  if (registry.port === plan.ports.registry) return registry
  throw new StackError(`another program took port ${plan.ports.registry} just now; start again`)
}

async function startAll(plan: Plan): Promise<Omit<Stack, 'parts' | 'stop'>> {
  const { input, ports, url, certsDir, firstPasswordPath } = plan
  const database = await plan.start(() =>
    startMariadb({
      ...placeOf(plan, 'database'),
      secretsDir: plan.secretsDir,
      preferredPort: ports.database,
      account: 'one-database',
    }),
  )
  const warden = await startService(plan, database)
  const registry = await startStorage(plan)
  const nginx = await plan.start(() =>
    startNginx({
      ...placeOf(plan, 'nginx'),
      accessLogPath: join(input.dir, 'logs', 'nginx-access.log'),
      host: input.networkHost === undefined ? '127.0.0.1' : '0.0.0.0',
      port: input.port,
      tlsDir: plan.tls?.dir,
      registry: `${LOOPBACK}:${registry.port}`,
      warden: `${LOOPBACK}:${warden.port}`,
      door: `${LOOPBACK}:${warden.privatePort}`,
      doorMode: input.env.WARDEN_DOOR === 'off' ? 'off' : 'required',
    }),
  )
  return {
    url,
    wardenUrl: warden.url,
    registryUrl: registry.url,
    adminUser: input.env.WARDEN_ADMIN_USER || 'admin',
    firstPasswordPath,
    certsDir,
    dir: input.dir,
    database,
    warden,
    registry,
    nginx,
  }
}

/**
 * Starts database, service, registry and nginx, in this order: the service makes the certificate
 * without which the registry does not start. When one fails, or the signal is aborted, those
 * already started are stopped again.
 *
 * @throws StackError in words for the user
 */
export async function startStack(input: StackInput): Promise<Stack> {
  await assertPortFree(input.networkHost === undefined ? LOOPBACK : '0.0.0.0', input.port)
  makePrivateDir(input.dir)
  const tls = input.tls ? await prepareTls(input) : undefined
  const parts: Part[] = []
  const plan: Plan = {
    input,
    ports: await choosePorts(input.dir),
    tls,
    url: `${tls ? 'https' : 'http'}://${input.networkHost ?? 'localhost'}:${input.port}`,
    certsDir: join(input.dir, 'certs'),
    secretsDir: join(input.dir, 'secrets'),
    firstPasswordPath: join(input.dir, 'secrets', 'first-admin-password'),
    start: async (begin) => {
      const part = await begin()
      parts.push(part)
      input.onPart?.(part)
      return part
    },
  }
  try {
    const stack = await startAll(plan)
    await assertReady({ ...input, ca: tls?.ca }, stack.warden)
    return { ...stack, parts, stop: () => stopParts(parts) }
  } catch (error) {
    await stopParts(parts)
    throw error
  }
}
