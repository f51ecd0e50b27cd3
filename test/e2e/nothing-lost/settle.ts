import { waitFor } from '../../support/wait-for.ts'
import { expect, type Run } from './run.ts'

const isEmpty = async ({ world }: Run, table: string, waiting = {}): Promise<boolean> =>
  (await world.database(table).where(waiting).first(world.database.raw('1 as one'))) === undefined

/** Compares the index with the registry; what was lost with a registry is no reason to stop. */
export async function reconcile(run: Run): Promise<void> {
  await expect(run, 'POST', '/maintenance/reconcile/brake', {})
  await expect(run, 'POST', '/maintenance/reconcile', {})
  const look = async () => {
    const { state } = JSON.parse(await expect(run, 'GET', '/maintenance/reconcile'))
    return state === 'idle'
  }
  await waitFor(look, { mostMs: 120_000, what: 'the end of reconcile' })
}

/** Lets what the registry told be written into the index. */
export async function applyEvents(run: Run): Promise<void> {
  const isApplied = () => isEmpty(run, 'events', { applied_at: null })
  await waitFor(isApplied, { mostMs: 60_000, what: 'the last event' })
}

/** Lets everything that was begun come to its end. */
export async function settle(run: Run): Promise<void> {
  const { world, watched } = run
  await Promise.all(watched)
  await waitFor(() => isEmpty(run, 'tag_removals'), { mostMs: 120_000, what: 'the last removal' })
  await reconcile(run)
  await world.passGrace()
  await applyEvents(run)
  // What cannot be read at all is tried for ever.
  const marks = () => isEmpty(run, 'dirty_references', { tries: 0 })
  await waitFor(marks, { mostMs: 120_000, what: 'the last look' })
}
