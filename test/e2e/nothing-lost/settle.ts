import { setTimeout as sleep } from 'node:timers/promises'
import { waitFor } from '../../support/wait-for.ts'
import { count, expect, type Run } from './run.ts'
import { isTagTorn } from './torn.ts'

const HASTEN_EVERY_MS = 1000
/** What a process began before it died is taken over after four minutes. */
const LAST_REMOVAL_MS = 300_000

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

/** A job that meets what cannot be read tries again, with pauses between. */
async function endJobs({ world, watched }: Run): Promise<void> {
  const ended = Promise.all(watched).then(() => true)
  while (!(await Promise.race([ended, sleep(HASTEN_EVERY_MS, false)]))) await world.hastenJobs()
}

/** Waits for the end of all removals, but of tags that the registry cannot read itself: those go on for ever. */
async function endRemovals(run: Run): Promise<void> {
  const { world, storageDir } = run
  const look = async () => {
    const left = await world.database('tag_removals').select('repository', 'tag')
    return left.every((removal) => isTagTorn(storageDir, removal)) && { torn: left.length }
  }
  const { found } = await waitFor(look, { mostMs: LAST_REMOVAL_MS, what: 'the last removal' })
  for (let torn = 0; torn < found.torn; torn++) count(run, 'removal of a torn tag left')
}

/** Lets everything that was begun come to its end. */
export async function settle(run: Run): Promise<void> {
  const { world } = run
  await endJobs(run)
  await endRemovals(run)
  await reconcile(run)
  await world.passGrace()
  await applyEvents(run)
  // What cannot be read at all is tried for ever.
  const marks = () => isEmpty(run, 'dirty_references', { tries: 0 })
  await waitFor(marks, { mostMs: 120_000, what: 'the last look' })
}
