import { randomUUID } from 'node:crypto'
import pLimit from 'p-limit'
import { type Actor, recordActorAudit } from '../audit/record.ts'
import type { Database } from '../database/open-database.ts'
import { inTransaction } from '../database/transaction.ts'
import { AppError } from '../errors.ts'
import type { Origin } from '../http/caller.ts'
import { markDirty } from '../images/dirty-queries.ts'
import { projectOf } from '../protocol/reference.ts'
import type { Manifest } from '../registry/manifests.ts'
import { createEmptyIndex } from './empty-index.ts'
import { CALLS_AT_ONCE, type FoundTarget, type JudgeTagsDeps, judgeTags } from './judge-tags.ts'
import { deleteTagRemovals, insertTagRemovals, type TagRemoval } from './queries.ts'
import { createRemovalNotes, type RemovalNotes, type TagResult, type TagTarget } from './types.ts'

/**
 * Another process takes removals over after this. Whoever holds them begins no write after
 * `WORK_SECONDS`; the registry takes the token of the last one for 60 seconds and 60 of leeway (R24).
 */
export const TERM_SECONDS = 240
export const WORK_SECONDS = 60

/** One delete of the registry looks at every tag of its repository, so that many go at once. */
export const MOST_AT_ONCE = 100

export interface RemoveBatchDeps extends JudgeTagsDeps {
  readonly database: Database
  readonly now: () => Date
}

/** Who removes, and from where where a request asked for it. */
export type RemovingActor = Actor & { readonly origin?: Origin | undefined }

export interface RemoveBatchInput {
  readonly repository: string
  /** At most `MOST_AT_ONCE`. Pushes to them are held by the caller. */
  readonly targets: readonly TagTarget[]
  readonly actor: RemovingActor
  /** Written in one transaction with the end of the removals. */
  readonly settle?: (
    transaction: Database,
    results: ReadonlyMap<string, TagResult>,
  ) => Promise<void>
  /** How that transaction is made; as any other by default. */
  readonly transact?: (work: (transaction: Database) => Promise<void>) => Promise<void>
}

interface Batch {
  readonly deps: RemoveBatchDeps
  readonly repository: string
  readonly dummy: Manifest
  readonly deadline: Date
  readonly notes: RemovalNotes
}

const DISABLED =
  'the registry is configured without deletes; set storage.delete.enabled to true in its configuration'

const disabled = (): AppError => new AppError('CONFLICT', { detail: DISABLED })

function requireTime({ deps, deadline }: Batch): void {
  if (deps.now() > deadline) throw new Error('the time for this removal is over')
}

const unfinished = ({ notes, repository }: Batch, tag: string, cause: unknown): undefined =>
  notes.keep(
    tag,
    'unfinished',
    `the registry stopped answering while the tag ${tag} of ${repository} was being deleted; the deletion is completed or undone by itself within minutes`,
    cause,
  )

async function isUnchanged({ deps, repository, notes }: Batch, target: FoundTarget) {
  const { tag, manifest } = target
  const current = await deps.registry.findManifest({ repository, reference: tag })
  if (current?.digest === manifest.digest) return true
  const reason = `the tag ${tag} of ${repository} was changed at this moment; look at it again`
  notes.keep(tag, 'changed', reason)
  return false
}

/** What every registry of the 3.x line can. */
async function removeByName(
  batch: Batch,
  target: FoundTarget,
): Promise<'done' | 'changed' | 'unsupported'> {
  const { deps, repository, notes } = batch
  const { tag } = target
  if (!(await isUnchanged(batch, target))) return 'changed'
  requireTime(batch)
  const outcome = await deps.registry
    .deleteTagByName({ repository, reference: tag })
    .catch((error: unknown) => unfinished(batch, tag, error))
  if (outcome === 'disabled') throw disabled()
  if (outcome === 'unsupported') return 'unsupported'
  if (outcome !== undefined) notes.remove(tag)
  return 'done'
}

/** From here on what fails is left to `recoverRemovals`: its outcome is not known. */
async function putDummy(batch: Batch, target: FoundTarget): Promise<string | undefined> {
  const { deps, repository, dummy } = batch
  const { tag } = target
  if (!(await isUnchanged(batch, target))) return undefined
  try {
    requireTime(batch)
    await deps.registry.putManifest({ repository, reference: tag }, dummy)
    return tag
  } catch (error) {
    return unfinished(batch, tag, error)
  }
}

