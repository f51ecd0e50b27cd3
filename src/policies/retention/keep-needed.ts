import { readAccessoryTag } from '../../protocol/accessory.ts'
import type { JudgedTag, ManifestLinks, TagDecision } from './types.ts'

const groupBy = <T>(
  items: Iterable<T>,
  keyOf: (item: T) => string | undefined,
): ReadonlyMap<string, readonly T[]> => {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const key = keyOf(item)
    if (key === undefined) continue
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [item])
    else group.push(item)
  }
  return groups
}

/** The manifest that a tag is about by its name, such as those of cosign. */
export const subjectOf = ({ name }: JudgedTag): string | undefined =>
  readAccessoryTag(name)?.subjectDigest

/** What stands where in a repository. */
export interface RepositoryMap {
  readonly links: ManifestLinks
  readonly tagsOn: ReadonlyMap<string, readonly JudgedTag[]>
  /** Tags that are about a manifest by their names. */
  readonly accessoriesOf: ReadonlyMap<string, readonly JudgedTag[]>
  /** Digests of manifests that name a manifest as their subject. */
  readonly referrersOf: ReadonlyMap<string, readonly string[]>
}

export function mapRepository(tags: readonly JudgedTag[], links: ManifestLinks): RepositoryMap {
  const referrers = groupBy(links.subjects, ([, subject]) => subject)
  return {
    links,
    tagsOn: groupBy(tags, ({ digest }) => digest),
    accessoriesOf: groupBy(tags, subjectOf),
    referrersOf: new Map(
      [...referrers].map(([subject, pairs]) => [subject, pairs.map(([digest]) => digest)]),
    ),
  }
}

export interface Needed {
  /** Kept because others are. */
  readonly decisions: readonly TagDecision[]
  /** Every manifest that a kept tag is on or needs. */
  readonly digests: ReadonlySet<string>
}

const groupOf = <T>(groups: ReadonlyMap<string, readonly T[]>, key: string): readonly T[] =>
  groups.get(key) ?? []

/** What a manifest is not whole without: what it is about, what it leads to, what is about it. */
const neededWith = ({ links, referrersOf }: RepositoryMap, digest: string): readonly string[] => {
  const subject = links.subjects.get(digest)
  const inner = [...groupOf(links.children, digest), ...groupOf(referrersOf, digest)]
  return subject === undefined ? inner : [subject, ...inner]
}

interface Need {
  readonly digest: string
  /** The kept tag. */
  readonly by: string
}

function needsOf(tag: JudgedTag): readonly Need[] {
  const subject = subjectOf(tag)
  const digests = subject === undefined ? [tag.digest] : [tag.digest, subject]
  return digests.map((digest) => ({ digest, by: tag.name }))
}

/**
 * Goes from the tags that are kept to all that they need: what an index leads to, what a signature is
 * about, and what is about either. A manifest that is needed keeps its tags, unless one of them is
 * kept already: then the others may go, and it stays. Each manifest is visited once (R33).
 */
export function keepNeeded(map: RepositoryMap, kept: readonly JudgedTag[]): Needed {
  const names = new Set(kept.map(({ name }) => name))
  const held = new Set(kept.map(({ digest }) => digest))
  const decisions: TagDecision[] = []
  const digests = new Set<string>()
  const waiting = kept.flatMap(needsOf)
  const keep = (tags: readonly JudgedTag[], neededBy: string): void => {
    for (const tag of tags.filter(({ name }) => !names.has(name))) {
      names.add(tag.name)
      held.add(tag.digest)
      decisions.push({ tag, decision: 'keep', reason: 'needed', neededBy })
      waiting.push(...needsOf(tag))
    }
  }
  // A list goes on with what is added to it while it is walked.
  for (const { digest, by } of waiting) {
    if (digests.has(digest)) continue
    digests.add(digest)
    if (!held.has(digest)) keep(groupOf(map.tagsOn, digest), by)
    keep(groupOf(map.accessoriesOf, digest), by)
    waiting.push(...neededWith(map, digest).map((next) => ({ digest: next, by })))
  }
  return { decisions, digests }
}

/**
 * Goes from tags to what is about them, about what they lead to, and about that.
 *
 * @returns the tags that are so by their names
 */
export function findFollowers(
  { links, accessoriesOf, referrersOf }: RepositoryMap,
  tags: readonly JudgedTag[],
): ReadonlySet<JudgedTag> {
  const followers = new Set<JudgedTag>()
  // A set goes on with what is added to it while it is walked.
  const digests = new Set(tags.map(({ digest }) => digest))
  for (const digest of digests) {
    for (const tag of groupOf(accessoriesOf, digest)) {
      followers.add(tag)
      digests.add(tag.digest)
    }
    for (const child of groupOf(links.children, digest)) digests.add(child)
    for (const referrer of groupOf(referrersOf, digest)) digests.add(referrer)
  }
  return followers
}
