import type { Config } from '../config/read-config.ts'
import { createLeaseHold } from '../database/hold-lease.ts'
import type { Database } from '../database/open-database.ts'
import type { Log } from '../http/middleware.ts'
import type { Route } from '../http/route.ts'
import { keepIndex } from '../images/keep-index.ts'
import type { RefreshDeps, RestoreMoved } from '../images/refresh-outcome.ts'
import type { Metrics } from '../metrics/create-metrics.ts'
import type { RegistryClient } from '../registry/client.ts'
import { listDummyDigests } from '../removal/queries.ts'
import type { NotePushed } from './apply-events.ts'
import { createIndexMetrics } from './index-metrics.ts'
import { noteSource } from './intake-queries.ts'
import { keepInbox } from './keep-inbox.ts'
import { createSourceNote } from './note-sources.ts'
import { createNotificationRoutes } from './routes.ts'
import { createEventWriter } from './write-events.ts'

const LEASE = 'index'
const TELL_EVERY_MS = 60_000

export interface NotificationsDeps {
  readonly config: Pick<Config, 'notifications'>
  readonly database: Database
  readonly registry: RegistryClient
  readonly metrics: Metrics
  readonly log: Log
  readonly now: () => Date
  readonly notePushed: NotePushed
  /** Puts immutable tags back, where manifest writes do not pass us. */
  readonly restoreMoved?: RestoreMoved | undefined
}

export interface Notifications {
  readonly routes: readonly Route[]
  /** What reading tags into the index needs. */
  readonly refresh: RefreshDeps
  /** Applies what came in, and keeps the index, in one process of all. @returns stops it */
  readonly start: () => () => Promise<void>
}

/** All are counted, and now and then one is told: a registry that is away fails them all. */
function createReadFailure(
  { log }: NotificationsDeps,
  count: () => void,
  monotonicMs: () => number,
): (error: unknown) => void {
  let toldAtMs = Number.NEGATIVE_INFINITY
  return (error) => {
    count()
    if (monotonicMs() - toldAtMs < TELL_EVERY_MS) return
    toldAtMs = monotonicMs()
    log.warn({ error }, 'something cannot be read into the index now; it is tried again')
  }
}

/** The intake of what registries tell, and the index that is made of it. */
export function createNotifications(deps: NotificationsDeps): Notifications {
  const { config, database, registry, log, now } = deps
  const monotonicMs = (): number => performance.now()
  const metrics = createIndexMetrics(deps.metrics)
  const refresh: RefreshDeps = {
    database,
    registry,
    findPassing: (digests) => listDummyDigests(database, digests),
    restoreMoved: deps.restoreMoved,
  }
  const routes = createNotificationRoutes({
    database,
    now,
    writeEvents: createEventWriter({ database, now }),
    secret: config.notifications.secret,
    count: metrics.countEvents,
    noteSource: createSourceNote({
      write: (address) => noteSource(database, address),
      monotonicMs,
    }),
  })
  const start = (): (() => Promise<void>) => {
    const hold = createLeaseHold({ database, name: LEASE, monotonicMs })
    const told = (message: string) => (error: unknown) => log.warn({ error }, message)
    const stops = [
      keepInbox({
        database,
        notePushed: deps.notePushed,
        isLeader: hold.isHeld,
        onApplied: metrics.countApplied,
        onFailure: told('events cannot be applied now'),
      }),
      keepIndex({
        ...refresh,
        isLeader: hold.isHeld,
        onRead: metrics.countReads,
        onReadFailure: createReadFailure(deps, metrics.countFailure, monotonicMs),
        onFailure: told('the index cannot be kept now'),
        monotonicMs,
      }),
      metrics.start(database, told('the queues of the index cannot be looked at now')),
    ]
    return async () => {
      await Promise.all(stops.map((stop) => stop()))
      await hold.release().catch(() => undefined)
    }
  }
  return { routes, refresh, start }
}
