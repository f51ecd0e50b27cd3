import { randomUUID } from 'node:crypto'
import { recordActorAudit } from '../audit/record.ts'
import type { Database } from '../database/open-database.ts'
import { inTransaction } from '../database/transaction.ts'
import { AppError } from '../errors.ts'
import type { HoldTags, WriteHold } from '../holds/hold-tags.ts'
import { markDirty } from '../images/dirty-queries.ts'
import { projectOf } from '../protocol/reference.ts'
import type { RegistryClient } from '../registry/client.ts'
import type { Descriptor } from '../registry/manifests.ts'
import { deleteDummy } from './delete-dummy.ts'
import { endRemovedTags } from './lost-pushes/queries.ts'
import {
  deleteTagRemoval,
  listAbandonedRemovals,
  listTagsOfDummies,
  type TagRemoval,
  takeTagRemoval,
} from './queries.ts'
import { markRemoved, TERM_SECONDS, WORK_SECONDS } from './remove-batch.ts'
import { underHold } from './under-hold.ts'

const CHECK_MS = 15_000
/** A batch that was cut off is over in a few rounds: the first of its tags takes the others along. */
const MOST_AT_ONCE = 100

export interface RecoverRemovalsDeps {
  readonly database: Database
  readonly registry: RegistryClient
  readonly holdTags: HoldTags
  readonly now: () => Date
  readonly log: (fields: object, message: string) => void
}

/**
 * Ends what a process began and did not finish: a tag that is on the empty index loses it and is
 * gone, or gets its old manifest back where the registry allows no deletes any more.
 */
async function finish(
  { registry, now }: RecoverRemovalsDeps,
  removal: TagRemoval,
  { current, deadline }: { readonly current: Descriptor | undefined; readonly deadline: Date },
): Promise<boolean> {
  const { repository, tag, dummyDigest } = removal
  if (current === undefined) return true
  // The tag was never touched, or somebody pushed to it since: it stays.
  if (current.digest !== dummyDigest) return false
  const outcome = await deleteDummy(registry, { repository, reference: dummyDigest })
  if (outcome !== 'disabled') return true
  if (now() > deadline) throw new Error('the time for this removal is over')
  await registry.putManifest({ repository, reference: tag }, removal)
  return false
}

const groupByRepository = (removals: readonly TagRemoval[]): Map<string, TagRemoval[]> => {
  const groups = new Map<string, TagRemoval[]>()
  for (const removal of removals) {
    groups.set(removal.repository, [...(groups.get(removal.repository) ?? []), removal])
  }
  return groups
}

async function record(
  deps: RecoverRemovalsDeps,
  removal: TagRemoval,
  { holder, isRemoved }: { readonly holder: string; readonly isRemoved: boolean },
): Promise<void> {
  await inTransaction(deps.database, async (transaction) => {
    if (!(await deleteTagRemoval(transaction, removal, holder))) return
    const { repository, tag, dummyDigest } = removal
    await endRemovedTags(transaction, { dummyDigest, tags: [tag] })
    if (isRemoved) await markRemoved(transaction, { repository, tags: [tag], actor: removal })
    else await markDirty(transaction, [{ repository, reference: tag }])
    await recordActorAudit(transaction, removal, {
      action: 'tag.delete',
      target: `${repository}:${tag}`,
      project: projectOf(repository),
      outcome: isRemoved ? 'done' : 'failed',
    })
  })
  const { repository, tag } = removal
  deps.log({ repository, tag, isRemoved }, 'finished an interrupted tag removal')
}

/** What the registry did not do for one removal is told, and tried again when its term is over. */
const orTell =
  ({ log }: RecoverRemovalsDeps, { repository, tag }: TagRemoval) =>
  (error: unknown): 'failed' => {
    if (!(error instanceof AppError) || error.code !== 'REGISTRY_FAILED') throw error
    log({ repository, tag, error }, 'an interrupted tag removal cannot be finished yet')
    return 'failed'
  }

/** @returns whether it is known what became of all that was asked for */
async function recover(deps: RecoverRemovalsDeps, removal: TagRemoval): Promise<boolean> {
  const { repository, tag } = removal
  const holder = randomUUID()
  const deadline = new Date(deps.now().getTime() + WORK_SECONDS * 1000)
  const term = { holder, termSeconds: TERM_SECONDS }
  if (!(await takeTagRemoval(deps.database, removal, term))) return true
  const found = deps.registry.findManifest({ repository, reference: tag })
  const current = await found.catch(orTell(deps, removal))
  // It was only looked at: whoever pushes to it waits for nothing.
  if (current === 'failed') return true
  const finished = finish(deps, removal, { current, deadline })
  const isRemoved = await finished.catch(orTell(deps, removal))
  if (isRemoved === 'failed') return false
  await record(deps, removal, { holder, isRemoved })
  return true
}

async function recoverEach(
  deps: RecoverRemovalsDeps,
  removals: readonly TagRemoval[],
  hold: Pick<WriteHold, 'prolong'>,
): Promise<boolean> {
  let isKnown = true
  for (const removal of removals) {
    await hold.prolong()
    if (!(await recover(deps, removal))) isKnown = false
  }
  return isKnown
}

/**
 * Under a hold as any other removal: the registry forgets what is pushed to a tag while it deletes (R21).
 * The delete of an empty index takes all tags along that are on it, so all of them are held, also those
 * whose turn has not come.
 */
async function recoverHeld(
  deps: RecoverRemovalsDeps,
  repository: string,
  removals: readonly TagRemoval[],
): Promise<void> {
  const dummyDigests = [...new Set(removals.map(({ dummyDigest }) => dummyDigest))]
  const tags = await listTagsOfDummies(deps.database, { repository, dummyDigests })
  if (tags.length === 0) return
  const reason = 'the deletion of this tag is being finished'
  const hold = await deps.holdTags({ repository, tags, reason })
  const work = () => recoverEach(deps, removals, hold)
  await underHold(hold, work, (isKnown) => isKnown)
}

/**
 * Takes over removals whose process died or lost the registry; what fails is tried again later, and
 * holds up no other.
 */
export async function recoverRemovals(deps: RecoverRemovalsDeps): Promise<void> {
  const abandoned = await listAbandonedRemovals(deps.database, MOST_AT_ONCE)
  const found = await Promise.allSettled(
    [...groupByRepository(abandoned)].map(([repository, removals]) =>
      recoverHeld(deps, repository, removals),
    ),
  )
  const [failure] = found.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))
  if (failure !== undefined) throw failure
}

/** @returns stops it, after the round that may be running */
export function keepRecoveringRemovals(deps: RecoverRemovalsDeps): () => Promise<void> {
  let running: Promise<void> | undefined
  const tick = (): void => {
    running ??= recoverRemovals(deps)
      .catch((error: unknown) => deps.log({ error }, 'tag removals cannot be finished yet'))
      .finally(() => {
        running = undefined
      })
  }
  tick()
  const timer = setInterval(tick, CHECK_MS)
  return async () => {
    clearInterval(timer)
    await running
  }
}
