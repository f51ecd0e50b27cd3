import { readAccessoryTag } from '../../protocol/accessory.ts'
import { matchesPattern } from '../../protocol/pattern.ts'
import { pathInProject } from '../../protocol/reference.ts'
import type { ImmutableTagRule, ProjectPolicies, TagName } from '../types.ts'
import type { TagState } from './tag-state-queries.ts'

/** Whether a tag is immutable by the rules that hold in its repository. */
export type IsImmutable = (tag: string) => boolean

/**
 * A tag of clients that is about a manifest, such as its list of signatures, changes with every one
 * that is added: only a pattern that begins as such tags do means it.
 */
const fits = (pattern: string, tag: string): boolean =>
  matchesPattern(pattern, tag) &&
  (pattern.startsWith('sha256-') || readAccessoryTag(tag) === undefined)

/** The rules of a project, as they hold in one of its repositories. */
export function rulesIn(repository: string, rules: readonly ImmutableTagRule[]): IsImmutable {
  const path = pathInProject(repository)
  const patterns = rules
    .filter(({ repositories }) => repositories.some((pattern) => matchesPattern(pattern, path)))
    .flatMap(({ tags }) => tags)
  return (tag) => patterns.some((pattern) => fits(pattern, tag))
}

export const isImmutable = (
  rules: readonly ImmutableTagRule[],
  { repository, tag }: TagName,
): boolean => rulesIn(repository, rules)(tag)

/** Whether what a tag is on, or was on, counts: a tag that went before there was this project is none of it (R4). */
export const isBinding = ({ goneAt }: TagState, { createdAt }: ProjectPolicies): boolean =>
  goneAt === undefined || goneAt >= createdAt
