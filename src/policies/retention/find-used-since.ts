import { findTagTimes } from './index-queries.ts'
import type { RunItem, Walk } from './run-types.ts'

const NEVER = new Date(0)

const goesByPulls = ({ run: { rules } }: Walk): boolean =>
  rules.some(({ template }) => template === 'latestPulled' || template === 'pulledWithin')

/**
 * Finds those of some tags that a rule may keep by now: they were pushed since it was decided about them,
 * also where that left them on the same digest, or pulled where a rule goes by pulls. A run that was cut
 * off, or that others held up, may go on much later.
 */
export async function findUsedSince(
  walk: Walk,
  repository: string,
  items: readonly RunItem[],
): Promise<readonly string[]> {
  const names = items.map(({ tag }) => tag)
  const times = await findTagTimes(walk.deps.database, repository, names)
  const isByPulls = goesByPulls(walk)
  const isUsed = ({ tag, pushedAt, pulledAt = NEVER }: RunItem): boolean => {
    const now = times.get(tag)
    if (now === undefined) return false
    return now.pushedAt > pushedAt || (isByPulls && now.pulledAt > pulledAt)
  }
  return items.filter(isUsed).map(({ tag }) => tag)
}
