import { listReferrers } from '../images/browse/read-manifest.ts'
import { readAccessoryTag } from '../protocol/accessory.ts'
import type { DeleteTagDeps } from './delete-tag.ts'
import { findNeeds } from './find-needs.ts'
import { conflict, LOOK_MS, type ManifestInput, type ManifestNeeds } from './read-needs.ts'

const MOST_REFERRERS = 20

/** What is about a referrer would be about nothing: only what goes along may be. */
async function requireNothingAbout(
  { database }: DeleteTagDeps,
  { repository }: ManifestInput,
  { referrer, referrers }: { readonly referrer: string; readonly referrers: readonly string[] },
): Promise<void> {
  const asked = { repository, digest: referrer, artifactType: undefined }
  const about = (await listReferrers(database, asked)).map(({ digest }) => digest)
  const staying = about.find((digest) => !referrers.includes(digest))
  if (staying === undefined) return
  throw conflict(`${staying} is about ${referrer}, which is about this manifest; delete that first`)
}

/** A signature that somebody tagged by a name of its own is theirs, and stays. */
async function requireOwn(
  { database, registry, findImmutable }: DeleteTagDeps,
  { repository, digest: subject }: ManifestInput,
  referrer: string,
): Promise<readonly string[]> {
  const signal = AbortSignal.timeout(LOOK_MS)
  const sought = { repository, digest: referrer, signal }
  const { tags, indexes } = await findNeeds({ database, registry }, sought)
  const own = [...tags, ...indexes].find((tag) => readAccessoryTag(tag)?.subjectDigest !== subject)
  if (own !== undefined) {
    throw conflict(
      `${referrer}, which is about this manifest, is needed by ${own}; delete that first`,
    )
  }
  const [rule] = (await findImmutable(repository, tags)).values()
  if (rule !== undefined) throw conflict(rule)
  return tags
}

/**
 * Sees that what is about a manifest may go with it.
 *
 * @returns the tags of all of them
 * @throws AppError CONFLICT (409)
 */
export async function requireReferrersFree(
  deps: DeleteTagDeps,
  input: ManifestInput,
  { referrers }: ManifestNeeds,
): Promise<readonly string[]> {
  if (referrers.length > MOST_REFERRERS) {
    throw conflict(
      `${referrers.length} manifests are about this one, and ${MOST_REFERRERS} go with it at most; delete some of them first`,
    )
  }
  const tags: string[] = []
  for (const referrer of referrers) {
    await requireNothingAbout(deps, input, { referrer, referrers })
    tags.push(...(await requireOwn(deps, input, referrer)))
  }
  return tags
}
