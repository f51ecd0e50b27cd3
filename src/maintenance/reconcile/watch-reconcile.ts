import { repeat } from '../../database/repeat.ts'
import type { Metrics } from '../../metrics/create-metrics.ts'
import { type ReconcileState, readReconcile } from './read-reconcile.ts'
import type { ReconcileDeps } from './types.ts'

const LOOK_EVERY_MS = 5000

interface WatchDeps extends ReconcileDeps {
  readonly metrics: Pick<Metrics, 'read'>
}

const by = <Key extends string>(counts: Readonly<Record<Key, number>>) =>
  Object.entries<number>(counts).map(([kind, value]) => ({ labels: { kind }, value }))

function observe({ read }: WatchDeps['metrics'], look: () => ReconcileState | undefined): void {
  read('warden_reconcile_drift', () => {
    const { added = 0, moved = 0, missing = 0 } = look()?.lastRun ?? {}
    return by({ added, moved, missing })
  })
  read('warden_reconcile_failures', () => look()?.lastRun?.failures ?? 0)
  read('warden_reconcile_end_time_seconds', () => (look()?.lastRun?.endedAt?.getTime() ?? 0) / 1000)
  read('warden_notification_events_lost', () => look()?.lostEvents ?? 0)
  read('warden_index_brake_engaged', () => (look()?.brake.engaged === undefined ? 0 : 1))
  read('warden_index_vanished', () => by(look()?.brake.vanished ?? { repository: 0, tag: 0 }))
}

/**
 * Shows in metrics how the index stands to the registry, and says it in the log when the brake is
 * engaged or let go.
 *
 * @returns starts it, which returns what stops it
 */
export function watchReconcile(deps: WatchDeps): () => () => Promise<void> {
  const { database, log } = deps
  let seen: ReconcileState | undefined
  observe(deps.metrics, () => seen)
  const look = async (): Promise<void> => {
    const before = seen?.brake.engaged
    seen = await readReconcile(database)
    const { engaged, vanished } = seen.brake
    if (engaged?.reason !== before?.reason && engaged !== undefined) {
      const { reason, detail } = engaged
      log.warn({ reason, detail, vanished }, 'the brake on the index is engaged: nothing leaves it')
    }
    if (engaged === undefined && before !== undefined) {
      log.info({}, 'the brake on the index is let go')
    }
  }
  const onFailure = (error: unknown): void =>
    log.warn({ error }, 'the state of the index cannot be looked at now')
  return () => repeat({ everyMs: LOOK_EVERY_MS, work: look, onFailure })
}
