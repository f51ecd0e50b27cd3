import type { Database } from '../database/open-database.ts'
import { inTransaction } from '../database/transaction.ts'
import { addActivity, touchPushedManifests } from '../images/activity-queries.ts'
import { insertBlobs } from '../images/blob-queries.ts'
import { type DirtyMark, markDirty } from '../images/dirty-queries.ts'
import { markFigures } from '../images/figure-mark-queries.ts'
import {
  ensureRepositories,
  findRepositoryIds,
  idOf,
  type RepositoryIds,
} from '../images/repository-queries.ts'
import { findTagsOn } from '../images/tag-queries.ts'
import type { LostPushes } from '../removal/lost-pushes/create-lost-pushes.ts'
import { applyPulls, findDrift } from './apply-pulls.ts'
import { leavePassing } from './leave-passing.ts'
import { type EventPlan, planEvents } from './plan-events.ts'
import { claimEvents, listWaitingEvents, lockWaitingEvents } from './queries.ts'
import { sumActivity } from './sum-activity.ts'

/** Events of one batch. */
export const AT_ONCE = 500

/** Told of tags that were pushed to, in the transaction that applies it. */
export type NotePushed = LostPushes['notePushed']

/** Tags that the index has on what was deleted went with it. */
async function findTagsGone(
  transaction: Database,
  { deletions }: EventPlan,
  ids: RepositoryIds,
): Promise<readonly DirtyMark[]> {
  const marks: DirtyMark[] = []
  for (const { repository, digest, actor } of deletions) {
    const repositoryId = ids.get(repository)
    if (repositoryId === undefined) continue
    const tags = await findTagsOn(transaction, repositoryId, [digest])
    const isDeletion = true
    marks.push(...tags.map(({ name }) => ({ repository, reference: name, actor, isDeletion })))
  }
  return marks
}

/** By our own clock, and that of the last of them: late is the safe side for who goes by it (R28). */
async function notePushes(
  transaction: Database,
  { manifestPushes }: EventPlan,
  ids: RepositoryIds,
): Promise<void> {
  if (manifestPushes.length === 0) return
  const keys = manifestPushes.map((push) => ({
    repositoryId: idOf(ids, push),
    digest: push.digest,
  }))
  const at = new Date(Math.max(...manifestPushes.map(({ receivedAt }) => +receivedAt)))
  await touchPushedManifests(transaction, keys, at)
}

async function applyPlan(
  transaction: Database,
  plan: EventPlan,
  notePushed: NotePushed,
): Promise<void> {
  const there = [
    ...plan.blobs,
    ...plan.pulls,
    ...plan.blobPulls,
    ...plan.pushes,
    ...plan.manifestPushes,
  ]
  const names = there.map(({ repository }) => repository)
  const gone = plan.deletions.map(({ repository }) => repository)
  const ids = new Map([
    ...(await findRepositoryIds(transaction, gone)),
    ...(await ensureRepositories(transaction, names)),
  ])
  await insertBlobs(
    transaction,
    plan.blobs.map((blob) => ({ ...blob, repositoryId: idOf(ids, blob) })),
  )
  await notePushes(transaction, plan, ids)
  const pulls = await applyPulls(transaction, plan, ids)
  await addActivity(transaction, sumActivity(plan, pulls, ids))
  // In this order: what an event said outweighs what was only guessed.
  await markDirty(transaction, await findTagsGone(transaction, plan, ids))
  await markDirty(transaction, await findDrift(transaction, plan.pulls, ids))
  await markDirty(transaction, plan.dirty)
  await notePushed(
    transaction,
    plan.pushes.map(({ repository, tag = '' }) => ({ repository, tag })),
  )
  const changed = [...pulls, ...plan.blobs].map(({ repository }) => repository)
  await markFigures(transaction, 'repository', changed)
}

/**
 * Applies a batch of events from the inbox, once: in the transaction that takes them out of it.
 *
 * @returns how many; fewer than a batch when no more wait
 */
export async function applyEvents(
  database: Database,
  notePushed: NotePushed = async () => undefined,
): Promise<number> {
  if ((await listWaitingEvents(database, 1)).length === 0) return 0
  return inTransaction(database, async (transaction) => {
    const events = await lockWaitingEvents(transaction, AT_ONCE)
    await claimEvents(
      transaction,
      events.map(({ id }) => id),
    )
    await applyPlan(transaction, planEvents(await leavePassing(transaction, events)), notePushed)
    return events.length
  })
}
