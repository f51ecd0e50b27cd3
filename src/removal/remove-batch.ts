import { randomUUID } from 'node:crypto'
import { type Actor, type AuditEntry, recordActorAudits } from '../audit/record.ts'
import type { Database } from '../database/open-database.ts'
import { inTransaction } from '../database/transaction.ts'
import type { WriteHold } from '../holds/hold-tags.ts'
import type { Origin } from '../http/caller.ts'
import { markDirty } from '../images/dirty-queries.ts'
import { TOLD_GRACE_SECONDS } from '../images/refresh-absent.ts'
import { noteDeletedTags } from '../images/tag-change-queries.ts'
import { projectOf } from '../protocol/reference.ts'
import { createEmptyIndex } from './empty-index.ts'
import { type FoundTarget, type JudgeTagsDeps, judgeTags } from './judge-tags.ts'
import { endRemovedTags, insertRemovedTags } from './lost-pushes/queries.ts'
import { deleteTagRemovals, insertTagRemovals, type TagRemoval } from './queries.ts'
import { type Batch, removeFound } from './remove-found.ts'
import { createRemovalNotes, type TagResult, type TagTarget } from './types.ts'

/**
 * Another process takes removals over after this. Whoever holds them begins no write after
 * `WORK_SECONDS`; the registry takes the token of the last one for 60 seconds and 60 of leeway (R24).
 */
export const TERM_SECONDS = 240
export const WORK_SECONDS = 60

/**
 * One delete of the registry looks at every tag of its repository, so that many go at once: of 10,000
 * tags half go with 20 such walks. More would be on the empty index for longer, for little.
 */
export const MOST_AT_ONCE = 250

export interface RemoveBatchDeps extends JudgeTagsDeps {
  readonly database: Database
  readonly now: () => Date
}

/** Who removes, and from where where a request asked for it. */
export type RemovingActor = Actor & { readonly origin?: Origin | undefined }

export interface RemoveBatchInput {
  readonly repository: string
  /** At most `MOST_AT_ONCE`. */
  readonly targets: readonly TagTarget[]
  /** On these, by the caller. */
  readonly hold: Pick<WriteHold, 'stopsPushes'>
  readonly actor: RemovingActor
  /** When the index looks whether they are gone; as soon as the grace is over by default. */
  readonly lookAfterMs?: number | undefined
  /** Written in one transaction with the end of the removals. */
  readonly settle?: (
    transaction: Database,
    results: ReadonlyMap<string, TagResult>,
  ) => Promise<void>
  /** How that transaction is made; as any other by default. */
  readonly transact?: (work: (transaction: Database) => Promise<void>) => Promise<void>
}

async function announce(
  database: Database,
  { repository, hold, dummy, notes }: Batch,
  {
    targets,
    actor,
    holder,
  }: {
    readonly targets: readonly FoundTarget[]
    readonly actor: Actor
    readonly holder: string
  },
): Promise<readonly FoundTarget[]> {
  const removals: readonly TagRemoval[] = targets.map(({ tag, manifest }) => ({
    ...manifest,
    ...actor,
    repository,
    tag,
    dummyDigest: dummy.digest,
  }))
  const held = await insertTagRemovals(database, removals, {
    holder,
    termSeconds: TERM_SECONDS,
  })
  for (const { tag } of targets) {
    if (held.has(tag)) continue
    notes.keep(tag, 'busy', `the tag ${tag} of ${repository} is being deleted already`)
  }
  // Where pushes are not held up, one may be lost; its event tells of it afterwards (R21).
  const unheld = hold.stopsPushes ? [] : removals.filter(({ tag }) => held.has(tag))
  await insertRemovedTags(database, unheld)
  return targets.filter(({ tag }) => held.has(tag))
}

interface RemovedTags {
  readonly repository: string
  readonly tags: readonly string[]
  readonly actor: Actor
  readonly lookAfterMs?: number | undefined
}

/**
 * Our own delete counts as the first of the two times that the index has to find them absent; it reads
 * them again when the grace is over. The registry's own word may come late, or not at all.
 */
export async function markRemoved(
  transaction: Database,
  { repository, tags, actor, lookAfterMs = TOLD_GRACE_SECONDS * 1000 }: RemovedTags,
): Promise<void> {
  await noteDeletedTags(transaction, { repository, tags })
  const marks = tags.map((reference) => {
    return { repository, reference, actor: actor.actorName, isDeletion: true }
  })
  await markDirty(transaction, marks, lookAfterMs)
}

/** Who took a removal over in the meantime writes it down; what is unfinished stays for `recoverRemovals`. */
async function endBatch(
  transaction: Database,
  { repository, hold, dummy, notes: { results } }: Batch,
  {
    actor,
    lookAfterMs,
    holder,
    held,
  }: Pick<RemoveBatchInput, 'actor' | 'lookAfterMs'> & {
    readonly holder: string
    readonly held: readonly FoundTarget[]
  },
): Promise<void> {
  const over = held
    .map(({ tag }) => tag)
    .filter((tag) => results.get(tag)?.outcome !== 'unfinished')
  const removed = over.filter((tag) => results.get(tag)?.outcome === 'removed')
  await markRemoved(transaction, { repository, tags: removed, actor, lookAfterMs })
  if (!hold.stopsPushes) {
    await endRemovedTags(transaction, { dummyDigest: dummy.digest, tags: over })
  }
  const ours = await deleteTagRemovals(transaction, { repository, tags: over }, holder)
  const entries = removed
    .filter((tag) => ours.has(tag))
    .map((tag): AuditEntry => {
      const target = `${repository}:${tag}`
      return { action: 'tag.delete', target, project: projectOf(repository), outcome: 'done' }
    })
  await recordActorAudits(transaction, actor, entries)
}

/**
 * Deletes tags of one repository and leaves their siblings on the same digests alone. Tags without a
 * result had no place in this batch; they are to be asked for again.
 *
 * Registry 2.8 deletes digests only, with every tag that is on them. So an empty index, unique to the
 * batch, is put on the tags, and that is deleted. What is done is written down first, so that another
 * process can finish it.
 *
 * @throws AppError CONFLICT (409) when the registry allows no deletes; nothing is changed then
 */
export async function removeBatch(
  deps: RemoveBatchDeps,
  input: RemoveBatchInput,
): Promise<ReadonlyMap<string, TagResult>> {
  const { repository, targets, actor, hold, settle, lookAfterMs } = input
  const transact = input.transact ?? ((work) => inTransaction(deps.database, work))
  const notes = createRemovalNotes()
  const deadline = new Date(deps.now().getTime() + WORK_SECONDS * 1000)
  const dummy = createEmptyIndex()
  const batch: Batch = { deps, repository, hold, dummy, deadline, notes }
  const holder = randomUUID()
  const found = await judgeTags(deps, { repository, targets }, notes)
  const held = await announce(deps.database, batch, { targets: found, actor, holder })
  let failure: unknown
  try {
    await removeFound(batch, held)
  } catch (error) {
    failure = error
  }
  await transact(async (transaction) => {
    await endBatch(transaction, batch, { actor, lookAfterMs, holder, held })
    await settle?.(transaction, notes.results)
  })
  if (failure !== undefined) throw failure
  return notes.results
}
