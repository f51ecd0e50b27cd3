import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { hastenDirty } from '../../images/hasten-queries.ts'
import { TOLD_GRACE_SECONDS } from '../../images/refresh-absent.ts'
import { findRestoreHold } from '../../images/restore-hold.ts'
import { defineJobKind, JobGaveUp, type JobKind } from '../../jobs/types.ts'
import { MOST_UNREADABLE } from '../judge-tags.ts'
import { countOutcomes, listItems } from './item-queries.ts'
import { endRemoval, findRemoval } from './queries.ts'
import { type HeldItems, type RemovalJob, type RunRemovalDeps, removeHeld } from './remove-held.ts'
import { selectTags } from './select-tags.ts'
import type { Removal, RemovalItem } from './types.ts'

export const KIND = 'tags.remove'

/** Tags whose pushes are held together; who pushes to one of them waits for all. */
const HELD_AT_ONCE = 500
/** What another process began is over by then, see `recoverRemovals`. */
const LONGEST_WAIT_MS = 600_000
const LOOK_AGAIN_MS = 5000
const HASTENED_AT_ONCE = 1000

/** One try of a job. */
interface Attempt extends Omit<HeldItems, 'items' | 'onUnreadable'> {
  /** Why the registry could not read an item, by its position; it is left to the next attempt. */
  readonly unreadable: Map<number, string>
}

/** The next items that wait, of one repository. */
async function listNext(
  { database }: RunRemovalDeps,
  { id: removalId }: Removal,
  after: number,
): Promise<readonly RemovalItem[]> {
  const asked = { removalId, outcome: 'waiting', after, most: HELD_AT_ONCE } as const
  const items = await listItems(database, asked)
  return items.filter(({ repository }) => repository === items[0]?.repository)
}

/** Goes once over what waits. @returns whether any of it still does: it is being deleted elsewhere */
async function goOver(
  deps: RunRemovalDeps,
  removal: Removal,
  { unreadable, ...attempt }: Attempt,
): Promise<boolean> {
  const onUnreadable = (position: number, reason: string) => void unreadable.set(position, reason)
  const isOpen = ({ position }: RemovalItem): boolean => !unreadable.has(position)
  let after = -1
  let isLeft = false
  for (;;) {
    const listed = await listNext(deps, removal, after)
    const last = listed.at(-1)
    if (last === undefined || unreadable.size > MOST_UNREADABLE) return isLeft
    const items = listed.filter(isOpen)
    // A batch may have had no room for all of them: those are asked for again.
    if ((await removeHeld(deps, removal, { ...attempt, items, onUnreadable })) > 0) continue
    after = last.position
    isLeft ||= items.some(isOpen)
  }
}

/** Fails the attempt where a tag is left to another one; its pushes are not held up meanwhile. */
function requireReadable(unreadable: ReadonlyMap<number, string>): void {
  const [first, ...others] = unreadable.values()
  if (first === undefined) return
  throw new Error(others.length === 0 ? first : `${first}; ${others.length} more like it`)
}

async function removeWaiting(
  deps: RunRemovalDeps,
  removal: Removal,
  job: RemovalJob,
): Promise<void> {
  const counts = await countOutcomes(deps.database, removal.id)
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0)
  let done = total - (counts.waiting ?? 0)
  const onSettled = (count: number): void => {
    done += count
    job.progress(done, total)
  }
  onSettled(0)
  const attempt = { job, onSettled, unreadable: new Map<number, string>() }
  for (let waitedMs = 0; await goOver(deps, removal, attempt); waitedMs += LOOK_AGAIN_MS) {
    if (waitedMs >= LONGEST_WAIT_MS) {
      throw new JobGaveUp('some tags are being deleted elsewhere, and that does not end')
    }
    await sleep(LOOK_AGAIN_MS, undefined, { signal: job.signal })
  }
  requireReadable(attempt.unreadable)
}

/** Lets the index look now at what was removed; while the job went on it had other things to do. */
async function hastenLooks({ database }: RunRemovalDeps, { id }: Removal): Promise<void> {
  let after = -1
  for (;;) {
    const asked = { removalId: id, outcome: 'removed', after, most: HASTENED_AT_ONCE } as const
    const items = await listItems(database, asked)
    const last = items.at(-1)
    if (last === undefined) return
    const names = items.map(({ repository, tag }) => ({ repository, reference: tag }))
    await hastenDirty(database, names, TOLD_GRACE_SECONDS * 1000)
    after = last.position
  }
}

async function runRemoval(deps: RunRemovalDeps, job: RemovalJob): Promise<void> {
  const { database } = deps
  const removal = await findRemoval(database, job.payload.removalId)
  if (removal === undefined) throw new JobGaveUp('this removal is not known any more')
  if (removal.selectedAt === undefined) await selectTags(deps, removal, job)
  if (!removal.isDryRun) {
    const reason = await findRestoreHold(database)
    if (reason !== undefined) throw new JobGaveUp(reason)
    // What cannot be hastened is looked at some minutes later.
    const hasten = () => hastenLooks(deps, removal).catch(() => undefined)
    await removeWaiting(deps, removal, job).finally(hasten)
  }
  await job.inLease((transaction) => endRemoval(transaction, removal.id))
}

/** Removals of many tags, as a kind of job. */
export const createRemovalKind = (deps: RunRemovalDeps): Readonly<Record<string, JobKind>> => ({
  [KIND]: defineJobKind({
    payload: z.strictObject({ removalId: z.int() }),
    atOnce: 2,
    run: (job) => runRemoval(deps, job),
  }),
})