async function removeByDummy(batch: Batch, targets: readonly FoundTarget[]): Promise<void> {
  const { deps, repository, dummy, notes } = batch
  const limit = pLimit(CALLS_AT_ONCE)
  const put = await Promise.all(targets.map((target) => limit(() => putDummy(batch, target))))
  const tags = put.filter((tag) => tag !== undefined)
  if (tags.length === 0) return
  try {
    requireTime(batch)
    const outcome = await deps.registry.deleteManifest({ repository, reference: dummy.digest })
    if (outcome === 'disabled') throw new Error('the registry allows no deletes any more')
    for (const tag of tags) notes.remove(tag)
  } catch (error) {
    for (const tag of tags) unfinished(batch, tag, error)
  }
}

async function removeFound(batch: Batch, targets: readonly FoundTarget[]): Promise<void> {
  for (const [index, target] of targets.entries()) {
    // Also the proof that deletes work: nothing has been done to any tag yet.
    const way = await removeByName(batch, target)
    if (way === 'unsupported') return removeByDummy(batch, targets.slice(index))
    if (way === 'changed') continue
    const limit = pLimit(CALLS_AT_ONCE)
    const rest = targets.slice(index + 1)
    await Promise.all(rest.map((other) => limit(() => removeByName(batch, other))))
    return
  }
}

async function announce(
  { deps, repository, dummy, notes }: Batch,
  targets: readonly FoundTarget[],
  { actor, holder }: { readonly actor: Actor; readonly holder: string },
): Promise<readonly FoundTarget[]> {
  const removals: readonly TagRemoval[] = targets.map(({ tag, manifest }) => ({
    ...manifest,
    ...actor,
    repository,
    tag,
    dummyDigest: dummy.digest,
  }))
  const held = await insertTagRemovals(deps.database, removals, {
    holder,
    termSeconds: TERM_SECONDS,
  })
  for (const { tag } of targets) {
    if (held.has(tag)) continue
    notes.keep(tag, 'busy', `the tag ${tag} of ${repository} is being deleted already`)
  }
  return targets.filter(({ tag }) => held.has(tag))
}

/** The index reads them again: the registry's own word may come late, or not at all. */
export const markRemoved = (
  transaction: Database,
  { repository, tags, actor }: { repository: string; tags: readonly string[]; actor: Actor },
): Promise<void> =>
  markDirty(
    transaction,
    tags.map((reference) => ({ repository, reference, actor: actor.actorName, isDeletion: true })),
  )

/** Who took a removal over in the meantime writes it down; what is unfinished stays for `recoverRemovals`. */
async function endBatch(
  transaction: Database,
  { repository, notes: { results } }: Batch,
  { actor, holder, held }: { actor: RemovingActor; holder: string; held: readonly FoundTarget[] },
): Promise<void> {
  const over = held.map(({ tag }) => tag).filter((tag) => results.get(tag)?.outcome !== 'unfinished')
  const removed = over.filter((tag) => results.get(tag)?.outcome === 'removed')
  await markRemoved(transaction, { repository, tags: removed, actor })
  const ours = await deleteTagRemovals(transaction, { repository, tags: over }, holder)
  for (const tag of removed.filter((one) => ours.has(one))) {
    await recordActorAudit(transaction, actor, {
      action: 'tag.delete',
      target: `${repository}:${tag}`,
      project: projectOf(repository),
      outcome: 'done',
    })
  }
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
  const { repository, targets, actor, settle } = input
  const transact = input.transact ?? ((work) => inTransaction(deps.database, work))
  const notes = createRemovalNotes()
  const deadline = new Date(deps.now().getTime() + WORK_SECONDS * 1000)
  const batch: Batch = { deps, repository, dummy: createEmptyIndex(), deadline, notes }
  const holder = randomUUID()
  const found = await judgeTags(deps, { repository, targets }, notes)
  const held = await announce(batch, found, { actor, holder })
  let failure: unknown
  try {
    await removeFound(batch, held)
  } catch (error) {
    failure = error
  }
  await transact(async (transaction) => {
    await endBatch(transaction, batch, { actor, holder, held })
    await settle?.(transaction, notes.results)
  })
  if (failure !== undefined) throw failure
  return notes.results
}
