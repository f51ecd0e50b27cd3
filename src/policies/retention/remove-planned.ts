import { readAccessoryTag } from '../../protocol/accessory.ts'
import { findUsedSince } from './find-used-since.ts'
import { listRemovals, setOutcomes } from './item-queries.ts'
import type { RemovalOutcome, Run, RunItem, Walk } from './run-types.ts'

/** As many as removal takes at once. */
const AT_ONCE = 100

const digestsOf = (items: readonly RunItem[]): ReadonlySet<string> =>
  new Set(items.map(({ digest }) => digest))

const isAbout = ({ tag }: RunItem): boolean => readAccessoryTag(tag) !== undefined

/** Whether all tags on what it is about are gone, as far as that is certain. */
function createIsFree(images: readonly RunItem[]): (item: RunItem) => boolean {
  const left = images.filter(({ outcome }) => outcome !== 'removed')
  const [judged, staying] = [digestsOf(images), digestsOf(left)]
  return ({ tag }) => {
    const subject = readAccessoryTag(tag)?.subjectDigest ?? ''
    return left.length === 0 || (judged.has(subject) && !staying.has(subject))
  }
}

/** Removes some tags of one repository. @returns them, each with what came of it */
async function remove(
  walk: Walk,
  repository: string,
  items: readonly RunItem[],
): Promise<readonly RunItem[]> {
  const { deps, job, run } = walk
  const outcomes = new Map<string, RemovalOutcome>()
  const key = { runId: run.id, repository }
  const note = async (tags: readonly string[], outcome: RemovalOutcome): Promise<void> => {
    for (const tag of tags) outcomes.set(tag, outcome)
    await job.inLease((transaction) => setOutcomes(transaction, key, { tags, outcome }))
  }
  for (let from = 0; from < items.length; from += AT_ONCE) {
    job.checkLease()
    const all = items.slice(from, from + AT_ONCE)
    const used = await findUsedSince(walk, repository, all)
    await note(used, 'changed')
    const some = all.filter(({ tag }) => !used.includes(tag))
    await deps.removeTags?.({
      repository,
      tags: some.map(({ tag, digest }) => ({ tag, digest })),
      actor: run.actor,
      signal: job.signal,
      onItem: ({ tag, outcome, reason }) => {
        if (outcome === 'failed' && reason !== undefined) job.tell(reason)
        return note([tag], outcome)
      },
    })
    const silent = some.map(({ tag }) => tag).filter((tag) => !outcomes.has(tag))
    await note(silent, 'failed')
  }
  return items.map((item) => ({ ...item, outcome: outcomes.get(item.tag) ?? 'failed' }))
}

async function removeImages(walk: Walk, name: string, items: readonly RunItem[]) {
  const images = items.filter((item) => !isAbout(item))
  const done = images.filter(({ outcome }) => outcome !== undefined)
  const waiting = images.filter(({ outcome }) => outcome === undefined)
  return [...done, ...(await remove(walk, name, waiting))]
}

/**
 * Removes what was decided to go from a repository: images first, then what is about them, unless some
 * image could not be removed. What an earlier attempt has done already is not done again.
 *
 * @throws JobStopped
 */
export async function removePlanned(walk: Walk, run: Run, name: string): Promise<Run> {
  const { deps, job } = walk
  const items = await listRemovals(deps.database, run.id, name)
  const images = await removeImages(walk, name, items)
  const about = items.filter((item) => isAbout(item) && item.outcome === undefined)
  const isFree = createIsFree(images)
  const removed = await remove(walk, name, about.filter(isFree))
  const held = about.filter((item) => !isFree(item)).map(({ tag }) => tag)
  const key = { runId: run.id, repository: name }
  await job.inLease((transaction) => setOutcomes(transaction, key, { tags: held, outcome: 'held' }))
  const earlier = items.filter((item) => isAbout(item) && item.outcome !== undefined)
  const gone = [...images, ...earlier, ...removed].filter(({ outcome }) => outcome === 'removed')
  return {
    ...run,
    removed: run.removed + gone.length,
    notRemoved: run.notRemoved + items.length - gone.length,
  }
}
