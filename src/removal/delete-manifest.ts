import { actorOf, recordAudit } from '../audit/record.ts'
import { inTransaction } from '../database/transaction.ts'
import { AppError } from '../errors.ts'
import type { Caller } from '../http/caller.ts'
import { listReferrers } from '../images/browse/read-manifest.ts'
import { markDirty } from '../images/dirty-queries.ts'
import { requireRepository } from '../images/require-repository.ts'
import { readAccessoryTag } from '../protocol/accessory.ts'
import { projectOf } from '../protocol/reference.ts'
import type { DeleteTagDeps } from './delete-tag.ts'
import { findNeeds, type Needs } from './find-needs.ts'
import { DISABLED } from './remove-found.ts'

/** A look at every tag of a repository may take this long, under the hold. */
const LOOK_MS = 45_000
const MOST_NAMED = 10
const MOST_REFERRERS = 20

export interface ManifestInput {
  readonly caller: Caller
  readonly repository: string
  readonly digest: string
}

/** What hangs on a manifest, as it was found live; referrers by what the index knows. */
export interface ManifestNeeds extends Needs {
  readonly referrers: readonly string[]
}

const conflict = (detail: string): AppError => new AppError('CONFLICT', { detail })

const name = (names: readonly string[]): string =>
  names.length > MOST_NAMED
    ? `${names.slice(0, MOST_NAMED).join(', ')} and ${names.length - MOST_NAMED} more`
    : names.join(', ')

async function readNeeds(
  { database, registry }: DeleteTagDeps,
  { repository, digest }: ManifestInput,
): Promise<ManifestNeeds> {
  const signal = AbortSignal.timeout(LOOK_MS)
  const manifest = await registry.findManifest({ repository, reference: digest }, { signal })
  if (manifest === undefined) {
    const detail = `there is no manifest ${digest} in ${repository}`
    throw new AppError('MANIFEST_UNKNOWN', { detail })
  }
  const needs = await findNeeds({ database, registry }, { repository, digest, signal })
  const referrers = await listReferrers(database, { repository, digest, artifactType: undefined })
  return {
    tags: needs.tags.toSorted(),
    indexes: needs.indexes.toSorted(),
    referrers: referrers.map((referrer) => referrer.digest).toSorted(),
  }
}

/**
 * Looks at the live registry for what hangs on a manifest: tags on it, indexes that lead to it, and
 * signatures and the like about it.
 *
 * @throws AppError UNAUTHORIZED (401), DENIED (403), REPOSITORY_UNKNOWN or MANIFEST_UNKNOWN (404)
 */
export async function readManifestNeeds(
  deps: DeleteTagDeps,
  input: ManifestInput,
): Promise<ManifestNeeds> {
  await requireRepository(deps, { ...input, permission: 'repository:delete' })
  return readNeeds(deps, input)
}

export interface DeleteManifestInput extends ManifestInput {
  /** The tags that are to go with it; undefined where none were named. */
  readonly tags: readonly string[] | undefined
  /** Whether what is about it goes, too. */
  readonly takesReferrers: boolean
  /** What `If-Match` asks of the needs; `isAsked` where it was sent. */
  readonly condition: { readonly isAsked: boolean; readonly check: (needs: ManifestNeeds) => void }
}

function requireConfirmed(
  { repository, digest, tags: named, condition }: DeleteManifestInput,
  { tags }: ManifestNeeds,
): void {
  if (tags.length === 0 || (condition.isAsked && named === undefined)) return
  if (
    named !== undefined &&
    name(named.toSorted()) === name(tags) &&
    named.length === tags.length
  ) {
    return
  }
  throw conflict(
    `${tags.length === 1 ? 'the tag' : 'the tags'} ${name(tags)} of ${repository} would go with ${digest}; to delete the manifest name all of them, as ?tags=${name(tags).replaceAll(', ', ',')}, or delete one tag by itself`,
  )
}

