import pLimit from 'p-limit'
import { AppError } from '../errors.ts'
import type { WriteHold } from '../holds/hold-tags.ts'
import type { RegistryClient } from '../registry/client.ts'
import type { Manifest } from '../registry/manifests.ts'
import { deleteDummy } from './delete-dummy.ts'
import { CALLS_AT_ONCE, type FoundTarget } from './judge-tags.ts'
import type { RemovalNotes } from './types.ts'

export interface Batch {
  readonly deps: { readonly registry: RegistryClient; readonly now: () => Date }
  readonly repository: string
  readonly hold: Pick<WriteHold, 'stopsPushes'>
  readonly dummy: Manifest
  readonly deadline: Date
  readonly notes: RemovalNotes
}

export const DISABLED =
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

/** What was read under a hold that everybody heeds is not read twice: the hold outlasts the deadline. */
async function isUnchanged({ deps, repository, hold, notes }: Batch, target: FoundTarget) {
  if (hold.stopsPushes) return true
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
    const outcome = await deleteDummy(deps.registry, { repository, reference: dummy.digest })
    if (outcome === 'disabled') throw new Error('the registry allows no deletes any more')
    for (const tag of tags) notes.remove(tag)
  } catch (error) {
    for (const tag of tags) unfinished(batch, tag, error)
  }
}

/**
 * Removes what was found and written down; what became of each tag is noted.
 *
 * @throws AppError CONFLICT (409) when the registry allows no deletes
 */
export async function removeFound(batch: Batch, targets: readonly FoundTarget[]): Promise<void> {
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
