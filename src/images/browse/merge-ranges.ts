import type { ProjectRange } from './project-range-queries.ts'
import type { RepositoryPlace, RepositoryStep, RepositoryWalk } from './repository-walk-queries.ts'

/** The least that is asked of each range: most pages are spread over many. */
const LEAST = 4
/** How many times its share is asked of each range at first. */
const GENEROSITY = 4

export type FetchRanges = (
  ranges: readonly ProjectRange[],
  most: number,
) => Promise<readonly (readonly RepositoryStep[])[]>

function compareValues(a: RepositoryPlace['value'], b: RepositoryPlace['value']): number {
  return Number(a ?? 0) - Number(b ?? 0)
}

const compareNames = (a: string, b: string): number => {
  if (a === b) return 0
  return a < b ? -1 : 1
}

/** In the order of a walk, as the database has it. */
export const compareSteps =
  ({ descending }: Pick<RepositoryWalk, 'descending'>) =>
  (a: RepositoryPlace, b: RepositoryPlace): number =>
    (compareValues(a.value, b.value) || compareNames(a.name, b.name)) * (descending ? -1 : 1)

/**
 * Merges the sorted ranges of many projects into one sorted page. Each is asked for a few first; only
 * those that may have more before the page's end are asked again, so twice at most.
 */
export async function mergeRanges(
  fetch: FetchRanges,
  projects: readonly string[],
  walk: Pick<RepositoryWalk, 'descending' | 'after' | 'most'>,
): Promise<readonly RepositoryStep[]> {
  const { after, most } = walk
  if (projects.length === 0) return []
  const compare = compareSteps(walk)
  const first = Math.min(most, Math.max(LEAST, Math.ceil((most / projects.length) * GENEROSITY)))
  const ranges = projects.map((project) => ({ project, after }))
  const pieces = await fetch(ranges, first)
  const steps = pieces.flat().sort(compare)
  const end = steps[most - 1]
  const open = pieces.flatMap((piece, at) => {
    const last = piece.at(-1)
    const project = projects[at]
    const isFull = last !== undefined && project !== undefined && piece.length === first
    const mayHaveMore = isFull && first < most && (end === undefined || compare(last, end) < 0)
    return mayHaveMore ? [{ project, after: last }] : []
  })
  if (open.length > 0) steps.push(...(await fetch(open, most)).flat())
  return steps.sort(compare).slice(0, most)
}
