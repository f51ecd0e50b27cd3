import {
  findReach,
  findReachIn,
  keepReadable,
  type Reach,
  type ReachDeps,
} from '../../projects/find-reach.ts'
import type { Subject } from '../../protocol/subject.ts'
import { mergeRanges } from './merge-ranges.ts'
import { countLately, walkRanges, walkSorted } from './project-range-queries.ts'
import {
  type RepositoryPlace,
  type RepositoryStep,
  type RepositoryWalk,
  type WalkedPiece,
  walkEverywhere,
  walkProjectNames,
  walkScattered,
} from './repository-walk-queries.ts'

/** Steps that are looked at for one page, however few of them are the caller's. */
const MOST_STEPS = 8000
/** At once, where it is known that some are not. */
const STEPS_AT_ONCE = 1000
/** Where most are not. */
const SCATTERED_AT_ONCE = 2000
/** In the time that it takes to ask one more project for its first, the server sorts so many. */
const SORTED_INSTEAD = 70

export interface WalkInput {
  readonly subject: Subject
  readonly reach: Reach
  readonly walk: RepositoryWalk
}

/** By anything but the name: merged from what each project has, or sorted together where it is little. */
async function walkProjects(
  { database }: ReachDeps,
  projects: readonly string[],
  walk: RepositoryWalk,
): Promise<readonly RepositoryStep[]> {
  const count = projects.length > 1 ? await countLately(database, projects) : 0
  if (count > 0 && count <= projects.length * SORTED_INSTEAD) {
    return walkSorted(database, projects, walk)
  }
  const fetch: Parameters<typeof mergeRanges>[0] = (ranges, most) =>
    walkRanges(database, ranges, { ...walk, most })
  return mergeRanges(fetch, projects, walk)
}

async function walkOn(deps: ReachDeps, reach: Reach, walk: RepositoryWalk): Promise<WalkedPiece> {
  const { database } = deps
  if (reach.kind === 'scattered') return walkScattered(database, reach.names, walk)
  const found = await (() => {
    if (reach.kind === 'everywhere') return walkEverywhere(database, walk)
    if (walk.by === 'name') return walkProjectNames(database, reach.names, walk)
    return walkProjects(deps, reach.names, walk)
  })()
  return { found, end: found.length < walk.most ? undefined : found.at(-1) }
}

/** What a walk looks at first is what the page needs; when that is not enough, more at a time. */
function stepsOf(reach: Reach, walk: RepositoryWalk, looked: number): number {
  if (reach.kind === 'scattered') return SCATTERED_AT_ONCE
  return looked === 0 ? walk.most : Math.max(walk.most, STEPS_AT_ONCE)
}

/**
 * Walks on in the order of a sort and keeps what the subject may pull, until there are `most` or so
 * many steps are looked at. The place where it ends may be one that the subject must not know.
 */
export async function walkRepositories(
  deps: ReachDeps,
  { subject, reach, walk }: WalkInput,
): Promise<WalkedPiece & { readonly looked: number }> {
  const kept: RepositoryStep[] = []
  let after: RepositoryPlace | undefined = walk.after
  let looked = 0
  while (kept.length < walk.most && looked < MOST_STEPS) {
    const most = stepsOf(reach, walk, looked)
    const { found, end } = await walkOn(deps, reach, { ...walk, after, most })
    const { under } = walk
    const inside = under === undefined ? found : found.filter(({ name }) => name.startsWith(under))
    kept.push(...(await keepReadable(deps, { subject, reach }, inside)))
    looked += most
    if (end === undefined) return { found: kept, end: undefined, looked }
    after = end
  }
  return { found: kept, end: after, looked }
}

/** Below a path all is of one project; where the subject has nothing there, nothing is looked at. */
export async function findReachUnder(
  deps: ReachDeps,
  subject: Subject,
  under: string | undefined,
): Promise<Reach> {
  const reach = await findReach(deps, subject)
  const [project] = under?.split('/', 1) ?? []
  if (project === undefined) return reach
  const { kind } = reach
  if (kind === 'projects') {
    return { ...reach, names: reach.names.filter((name) => name === project) }
  }
  const inside = await findReachIn(deps, subject, project)
  const isOpen = inside.rights.get(project)?.project.visibility === 'public'
  if (kind === 'everywhere' || isOpen || reach.names.includes(project)) return inside
  return { kind: 'projects', names: [], rights: inside.rights }
}
