import { type JudgeInput, judgeByRules } from './judge-by-rules.ts'
import {
  findFollowers,
  keepNeeded,
  mapRepository,
  type RepositoryMap,
  subjectOf,
} from './keep-needed.ts'
import type { JudgedTag, ManifestLinks, TagDecision } from './types.ts'

export interface DecideInput extends JudgeInput {
  readonly tags: readonly JudgedTag[]
  readonly links: ManifestLinks
}

export interface Decisions {
  /** One for each tag, by name; what is about an image comes behind all that is not. */
  readonly decisions: readonly TagDecision[]
  /** Every manifest that a kept tag is on or needs. */
  readonly needed: ReadonlySet<string>
}

const isKept = ({ decision }: TagDecision): boolean => decision === 'keep'

const byName = (a: TagDecision, b: TagDecision): number => (a.tag.name < b.tag.name ? -1 : 1)

interface Judged {
  readonly kept: readonly TagDecision[]
  readonly unkept: readonly TagDecision[]
}

/**
 * Tags about a manifest, by their names, have no rules of their own: they stay and go with it. Where
 * it has no tag itself they stay, since somebody may run it by its digest.
 */
function judge(input: DecideInput, map: RepositoryMap): Judged {
  const isJudged = (tag: JudgedTag): boolean => tag.isImmutable || subjectOf(tag) === undefined
  const judged = input.tags.filter(isJudged)
  const followers = findFollowers(map, judged)
  const about = input.tags
    .filter((tag) => !isJudged(tag))
    .map(
      (tag): TagDecision =>
        followers.has(tag)
          ? { tag, decision: 'remove', reason: 'subject' }
          : { tag, decision: 'keep', reason: 'untaggedSubject' },
    )
  const all = [...judgeByRules(judged, input), ...about]
  return { kept: all.filter(isKept), unkept: all.filter((one) => !isKept(one)) }
}

/**
 * Decides for every tag of one repository whether it is kept or removed, and why. Pure: all it needs
 * is in the question. Each tag is decided for itself, also where several are on one digest.
 */
export function decideRetention(input: DecideInput): Decisions {
  const map = mapRepository(input.tags, input.links)
  const { kept, unkept } = judge(input, map)
  const needed = keepNeeded(
    map,
    kept.map(({ tag }) => tag),
  )
  const names = new Set(needed.decisions.map(({ tag }) => tag.name))
  const removed = unkept.filter(({ tag }) => !names.has(tag.name))
  const all = [...kept, ...needed.decisions, ...removed].toSorted(byName)
  const isAbout = ({ tag }: TagDecision): boolean => subjectOf(tag) !== undefined
  return {
    decisions: [...all.filter((one) => !isAbout(one)), ...all.filter(isAbout)],
    needed: needed.digests,
  }
}

/**
 * Bytes that the removed tags may set free once what has no tag is collected: of each image that no
 * kept tag is on or needs, once. What it shares with other images stays, so it is at most so much.
 *
 * @param bytesOf of a tag with all that it leads to; undefined where that was not measured
 * @returns by the name of the tag
 */
export function countReclaimable(
  { decisions, needed }: Decisions,
  bytesOf: (tag: JudgedTag) => number | undefined,
): ReadonlyMap<string, number | undefined> {
  const counted = new Set(needed)
  const bytes = new Map<string, number | undefined>()
  for (const { tag, decision } of decisions) {
    const isFirst = decision === 'remove' && !counted.has(tag.digest)
    bytes.set(tag.name, isFirst ? bytesOf(tag) : 0)
    if (isFirst) counted.add(tag.digest)
  }
  return bytes
}
