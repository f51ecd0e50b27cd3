import { recordActorAudit } from '../../audit/record.ts'
import { inTransaction } from '../../database/transaction.ts'
import { markDirty } from '../../images/dirty-queries.ts'
import type { RestoreLostOutcome } from '../../metrics/names.ts'
import { projectOf } from '../../protocol/reference.ts'
import { type PutOwnDeps, putOwn } from '../copy/put-own.ts'
import { findLostPush, type LostPush } from './find-lost-push.ts'
import { isProjectOf, listTagEvents, readRemovals } from './history-queries.ts'
import {
  claimRemovedTag,
  listPushedTags,
  noteRestored,
  noteRestoring,
  postponeRemovedTag,
  settleRemovedTag,
} from './queries.ts'
import type { RemovedTag } from './types.ts'

const AT_ONCE = 50
const FIRST_RETRY_MS = 2000
const LAST_RETRY_MS = 300_000
/** Within the hour that is kept. */
const MOST_TRIES = 14
/** Longer than a write of ours takes. */
const SHORTEST_CLAIM_MS = 60_000

export interface RestoreLostPushesDeps extends PutOwnDeps {
  readonly count: (outcome: RestoreLostOutcome) => void
  readonly warn: (fields: object, message: string) => void
}

const retryMs = ({ tries }: RemovedTag): number =>
  Math.min(FIRST_RETRY_MS * 2 ** tries, LAST_RETRY_MS)

async function record(
  { database, count, warn }: RestoreLostPushesDeps,
  removed: RemovedTag,
  { outcome, push }: { readonly outcome: RestoreLostOutcome; readonly push: LostPush },
): Promise<void> {
  const { repository, tag } = removed
  const isNews = await inTransaction(database, async (transaction) => {
    if (outcome === 'restored' && !(await noteRestored(transaction, removed, push.digest))) {
      return false
    }
    const { actor, receivedAt: pushedAt } = push
    await markDirty(transaction, [{ repository, reference: tag, actor, pushedAt }])
    const entry = { action: 'tag.restore', target: `${repository}:${tag}` } as const
    await recordActorAudit(
      transaction,
      { actorName: 'warden$system' },
      {
        ...entry,
        project: projectOf(repository),
        outcome: outcome === 'restored' ? 'done' : 'failed',
      },
    )
    return true
  })
  if (!isNews) return
  count(outcome)
  const { digest, actor } = push
  warn({ repository, tag, digest, by: actor, outcome }, 'a push came while its tag was removed')
}

/** Only the newest removal of a tag, which nobody wanted again since, may have lost a push. */
async function findLost(
  { database }: RestoreLostPushesDeps,
  removed: RemovedTag,
): Promise<LostPush | 'unknown' | undefined> {
  const { newestId, isOver, dummies } = await readRemovals(database, removed)
  if (newestId !== removed.id || isOver) return undefined
  if (!(await isProjectOf(database, projectOf(removed.repository), removed))) return undefined
  return findLostPush(removed, await listTagEvents(database, removed), dummies)
}

/** @returns whether all is as it should be; it is looked at again otherwise */
async function restore(deps: RestoreLostPushesDeps, removed: RemovedTag): Promise<boolean> {
  const { database, registry } = deps
  const { repository, tag, restoredDigest } = removed
  const push = await findLost(deps, removed)
  if (push === undefined) return true
  const current = await registry.findManifest({ repository, reference: tag })
  // Somebody has pushed to it since.
  if (current !== undefined && current.digest !== restoredDigest) return true
  if (push === 'unknown') return false
  if (current?.digest !== push.digest) {
    // Whoever deletes the manifest itself wants it gone.
    const manifest = await registry.readManifest({ repository, reference: push.digest })
    if (manifest === undefined) return true
    await noteRestoring(database, removed, push.digest)
    await putOwn(deps, { repository, reference: tag, manifest })
  }
  await record(deps, removed, { outcome: 'restored', push })
  return true
}

async function giveUp(deps: RestoreLostPushesDeps, removed: RemovedTag): Promise<void> {
  const push = await findLost(deps, removed)
  if (push === undefined || push === 'unknown') return
  await record(deps, removed, { outcome: 'lost', push })
}

async function look(deps: RestoreLostPushesDeps, listed: RemovedTag): Promise<void> {
  const claimMs = Math.max(SHORTEST_CLAIM_MS, retryMs(listed))
  const removed = await claimRemovedTag(deps.database, listed, claimMs)
  if (removed === undefined) return
  try {
    if (await restore(deps, removed)) return await settleRemovedTag(deps.database, removed)
  } catch (error) {
    const { repository, tag } = removed
    deps.warn({ error, repository, tag }, 'a push to a removed tag cannot be put back yet')
  }
  if (removed.tries < MOST_TRIES) {
    return postponeRemovedTag(deps.database, removed, retryMs(removed))
  }
  await giveUp(deps, removed)
  await settleRemovedTag(deps.database, removed)
}

/**
 * Puts back what the registry took and a removal of ours took along (R21): without the door nothing
 * holds a push up while its tag is removed, and its event comes afterwards. In whatever order events
 * come, the tag ends on the last of the pushes that came meanwhile.
 */
export async function restoreLostPushes(deps: RestoreLostPushesDeps): Promise<void> {
  for (const removed of await listPushedTags(deps.database, AT_ONCE)) await look(deps, removed)
}
