import type { Database } from '../database/open-database.ts'
import { repeat } from '../database/repeat.ts'
import { countDirty } from '../images/dirty-queries.ts'
import type { Metrics } from '../metrics/create-metrics.ts'
import { EVENT_OUTCOMES, type EventOutcome } from '../metrics/names.ts'
import { readInbox } from './queries.ts'

const LOOK_EVERY_MS = 2000
const MOST = 10_000

/** What the intake and the index tell of themselves. */
export interface IndexMetrics {
  readonly countEvents: (outcome: EventOutcome, events: number) => void
  readonly countApplied: (events: number) => void
  readonly countReads: (references: number) => void
  readonly countFailure: () => void
  /** Looks at the queues now and then. @returns stops it */
  readonly start: (database: Database, onFailure: (error: unknown) => void) => () => Promise<void>
}

export function createIndexMetrics({ read }: Metrics): IndexMetrics {
  const events = new Map<EventOutcome, number>(EVENT_OUTCOMES.map((outcome) => [outcome, 0]))
  const sums = { applied: 0, reads: 0, failures: 0 }
  let queues = { waiting: 0, oldestSeconds: 0, dirty: 0 }
  read('warden_notification_events_total', () =>
    [...events].map(([outcome, value]) => ({ labels: { outcome }, value })),
  )
  read('warden_notification_events_applied_total', () => sums.applied)
  read('warden_notification_events_waiting', () => queues.waiting)
  read('warden_notification_lag_seconds', () => queues.oldestSeconds)
  read('warden_index_dirty_references', () => queues.dirty)
  read('warden_index_reads_total', () => sums.reads)
  read('warden_index_failures_total', () => sums.failures)
  return {
    countEvents: (outcome, count) => void events.set(outcome, (events.get(outcome) ?? 0) + count),
    countApplied: (count) => {
      sums.applied += count
    },
    countReads: (count) => {
      sums.reads += count
    },
    countFailure: () => {
      sums.failures++
    },
    start: (database, onFailure) =>
      repeat({
        everyMs: LOOK_EVERY_MS,
        work: async () => {
          const [inbox, dirty] = [await readInbox(database, MOST), await countDirty(database, MOST)]
          queues = { ...inbox, dirty }
        },
        onFailure,
      }),
  }
}
