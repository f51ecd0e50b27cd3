import { randomUUID } from 'node:crypto'
import { actorOf, recordAudit } from '../audit/record.ts'
import { isDuplicateKey } from '../database/database-error.ts'
import type { Database } from '../database/open-database.ts'
import { inTransaction } from '../database/transaction.ts'
import { AppError } from '../errors.ts'
import { describeHold } from '../holds/describe-hold.ts'
import { findHold } from '../holds/find-hold.ts'
import type { Caller } from '../http/caller.ts'
import { markDirty } from '../images/dirty-queries.ts'
import { requireRepository } from '../images/require-repository.ts'
import { projectOf } from '../protocol/reference.ts'
import type { RegistryClient } from '../registry/client.ts'
import type { Manifest } from '../registry/manifests.ts'
import { createEmptyIndex, isEmptyIndex } from './empty-index.ts'
import { hasOtherImage } from './layers-proof.ts'
import { deleteTagRemoval, insertTagRemoval, type TagRemoval } from './queries.ts'

/**
 * Another process takes a removal over after this. Whoever holds it begins no write after
 * `WORK_SECONDS`; the registry takes the token of the last one for 60 seconds and 60 of leeway (R24).
 */
export const TERM_SECONDS = 240
export const WORK_SECONDS = 60

export interface DeleteTagDeps {
  readonly database: Database
  readonly registry: RegistryClient
  readonly now: () => Date
}

export interface DeleteTagInput {
  readonly caller: Caller
  readonly repository: string
  readonly tag: string
}

const conflict = (detail: string): AppError => new AppError('CONFLICT', { detail })

/** A registry that takes no pushes loses no tags, either. */
async function requireNoHold(
  { database }: DeleteTagDeps,
  { repository, tag }: DeleteTagInput,
): Promise<void> {
  const hold = await findHold(database, { repository, tag })
  if (hold !== undefined) throw conflict(describeHold(hold))
}

async function readRemovable(
  registry: RegistryClient,
  { repository, tag }: DeleteTagInput,
): Promise<Manifest> {
  const manifest = await registry.readManifest({ repository, reference: tag })
  if (manifest === undefined) {
    throw new AppError('TAG_UNKNOWN', { detail: `there is no tag ${tag} in ${repository}` })
  }
  if (isEmptyIndex(manifest) && !(await hasOtherImage(registry, { repository, tag }))) {
    // In a repository without any layer the registry's collector would stumble over our index.
    throw conflict(
      `the tag ${tag} of ${repository} is on an index without entries and no other tag there is seen to be on an image, so it cannot be deleted by itself; push an image to it first`,
    )
  }
  return manifest
}

async function announce(
  { database }: DeleteTagDeps,
  removal: TagRemoval,
  holder: string,
): Promise<void> {
  try {
    await insertTagRemoval(database, removal, { holder, termSeconds: TERM_SECONDS })
  } catch (error) {
    if (!isDuplicateKey(error)) throw error
    throw conflict(`the tag ${removal.tag} of ${removal.repository} is being deleted already`)
  }
}

/** The registry answers 405 to a delete of what is not even there when it allows none. */
async function proveDeletesWork(registry: RegistryClient, removal: TagRemoval): Promise<void> {
  const { repository, dummyDigest } = removal
  if ((await registry.deleteManifest({ repository, reference: dummyDigest })) !== 'disabled') return
  throw conflict(
    'the registry is configured without deletes; set storage.delete.enabled to true in its configuration',
  )
}

async function requireUnchanged(registry: RegistryClient, removal: TagRemoval): Promise<void> {
  const { repository, tag, digest } = removal
  const current = await registry.findManifest({ repository, reference: tag })
  if (current?.digest === digest) return
  throw conflict(`the tag ${tag} of ${repository} was changed at this moment; look at it again`)
}

/** Nothing has been done to the tag yet: any failure here leaves all as it was. */
async function checkBeforeRemoval(deps: DeleteTagDeps, removal: TagRemoval, holder: string) {
  try {
    await proveDeletesWork(deps.registry, removal)
    await requireUnchanged(deps.registry, removal)
  } catch (error) {
    await deleteTagRemoval(deps.database, removal, holder)
    throw error
  }
}

const inTheMiddle = ({ repository, tag }: TagRemoval, cause: unknown): AppError =>
  new AppError('UNAVAILABLE', {
    detail: `the registry stopped answering while the tag ${tag} of ${repository} was being deleted; the deletion is completed or undone by itself within minutes`,
    retryAfterSeconds: TERM_SECONDS,
    cause,
  })

/** The index reads it again: the registry's own word may come late, or not at all. */
export const markRemoved = (
  transaction: Database,
  { repository, tag, actorName }: TagRemoval,
): Promise<void> =>
  markDirty(transaction, [{ repository, reference: tag, actor: actorName, isDeletion: true }])

/** From the first write on, what fails is left to `recoverRemovals`: its outcome is not known. */
async function removeByEmptyIndex(
  { registry, now }: DeleteTagDeps,
  { removal, dummy, deadline }: { removal: TagRemoval; dummy: Manifest; deadline: Date },
): Promise<void> {
  const { repository, tag } = removal
  try {
    if (now() > deadline) throw new Error('the time for this removal is over')
    await registry.putManifest({ repository, reference: tag }, dummy)
    const outcome = await registry.deleteManifest({ repository, reference: dummy.digest })
    if (outcome === 'disabled') throw new Error('the registry allows no deletes any more')
  } catch (error) {
    throw inTheMiddle(removal, error)
  }
}

/**
 * Deletes one tag and leaves its siblings on the same digest alone.
 *
 * Registry 2.8 deletes digests only, with every tag that is on them. So a unique empty index is put
 * on the tag, and that is deleted. What is done is written down first, so that another process can
 * finish it. A push to the same tag in the very moment of its removal may go with it.
 *
 * @throws AppError UNAUTHORIZED (401), DENIED (403), REPOSITORY_UNKNOWN or TAG_UNKNOWN (404)
 * @throws AppError CONFLICT (409) when something holds it, it is being deleted already, has just been
 *   changed, or when the registry allows no deletes
 * @throws AppError UNAVAILABLE (503)
 */
export async function deleteTag(deps: DeleteTagDeps, input: DeleteTagInput): Promise<void> {
  const { caller, repository, tag } = input
  await requireRepository(deps, { caller, repository, permission: 'repository:delete' })
  await requireNoHold(deps, input)
  const manifest = await readRemovable(deps.registry, input)
  const dummy = createEmptyIndex()
  const holder = randomUUID()
  const removal: TagRemoval = {
    ...manifest,
    repository,
    tag,
    dummyDigest: dummy.digest,
    ...actorOf(caller.subject),
  }
  const deadline = new Date(deps.now().getTime() + WORK_SECONDS * 1000)
  await announce(deps, removal, holder)
  await checkBeforeRemoval(deps, removal, holder)
  await removeByEmptyIndex(deps, { removal, dummy, deadline })
  await inTransaction(deps.database, async (transaction) => {
    await markRemoved(transaction, removal)
    // Who took it over writes it down.
    if (!(await deleteTagRemoval(transaction, removal, holder))) return
    await recordAudit(transaction, caller, {
      action: 'tag.delete',
      target: `${repository}:${tag}`,
      project: projectOf(repository),
      outcome: 'done',
    })
  })
}
