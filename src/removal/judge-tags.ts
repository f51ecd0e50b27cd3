import pLimit from 'p-limit'
import type { RegistryClient } from '../registry/client.ts'
import type { Manifest } from '../registry/manifests.ts'
import { isEmptyIndex } from './empty-index.ts'
import { hasOtherImage } from './layers-proof.ts'
import type { RemovalNotes, TagTarget } from './types.ts'

/** Calls to the registry at once; it has sixteen connections of ours for everybody. */
export const CALLS_AT_ONCE = 6

/** Manifests of one batch that are in memory together; what is beyond waits for the next batch. */
const MOST_BYTES = 8 * 1024 * 1024

export interface FoundTarget extends TagTarget {
  readonly manifest: Manifest
}

export interface JudgeTagsDeps {
  readonly registry: RegistryClient
  readonly findImmutable: FindImmutable
}

/** The rule or fact that keeps each of these tags as it is, by tag; tags that may go are left out. */
export type FindImmutable = (
  repository: string,
  tags: readonly string[],
) => Promise<ReadonlyMap<string, string>>

export interface JudgeTagsInput {
  readonly repository: string
  readonly targets: readonly TagTarget[]
}

/**
 * Reads tags live and tells which of them may go. The others get their note, except those for which
 * this batch has no room: they get none.
 */
export async function judgeTags(
  { registry, findImmutable }: JudgeTagsDeps,
  { repository, targets }: JudgeTagsInput,
  notes: RemovalNotes,
): Promise<readonly FoundTarget[]> {
  const limit = pLimit(CALLS_AT_ONCE)
  const immutable = await findImmutable(
    repository,
    targets.map(({ tag }) => tag),
  )
  let proof: Promise<boolean> | undefined
  let bytes = 0
  const judge = async (target: TagTarget): Promise<FoundTarget | undefined> => {
    if (bytes > MOST_BYTES) return undefined
    const { tag, digest } = target
    const why = immutable.get(tag)
    if (why !== undefined) return notes.keep(tag, 'immutable', why)
    const manifest = await registry.readManifest({ repository, reference: tag })
    if (manifest === undefined) {
      return notes.keep(tag, 'absent', `there is no tag ${tag} in ${repository}`)
    }
    if (digest !== undefined && manifest.digest !== digest) {
      return notes.keep(
        tag,
        'changed',
        `the tag ${tag} of ${repository} is on ${manifest.digest} by now, not on ${digest}`,
      )
    }
    if (isEmptyIndex(manifest)) {
      // In a repository without any layer the registry's collector would stumble over our index.
      proof ??= hasOtherImage(registry, { repository, tag })
      if (!(await proof)) {
        return notes.keep(
          tag,
          'hollow',
          `the tag ${tag} of ${repository} is on an index without entries and no other tag there is seen to be on an image, so it cannot be deleted by itself; push an image to it first`,
        )
      }
    }
    bytes += manifest.content.length
    return { ...target, manifest }
  }
  const judged = await Promise.all(targets.map((target) => limit(() => judge(target))))
  return judged.filter((target) => target !== undefined)
}
