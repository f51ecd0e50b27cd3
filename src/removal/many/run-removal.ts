import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { AppError } from '../../errors.ts'
import type { HoldTags, WriteHold } from '../../holds/hold-tags.ts'
import { defineJobKind, JobGaveUp, type JobKind, type RunningJob } from '../../jobs/types.ts'
import { MOST_AT_ONCE, type RemoveBatchDeps, removeBatch } from '../remove-batch.ts'
import { isAllKnown, type TagResult } from '../types.ts'
import { underHold } from '../under-hold.ts'
import { countOutcomes, listItems, settleItems } from './item-queries.ts'
import { endRemoval, findRemoval } from './queries.ts'
import { selectTags } from './select-tags.ts'
import type { ItemOutcome, Removal, RemovalItem } from './types.ts'

export const KIND = 'tags.remove'

/** Tags whose pushes are held together; who pushes to one of them waits for all. */
const HELD_AT_ONCE = 500
/** What another process began is over by then, see `recoverRemovals`. */
const LONGEST_WAIT_MS = 600_000
const LOOK_AGAIN_MS = 5000

export interface RunRemovalDeps extends RemoveBatchDeps {
  readonly holdTags: HoldTags
}

type Job = RunningJob<{ readonly removalId: number }>

/** What is written down of a result; undefined: the tag waits on. */
function toOutcome(result: TagResult | undefined): ItemOutcome | undefined {
  if (result === undefined) return undefined
  const { outcome } = result
  return outcome === 'busy' || outcome === 'unfinished' ? undefined : outcome
}

const settledOf = (items: readonly RemovalItem[], results: ReadonlyMap<string, TagResult>) =>
  items.flatMap(({ position, tag }) => {
    const result = results.get(tag)
    const outcome = toOutcome(result)
    const reason = result && 'reason' in result ? result.reason : undefined
    return outcome === undefined ? [] : [{ position, outcome, reason }]
  })

/** @returns how many of the items are settled now, and whether it is known what became of all */
async function removeItems(
  deps: RunRemovalDeps,
  { actor, id }: Removal,
  {
    items,
    hold,
    job,
  }: { readonly items: readonly RemovalItem[]; readonly hold: WriteHold; readonly job: Job },
): Promise<{ readonly count: number; readonly isKnown: boolean }> {
  let count = 0
  const all = await removeBatch(deps, {
    repository: items[0]?.repository ?? '',
    targets: items,
    hold,
    actor,
    transact: job.inLease,
    settle: async (transaction, results) => {
      const settled = settledOf(items, results)
      count = settled.length
      await settleItems(transaction, id, settled)
    },
  })
  return { count, isKnown: isAllKnown(all) }
}

/** @returns undefined while somebody else holds some of them: they wait on */
async function holdItems(
  { holdTags }: RunRemovalDeps,
  repository: string,
  items: readonly RemovalItem[],
): Promise<WriteHold | undefined> {
  const tags = items.map(({ tag }) => tag)
  try {
    return await holdTags({ repository, tags, reason: 'these tags are being deleted' })
  } catch (error) {
    if (error instanceof AppError && error.code === 'CONFLICT') return undefined
    throw error
  }
}

/** Removes what waits in one repository, with pushes to it held. @returns how many were settled */
async function removeHeld(
  deps: RunRemovalDeps,
  removal: Removal,
  {
    items,
    job,
    onSettled,
  }: { items: readonly RemovalItem[]; job: Job; onSettled: (count: number) => void },
): Promise<number> {
  const [first] = items
  if (first === undefined) return 0
  const hold = await holdItems(deps, first.repository, items)
  if (hold === undefined) return 0
  const work = async () => {
    const sum = { count: 0, isKnown: true }
    for (let at = 0; at < items.length; at += MOST_AT_ONCE) {
      // Who is told to stop gives the hold back first.
      if (job.signal.aborted) break
      job.checkLease()
      if (at > 0) await hold.prolong()
      const batch = items.slice(at, at + MOST_AT_ONCE)
      const { count, isKnown } = await removeItems(deps, removal, { items: batch, hold, job })
      sum.count += count
      sum.isKnown &&= isKnown
      onSettled(count)
    }
    return sum
  }
  const { count } = await underHold(hold, work, ({ isKnown }) => isKnown)
  job.checkLease()
  return count
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
  { job, onSettled }: { readonly job: Job; readonly onSettled: (count: number) => void },
): Promise<boolean> {
  let after = -1
  let isLeft = false
  for (;;) {
    const items = await listNext(deps, removal, after)
    const last = items.at(-1)
    if (last === undefined) return isLeft
    // A batch may have had no room for all of them: those are asked for again.
    if ((await removeHeld(deps, removal, { items, job, onSettled })) > 0) continue
    after = last.position
    isLeft = true
  }
}

async function removeWaiting(deps: RunRemovalDeps, removal: Removal, job: Job): Promise<void> {
  const counts = await countOutcomes(deps.database, removal.id)
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0)
  let done = total - (counts.waiting ?? 0)
  const onSettled = (count: number): void => {
    done += count
    job.progress(done, total)
  }
  onSettled(0)
  for (
    let waitedMs = 0;
    await goOver(deps, removal, { job, onSettled });
    waitedMs += LOOK_AGAIN_MS
  ) {
    if (waitedMs >= LONGEST_WAIT_MS) {
      throw new JobGaveUp('some tags are being deleted elsewhere, and that does not end')
    }
    await sleep(LOOK_AGAIN_MS, undefined, { signal: job.signal })
  }
}

async function runRemoval(deps: RunRemovalDeps, job: Job): Promise<void> {
  const { database } = deps
  const removal = await findRemoval(database, job.payload.removalId)
  if (removal === undefined) throw new JobGaveUp('this removal is not known any more')
  if (removal.selectedAt === undefined) await selectTags(deps, removal, job)
  if (!removal.isDryRun) await removeWaiting(deps, removal, job)
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
