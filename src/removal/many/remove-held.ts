import { AppError } from '../../errors.ts'
import type { HoldTags, WriteHold } from '../../holds/hold-tags.ts'
import { JobGaveUp, type RunningJob } from '../../jobs/types.ts'
import { MOST_AT_ONCE, type RemoveBatchDeps, removeBatch } from '../remove-batch.ts'
import { isAllKnown, type TagResult } from '../types.ts'
import { underHold } from '../under-hold.ts'
import { settleItems } from './item-queries.ts'
import { findRefusal } from './require-right.ts'
import type { ItemOutcome, Removal, RemovalItem } from './types.ts'

export interface RunRemovalDeps extends RemoveBatchDeps {
  readonly holdTags: HoldTags
}

export type RemovalJob = RunningJob<{ readonly removalId: number }>

export interface HeldItems {
  readonly items: readonly RemovalItem[]
  readonly job: RemovalJob
  readonly onSettled: (count: number) => void
  /** Told of what waits since the registry cannot read it. */
  readonly onUnreadable: (position: number, reason: string) => void
}

/** Until the end of the job at the latest, see `hastenLooks`: what somebody waits for comes first. */
const LOOK_AFTER_MS = 300_000

/** What is written down of a result. */
const toOutcome = ({ outcome }: TagResult): ItemOutcome =>
  outcome === 'busy' || outcome === 'unfinished' || outcome === 'unreadable' ? 'waiting' : outcome

/** What is told of each; of what waits on only what its result says of that. */
const settledOf = (items: readonly RemovalItem[], results: ReadonlyMap<string, TagResult>) =>
  items.flatMap(({ position, tag }) => {
    const result = results.get(tag)
    if (result === undefined) return []
    const reason = 'reason' in result ? result.reason : undefined
    return [{ position, outcome: toOutcome(result), reason }]
  })

/** @returns how many of the items are settled now, and whether it is known what became of all */
async function removeItems(
  deps: RunRemovalDeps,
  { actor, id }: Removal,
  { items, hold, job, onUnreadable }: Omit<HeldItems, 'onSettled'> & { readonly hold: WriteHold },
): Promise<{ readonly count: number; readonly isKnown: boolean }> {
  let count = 0
  const all = await removeBatch(deps, {
    repository: items[0]?.repository ?? '',
    targets: items,
    hold,
    actor,
    lookAfterMs: LOOK_AFTER_MS,
    transact: job.inLease,
    settle: async (transaction, results) => {
      const settled = settledOf(items, results)
      count = settled.filter(({ outcome }) => outcome !== 'waiting').length
      await settleItems(transaction, id, settled)
    },
  })
  for (const { position, tag } of items) {
    const result = all.get(tag)
    if (result?.outcome === 'unreadable') onUnreadable(position, result.reason)
  }
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

interface Sum {
  readonly count: number
  readonly isKnown: boolean
  /** Why who asked may not go on. */
  readonly refusal?: string | undefined
}

async function removeUnderHold(
  deps: RunRemovalDeps,
  removal: Removal,
  { items, onSettled, ...held }: HeldItems & { readonly hold: WriteHold },
): Promise<Sum> {
  const { job, hold } = held
  let sum: Sum = { count: 0, isKnown: true }
  for (let at = 0; at < items.length; at += MOST_AT_ONCE) {
    // Who is told to stop gives the hold back first.
    if (job.signal.aborted) break
    job.checkLease()
    const batch = items.slice(at, at + MOST_AT_ONCE)
    const refusal = await findRefusal(deps, removal, batch[0]?.repository ?? '')
    if (refusal !== undefined) return { ...sum, refusal }
    if (at > 0) await hold.prolong()
    const { count, isKnown } = await removeItems(deps, removal, { ...held, items: batch })
    sum = { count: sum.count + count, isKnown: sum.isKnown && isKnown }
    onSettled(count)
  }
  return sum
}

/**
 * Removes what waits in one repository, with pushes to it held. @returns how many were settled
 *
 * @throws JobGaveUp when who asked may not delete there any more
 */
export async function removeHeld(
  deps: RunRemovalDeps,
  removal: Removal,
  held: HeldItems,
): Promise<number> {
  const { items, job } = held
  const [first] = items
  if (first === undefined) return 0
  const hold = await holdItems(deps, first.repository, items)
  if (hold === undefined) return 0
  const work = () => removeUnderHold(deps, removal, { ...held, hold })
  const { count, refusal } = await underHold(hold, work, ({ isKnown }) => isKnown)
  if (refusal !== undefined) throw new JobGaveUp(refusal)
  job.checkLease()
  return count
}
