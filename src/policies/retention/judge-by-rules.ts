import { matchesPattern } from '../../protocol/pattern.ts'
import type { JudgedTag, KeepReason, RetentionRule, RuleScope, TagDecision } from './types.ts'

const DAY_MS = 86_400_000
const NEVER = Number.NEGATIVE_INFINITY

export interface Times {
  readonly now: Date
  /** Since when every pull was told of; undefined: none ever was. */
  readonly pullsKnownSince: Date | undefined
}

/** Why a rule keeps a tag; undefined where it does not. */
type Verdict = (tag: JudgedTag) => KeepReason | undefined

const fitsAny = (patterns: readonly string[], name: string): boolean =>
  patterns.some((pattern) => matchesPattern(pattern, name))

/** Whether a rule speaks of a repository, by its path in the project. */
export const coversRepository = ({ repositories }: RuleScope, path: string): boolean =>
  fitsAny(repositories, path)

/** The k-th greatest of some times: what is as great as that is among the first k, with all that tie. */
const kthOf = (times: readonly number[], k: number): number =>
  times.toSorted((a, b) => b - a)[k - 1] ?? NEVER

const pulledAtMs = ({ pulledAt }: JudgedTag): number => pulledAt?.getTime() ?? NEVER

/** The latest moment at which it may have been pulled, as far as we know. */
function pulledAtMostMs(tag: JudgedTag, { now, pullsKnownSince = now }: Times): number {
  const known = pulledAtMs(tag)
  return tag.pushedAt <= pullsKnownSince ? Math.max(known, pullsKnownSince.getTime()) : known
}

function byLatestPulled(covered: readonly JudgedTag[], k: number, times: Times): Verdict {
  const limit = kthOf(covered.map(pulledAtMs), k)
  const recentSince = times.now.getTime() - DAY_MS
  return (tag) => {
    if (pulledAtMs(tag) >= limit) return 'rule'
    if (pulledAtMostMs(tag, times) >= limit) return 'unknownPulls'
    return tag.pushedAt.getTime() >= recentSince ? 'recent' : undefined
  }
}

function byPulledWithin(days: number, times: Times): Verdict {
  const limit = times.now.getTime() - days * DAY_MS
  return (tag) => {
    // What was pushed has had no time to be pulled before: its push counts as a use.
    if (Math.max(pulledAtMs(tag), tag.pushedAt.getTime()) >= limit) return 'rule'
    return pulledAtMostMs(tag, times) >= limit ? 'unknownPulls' : undefined
  }
}

function verdictOf(rule: RetentionRule, covered: readonly JudgedTag[], times: Times): Verdict {
  switch (rule.template) {
    case 'always':
      return () => 'rule'
    case 'latestPulled':
      return byLatestPulled(covered, rule.k, times)
    case 'pulledWithin':
      return byPulledWithin(rule.days, times)
    case 'latestPushed': {
      const pushes = covered.map(({ pushedAt }) => pushedAt.getTime())
      const limit = kthOf(pushes, rule.k)
      return ({ pushedAt }) => (pushedAt.getTime() >= limit ? 'rule' : undefined)
    }
    case 'pushedWithin': {
      const limit = times.now.getTime() - rule.days * DAY_MS
      return ({ pushedAt }) => (pushedAt.getTime() >= limit ? 'rule' : undefined)
    }
  }
}

export interface JudgeInput {
  readonly rules: readonly RetentionRule[]
  /** Of the repository, in its project. */
  readonly path: string
  readonly times: Times
}

interface Judge {
  /** Counted from 1. */
  readonly rule: number
  readonly covered: ReadonlySet<JudgedTag>
  readonly verdict: Verdict
}

const createJudges = (
  tags: readonly JudgedTag[],
  { rules, path, times }: JudgeInput,
): readonly Judge[] =>
  rules.flatMap((rule, index) => {
    if (!coversRepository(rule, path)) return []
    const covered = tags.filter(({ name }) => fitsAny(rule.tags, name))
    const verdict = verdictOf(rule, covered, times)
    return [{ rule: index + 1, covered: new Set(covered), verdict }]
  })

/**
 * Judges tags of one repository by the rules alone: one that keeps a tag is enough, and what none
 * covers is kept. What ties with the last that is kept is kept, too: nobody knows which came first.
 */
export function judgeByRules(
  tags: readonly JudgedTag[],
  input: JudgeInput,
): readonly TagDecision[] {
  const judges = createJudges(tags, input)
  return tags.map((tag) => {
    if (tag.isImmutable) return { tag, decision: 'keep', reason: 'immutable' }
    const covering = judges.filter(({ covered }) => covered.has(tag))
    const [first] = covering
    if (first === undefined) return { tag, decision: 'keep', reason: 'uncovered' }
    const keeping = covering.flatMap(({ rule, verdict }) => {
      const reason = verdict(tag)
      return reason === undefined ? [] : [{ rule, reason }]
    })
    const best = keeping.find(({ reason }) => reason === 'rule') ?? keeping[0]
    if (best !== undefined) return { tag, decision: 'keep', ...best }
    return { tag, decision: 'remove', reason: 'rule', rule: first.rule }
  })
}