async function requireDeletable(
  { findImmutable }: DeleteTagDeps,
  input: DeleteManifestInput,
  needs: ManifestNeeds,
): Promise<void> {
  const { repository, condition, takesReferrers } = input
  condition.check(needs)
  if (needs.indexes.length > 0) {
    throw conflict(
      `${name(needs.indexes)} of ${repository} leads to this manifest and would be broken without it; delete that first`,
    )
  }
  if (needs.referrers.length > 0 && !takesReferrers) {
    throw conflict(
      `${name(needs.referrers)} of ${repository} is about this manifest; say ?referrers=delete to let that go, too`,
    )
  }
  requireConfirmed(input, needs)
  const [rule] = (await findImmutable(repository, needs.tags)).values()
  if (rule !== undefined) throw conflict(rule)
}

/** A signature that somebody tagged by a name of its own is theirs, and stays. */
async function requireOwn(
  { database, registry, findImmutable }: DeleteTagDeps,
  { repository, digest: subject }: DeleteManifestInput,
  referrer: string,
): Promise<readonly string[]> {
  const signal = AbortSignal.timeout(LOOK_MS)
  const sought = { repository, digest: referrer, signal }
  const { tags } = await findNeeds({ database, registry }, sought)
  const own = tags.find((tag) => readAccessoryTag(tag)?.subjectDigest !== subject)
  if (own !== undefined) {
    throw conflict(
      `${referrer}, which is about this manifest, has the tag ${own}; delete that first`,
    )
  }
  const [rule] = (await findImmutable(repository, tags)).values()
  if (rule !== undefined) throw conflict(rule)
  return tags
}

/** @returns the tags of all of them */
async function requireReferrersFree(
  deps: DeleteTagDeps,
  input: DeleteManifestInput,
  { referrers }: ManifestNeeds,
): Promise<readonly string[]> {
  if (referrers.length > MOST_REFERRERS) {
    throw conflict(
      `${referrers.length} manifests are about this one, and ${MOST_REFERRERS} go with it at most; delete some of them first`,
    )
  }
  const tags: string[] = []
  for (const referrer of referrers) tags.push(...(await requireOwn(deps, input, referrer)))
  return tags
}

async function finish(
  { database }: DeleteTagDeps,
  { caller, repository, digest }: DeleteManifestInput,
  gone: readonly string[],
): Promise<void> {
  const { actorName: actor } = actorOf(caller.subject)
  await inTransaction(database, async (transaction) => {
    await markDirty(
      transaction,
      gone.map((reference) => ({ repository, reference, actor, isDeletion: true })),
    )
    await recordAudit(transaction, caller, {
      action: 'manifest.delete',
      target: `${repository}@${digest}`,
      project: projectOf(repository),
      outcome: 'done',
    })
  })
}

async function deleteHeld(deps: DeleteTagDeps, input: DeleteManifestInput): Promise<void> {
  const { repository, digest, takesReferrers } = input
  const needs = await readNeeds(deps, input)
  await requireDeletable(deps, input, needs)
  const going = takesReferrers ? needs.referrers : []
  const tags = takesReferrers ? await requireReferrersFree(deps, input, needs) : []
  // The subject comes last: what is cut off before leaves it whole.
  for (const reference of [...going, digest]) {
    const outcome = await deps.registry.deleteManifest({ repository, reference })
    if (outcome === 'disabled') throw conflict(DISABLED)
  }
  await finish(deps, input, [...going, ...tags, digest, ...needs.tags])
}

/**
 * Deletes a manifest with the tags that are on it, which have to be named: the registry takes along
 * every tag of a digest, known to the caller or not. It is looked at live and under a hold (R22).
 *
 * @throws AppError UNAUTHORIZED (401), DENIED (403), REPOSITORY_UNKNOWN or MANIFEST_UNKNOWN (404)
 * @throws AppError CONFLICT (409) while tags on it are not named, an index needs it, a rule keeps one
 *   of its tags, something is about it, or the registry allows no deletes
 * @throws AppError PRECONDITION_FAILED (412), UNAVAILABLE (503)
 */
export async function deleteManifest(
  deps: DeleteTagDeps,
  input: DeleteManifestInput,
): Promise<void> {
  const { repository } = input
  await requireRepository(deps, { ...input, permission: 'repository:delete' })
  // What is refused anyway is refused at once, and holds nobody up.
  await requireDeletable(deps, input, await readNeeds(deps, input))
  const reason = `a manifest of ${repository} is being deleted`
  const hold = await deps.holdTags({ repository, tags: undefined, reason })
  try {
    await deleteHeld(deps, input)
  } finally {
    await hold.release()
  }
}
