import pLimit from 'p-limit'
import type { Database } from '../database/open-database.ts'
import { isOwnFailure } from '../registry/answers.ts'
import type { RegistryClient } from '../registry/client.ts'
import type { Manifest } from '../registry/manifests.ts'
import { isEmptyIndex } from './empty-index.ts'
import { hasOtherImage } from './layers-proof.ts'
import { listDummyDigests } from './queries.ts'
import type { RemovalNotes, TagTarget } from './types.ts'

/** Calls to the registry at once; it has sixteen connections of ours for everybody. */
export const CALLS_AT_ONCE = 6

/** Manifests of one batch that are in memory together; what is beyond waits for the next batch. */
const MOST_BYTES = 8 * 1024 * 1024

/** More than that at once are no matter of single tags, but of the registry. */
export const MOST_UNREADABLE = 20

const UNREADABLE = 'where that stays so, push the tag again, or see to the storage of the registry'

export interface FoundTarget extends TagTarget {
  readonly manifest: Manifest
}

export interface JudgeTagsDeps {
  readonly database: Database
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

const HOLLOW =
  'is on an index without entries and no other tag there is seen to be on an image, so it cannot be deleted by itself; push an image to it first'

interface Judging extends JudgeTagsInput {
  readonly notes: RemovalNotes
  readonly immutable: ReadonlyMap<string, string>
  /** Whether the repository has an image besides; asked once. */
  readonly hasImage: (tag: string) => Promise<boolean>
  /** Whether a removal that was cut off has put this on a tag, and is finished by itself. */
  readonly isOurs: (manifest: Manifest) => Promise<boolean>
}

/** Whether what a tag is on says that it stays; that is noted then. */
async function isKept(
  { notes, repository, hasImage, isOurs }: Judging,
  { tag, digest }: TagTarget,
  manifest: Manifest,
): Promise<boolean> {
  if (digest !== undefined && manifest.digest !== digest) {
    // Nobody has changed it then: its removal was cut off, and goes on.
    if (await isOurs(manifest)) {
      notes.keep(tag, 'busy', `the tag ${tag} of ${repository} is being deleted already`)
      return true
    }
    const reason = `the tag ${tag} of ${repository} is on ${manifest.digest} by now, not on ${digest}`
    notes.keep(tag, 'changed', reason)
    return true
  }
  // In a repository without any layer the registry's collector would stumble over our index.
  if (!isEmptyIndex(manifest) || (await hasImage(tag))) return false
  notes.keep(tag, 'hollow', `the tag ${tag} of ${repository} ${HOLLOW}`)
  return true
}

async function judgeTag(
  { registry }: JudgeTagsDeps,
  judging: Judging,
  target: TagTarget,
): Promise<FoundTarget | undefined> {
  const { repository, notes, immutable } = judging
  const { tag } = target
  const rule = immutable.get(tag)
  if (rule !== undefined) return notes.keep(tag, 'immutable', rule)
  const manifest = await registry.readManifest({ repository, reference: tag })
  if (manifest === undefined) {
    return notes.keep(tag, 'absent', `there is no tag ${tag} in ${repository}`)
  }
  return (await isKept(judging, target, manifest)) ? undefined : { ...target, manifest }
}

/** What the registry cannot read is noted, and holds up no other. */
function createJudge(
  deps: JudgeTagsDeps,
  judging: Judging,
): (target: TagTarget) => Promise<FoundTarget | undefined> {
  let unreadable = 0
  return async (target) => {
    try {
      return await judgeTag(deps, judging, target)
    } catch (error) {
      if (!isOwnFailure(error) || ++unreadable > MOST_UNREADABLE) throw error
      const reason = `${error.message}; ${UNREADABLE}`
      return judging.notes.keep(target.tag, 'unreadable', reason, error)
    }
  }
}

/**
 * Reads tags live and tells which of them may go. The others get their note, except those for which
 * this batch has no room: they get none.
 *
 * @throws AppError REGISTRY_FAILED (502), UNAVAILABLE (503) where it is not one tag alone that cannot be read
 */
export async function judgeTags(
  deps: JudgeTagsDeps,
  { repository, targets }: JudgeTagsInput,
  notes: RemovalNotes,
): Promise<readonly FoundTarget[]> {
  const tags = targets.map(({ tag }) => tag)
  const immutable = await deps.findImmutable(repository, tags)
  let proof: Promise<boolean> | undefined
  const hasImage = (tag: string): Promise<boolean> => {
    proof ??= hasOtherImage(deps.registry, { repository, tag })
    return proof
  }
  const isOurs = async (manifest: Manifest): Promise<boolean> =>
    isEmptyIndex(manifest) &&
    (await listDummyDigests(deps.database, [manifest.digest])).has(manifest.digest)
  const judging = { repository, targets, notes, immutable, hasImage, isOurs }
  const judgeOne = createJudge(deps, judging)
  const limit = pLimit(CALLS_AT_ONCE)
  let bytes = 0
  const judge = async (target: TagTarget): Promise<FoundTarget | undefined> => {
    if (bytes > MOST_BYTES) return undefined
    const found = await judgeOne(target)
    bytes += found?.manifest.content.length ?? 0
    return found
  }
  const judged = await Promise.all(targets.map((target) => limit(() => judge(target))))
  return judged.filter((target) => target !== undefined)
}
