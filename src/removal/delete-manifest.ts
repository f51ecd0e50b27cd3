import { actorWithOrigin } from '../audit/record.ts'
import { inTransaction } from '../database/transaction.ts'
import type { WriteHold } from '../holds/hold-tags.ts'
import { requirePresent } from '../http/caller.ts'
import { markDirty } from '../images/dirty-queries.ts'
import { requireRepository } from '../images/require-repository.ts'
import { type AnnouncedManifests, announceManifests } from './announce-manifests.ts'
import type { DeleteTagDeps } from './delete-tag.ts'
import {
  conflict,
  type ManifestInput,
  type ManifestNeeds,
  nameSome,
  readNeeds,
} from './read-needs.ts'
import { DISABLED } from './remove-found.ts'
import { requireReferrersFree } from './take-referrers.ts'
import { underHold } from './under-hold.ts'

const MOST_WRITTEN_DOWN = 10

export interface DeleteManifestInput extends ManifestInput {
  /** The tags that are to go with it; undefined where none were named. */
  readonly tags: readonly string[] | undefined
  /** Whether what is about it goes, too. */
  readonly takesReferrers: boolean
  /** What `If-Match` asks of the needs; `isAsked` where it was sent. */
  readonly condition: { readonly isAsked: boolean; readonly check: (needs: ManifestNeeds) => void }
}

/** How the tags are confirmed: by name where somebody can write all of them down. */
const confirmation = (tags: readonly string[]): string =>
  tags.length <= MOST_WRITTEN_DOWN
    ? `name all of them, as ?tags=${tags.join(',')}`
    : 'name all of them in ?tags= or send the ETag of its needs as If-Match'

function requireConfirmed(
  { repository, digest, tags: named, condition }: DeleteManifestInput,
  { tags }: ManifestNeeds,
): void {
  if (tags.length === 0 || (condition.isAsked && named === undefined)) return
  if (named?.toSorted().join() === tags.join()) return
  throw conflict(
    `${tags.length === 1 ? 'the tag' : 'the tags'} ${nameSome(tags)} of ${repository} would go with ${digest}; to delete the manifest ${confirmation(tags)}, or delete one tag by itself`,
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
      `${nameSome(needs.indexes)} of ${repository} leads to this manifest and would be broken without it; delete that first`,
    )
  }
  if (needs.referrers.length > 0 && !takesReferrers) {
    throw conflict(
      `${nameSome(needs.referrers)} of ${repository} is about this manifest; say ?referrers=delete to let that go, too`,
    )
  }
  requireConfirmed(input, needs)
  const [rule] = (await findImmutable(repository, needs.tags)).values()
  if (rule !== undefined) throw conflict(rule)
}

interface Going {
  readonly digests: readonly string[]
  readonly hold: Pick<WriteHold, 'prolong'>
  readonly announced: AnnouncedManifests
}

/** @returns what was deleted, all of it or what came before the registry said that it deletes nothing */
async function deleteEach(
  { registry }: DeleteTagDeps,
  { repository, digest }: DeleteManifestInput,
  { digests, hold, announced }: Going,
): Promise<{ readonly deleted: readonly string[]; readonly isDisabled: boolean }> {
  const deleted: string[] = []
  for (const reference of digests) {
    // What was read may have taken longer than the hold was for: then pushes went on.
    await hold.prolong()
    await announced.prolong()
    const outcome = await registry.deleteManifest({ repository, reference })
    if (outcome === 'disabled') return { deleted, isDisabled: true }
    // The index may know of a referrer that is gone; the manifest itself was seen a moment ago.
    if (outcome === 'deleted' || reference === digest) deleted.push(reference)
  }
  return { deleted, isDisabled: false }
}

async function deleteHeld(
  deps: DeleteTagDeps,
  input: DeleteManifestInput,
  hold: Pick<WriteHold, 'prolong'>,
): Promise<void> {
  const { database } = deps
  const { caller, repository, digest, takesReferrers } = input
  const needs = await readNeeds(deps, input)
  await requireDeletable(deps, input, needs)
  const tags = takesReferrers ? await requireReferrersFree(deps, input, needs) : []
  requirePresent(caller)
  // The subject comes last: what is cut off before leaves it whole.
  const digests = [...(takesReferrers ? needs.referrers : []), digest]
  const actor = actorWithOrigin(caller)
  const announced = await announceManifests(database, { repository, digests, actor })
  const going = { digests, hold, announced }
  const { deleted, isDisabled } = await deleteEach(deps, input, going)
  const gone = isDisabled ? deleted : [...digests, ...tags, ...needs.tags]
  await inTransaction(database, async (transaction) => {
    const about = { repository, actor: actor.actorName, isDeletion: true }
    await markDirty(
      transaction,
      gone.map((reference) => ({ ...about, reference })),
    )
    await announced.end(transaction, deleted)
  })
  if (isDisabled) throw conflict(DISABLED)
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
  await underHold(hold, () => deleteHeld(deps, input, hold))
}
