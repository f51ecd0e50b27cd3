import { dirname, join } from 'node:path'
import type { RegistryClient } from '../../src/registry/client.ts'
import { recoverManifests } from '../../src/removal/recover-manifests.ts'
import { recoverRemovals } from '../../src/removal/recover-removals.ts'
import { type Registry, startRegistry } from '../../src/stack/registry.ts'
import type { TestServer } from './database.ts'
import { type Asked, createFaultyRegistry, type FaultyRegistry } from './faulty-registry.ts'
import { isSettled } from './index-rows.ts'
import { openRegistry } from './registry-client.ts'
import { NOTIFICATIONS_SECRET, type Service, startService } from './service.ts'
import { waitFor } from './wait-for.ts'

export const PATIENT = { mostMs: 90_000 }

/** A service with a proxy between it and its registry, which may be killed and started again. */
export interface FaultWorld {
  readonly service: Service
  readonly faulty: FaultyRegistry
  /** Past the proxy. */
  readonly direct: RegistryClient
  /** The process that is the registry now. */
  readonly registry: () => Registry
  /** Kills it at once. */
  readonly killRegistry: () => Promise<void>
  readonly startRegistryAgain: (overrides?: Readonly<Record<string, string>>) => Promise<void>
  /**
   * Lets the time pass that others wait for who cannot know whether somebody is still at it: terms,
   * holds and the pauses before an attempt. To be called when nothing is under way.
   */
  readonly passTime: () => Promise<void>
  /** Waits until nobody has written to the registry for a while. */
  readonly untilQuiet: () => Promise<void>
  readonly stop: () => Promise<void>
}

/** A job looks again at what waits within less. */
const QUIET_MS = 2500

const startAgain = (
  { config, url, privateUrl }: Service,
  { port }: Registry,
  overrides: Readonly<Record<string, string>>,
): Promise<Registry> => {
  const dir = dirname(config.certs.dir)
  return startRegistry({
    env: process.env,
    dir: join(dir, 'registry'),
    logPath: join(dir, 'registry.log'),
    preferredPort: port,
    realm: `${url}/auth/token`,
    bundlePath: config.certs.bundlePath,
    httpSecret: 'test',
    notifications: { address: new URL(privateUrl).host, secret: NOTIFICATIONS_SECRET },
    overrides,
  })
}

async function passTime({ database }: Service, registry: RegistryClient): Promise<void> {
  const past = database.raw('UTC_TIMESTAMP(3) - INTERVAL 1 SECOND')
  await database('tag_removals').update({ expires_at: past })
  await database('manifest_removals').update({ expires_at: past })
  await recoverManifests({ database, registry, log: () => undefined })
  await recoverRemovals({
    database,
    registry,
    // Nobody pushes meanwhile.
    holdTags: async () => ({
      stopsPushes: true,
      prolong: async () => undefined,
      release: async () => undefined,
    }),
    now: () => new Date(),
    log: () => undefined,
  })
  await database('holds').where({ kind: 'removal' }).update({ expires_at: past })
  await database('jobs').where({ state: 'waiting' }).update({ run_at: past })
}

async function untilQuiet({ wroteAtMs }: FaultyRegistry): Promise<void> {
  const beganAtMs = performance.now()
  const isQuiet = async () => performance.now() - Math.max(beganAtMs, wroteAtMs()) > QUIET_MS
  await waitFor(isQuiet, { ...PATIENT, what: 'an end of writes to the registry' })
}

export async function startFaultWorld(databaseServer?: TestServer): Promise<FaultWorld> {
  const faulty = createFaultyRegistry()
  const { between } = faulty
  const service = await startService({
    notifies: true,
    between,
    ...(databaseServer && { databaseServer }),
  })
  const { config } = service
  let registry = service.registry as Registry
  const through = await openRegistry(service)
  const past = { ...config.registry, url: registry.url }
  const direct = await openRegistry({ ...service, config: { ...config, registry: past } })
  return {
    service,
    faulty,
    direct,
    registry: () => registry,
    killRegistry: async () => {
      process.kill(registry.pid, 'SIGKILL')
      await registry.ended
    },
    startRegistryAgain: async (overrides = {}) => {
      registry = await startAgain(service, registry, overrides)
    },
    passTime: () => passTime(service, through),
    untilQuiet: () => untilQuiet(faulty),
    stop: async () => {
      await Promise.all([through.close(), direct.close()])
      await registry.stop()
      await service.stop()
      await faulty.stop()
    },
  }
}

/** What the registry has in a repository, and what the index says of it; tags by name. */
export async function readBoth(
  { direct, service: { database } }: Pick<FaultWorld, 'direct' | 'service'>,
  repository: string,
) {
  const names = (await direct.listTags(repository)) ?? []
  const live = await Promise.all(
    names.map(async (reference) => {
      const found = await direct.findManifest({ repository, reference })
      return [reference, found?.digest]
    }),
  )
  const rows = await database('tags')
    .join('repositories', 'repositories.id', 'tags.repository_id')
    .where({ 'repositories.name': repository, 'tags.is_listed': 1 })
    .select('tags.name', 'tags.digest')
  return {
    registry: Object.fromEntries(live),
    index: Object.fromEntries(rows.map(({ name, digest }) => [name, digest])),
    left: (await database('tag_removals').where({ repository })).length,
  }
}

/** Waits until the index has nothing to read any more. */
export const untilSettled = ({ service }: Pick<FaultWorld, 'service'>) =>
  waitFor(() => isSettled(service), PATIENT)

/** Stops requests at one place; all that came wait until it is opened. */
export function createBarrier(isThere: (asked: Asked) => boolean) {
  let open = (): void => undefined
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  const waiting = new Set<string>()
  return {
    before: async (asked: Asked) => {
      if (isThere(asked)) {
        waiting.add(asked.path)
        await opened
      }
      return undefined
    },
    untilWaiting: (count: number) => waitFor(async () => waiting.size >= count, PATIENT),
    open,
  }
}
