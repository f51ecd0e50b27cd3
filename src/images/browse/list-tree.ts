import type { Reach, ReachDeps } from '../../projects/find-reach.ts'
import type { Subject } from '../../protocol/subject.ts'
import type { PageAt } from './list-repositories.ts'
import { walkRepositories } from './walk-repositories.ts'

/** Names that are looked at in one step; what is in a folder that is known is then left out. */
const NAMES_AT_ONCE = 200
/** Names that are looked at for one page, however few of them are the caller's or a folder's first. */
const MOST_NAMES = 10_000

/** A repository, or a folder of names; the name of a folder ends with a slash. */
export interface TreeNode {
  readonly name: string
  readonly kind: 'folder' | 'repository'
}

export interface ListTreeInput {
  readonly subject: Subject
  readonly reach: Reach
  /** What the names begin with; ends with a slash. */
  readonly under: string | undefined
  /** A name or a folder that came before. */
  readonly after: string | undefined
  readonly limit: number
}

function nodeOf(name: string, under: string): TreeNode {
  const slash = name.indexOf('/', under.length)
  if (slash === -1) return { name, kind: 'repository' }
  return { name: name.slice(0, slash + 1), kind: 'folder' }
}

/** Behind all that is in a folder; itself where it is a repository. */
const behind = ({ name, kind }: TreeNode): string =>
  kind === 'folder' ? `${name.slice(0, -1)}/~` : name

/** Where to go on behind what is known: what is left of the last folder is passed over. */
function placeBehind(last: TreeNode | undefined, end: string): string {
  const jump = last === undefined ? end : behind(last)
  return jump > end ? jump : end
}

/** @returns where to go on, undefined at the end, and how many names were looked at */
async function addNodes(
  deps: ReachDeps,
  { subject, reach, under }: ListTreeInput,
  { nodes, place }: { readonly nodes: TreeNode[]; readonly place: string | undefined },
): Promise<{ readonly place: string | undefined; readonly looked: number }> {
  const after = place === undefined ? undefined : { name: place, value: undefined }
  const walk = { by: 'name', descending: false, after, under, most: NAMES_AT_ONCE } as const
  const { found, end, looked } = await walkRepositories(deps, { subject, reach, walk })
  for (const { name } of found) {
    const node = nodeOf(name, under ?? '')
    if (nodes.at(-1)?.name !== node.name) nodes.push(node)
  }
  return { place: end && placeBehind(nodes.at(-1), end.name), looked }
}

/** One level of the names of repositories, as a disk shows its folders, by name. */
export async function listTree(
  deps: ReachDeps,
  input: ListTreeInput,
): Promise<PageAt<TreeNode, string>> {
  const nodes: TreeNode[] = []
  let place = input.after
  let looked = 0
  do {
    const step = await addNodes(deps, input, { nodes, place })
    place = step.place
    looked += step.looked
  } while (place !== undefined && looked < MOST_NAMES && nodes.length <= input.limit)
  const items = nodes.slice(0, input.limit)
  const last = items.at(-1)
  return { items, next: nodes.length > input.limit && last ? behind(last) : place }
}
