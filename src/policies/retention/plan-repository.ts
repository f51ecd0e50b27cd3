import { findPullsKnownSince } from '../../images/index-trust.ts'
import { pathInProject } from '../../protocol/reference.ts'
import { countReclaimable, type Decisions, decideRetention } from './decide-retention.ts'
import type { ListedRepository, MeasuredTag } from './index-queries.ts'
import { insertItems, removeItemsOf } from './item-queries.ts'
import { type LoadedRepository, loadRepository } from './load-repository.ts'
import { saveRun } from './run-queries.ts'
import type { Run, RunItem, Walk } from './run-types.ts'
import type { JudgedTag } from './types.ts'

/** Decisions of one run that are written down; what is to be removed by it always is. */
const MOST_ITEMS = 10_000
const AT_ONCE = 1000

const orNever = (time: Date): Date | undefined => (time.getTime() === 0 ? undefined : time)

const toJudged = (
  { name, digest, pushedAt, pulledAt }: MeasuredTag,
  isImmutable: boolean,
): JudgedTag => ({ name, digest, pushedAt, pulledAt: orNever(pulledAt), isImmutable })

async function decide(
  { deps, isImmutable }: Walk,
  { rules }: Run,
  { name, tags, links }: LoadedRepository & { readonly name: string },
): Promise<Decisions> {
  const pullsKnownSince = await findPullsKnownSince(deps.database)
  return decideRetention({
    rules,
    path: pathInProject(name),
    times: { now: deps.now(), pullsKnownSince },
    tags: tags.map((tag) => toJudged(tag, isImmutable(name, tag.name))),
    links,
  })
}

function toItems(repository: string, decided: Decisions, tags: readonly MeasuredTag[]) {
  const sizes = new Map(tags.map(({ name, sizeBytes }) => [name, sizeBytes]))
  const reclaimable = countReclaimable(decided, ({ name }) => sizes.get(name))
  return decided.decisions.map(({ tag, decision, reason, rule, neededBy }): RunItem => {
    const { name, digest, pushedAt, pulledAt } = tag
    const reclaimableBytes = reclaimable.get(name)
    const fate = { decision, reason, rule, neededBy, reclaimableBytes, outcome: undefined }
    return { repository, tag: name, digest, pushedAt, pulledAt, ...fate }
  })
}

/** What goes is written down before what stays, and all of it where it goes indeed. */
function chooseItems({ items, isDryRun }: Run, all: readonly RunItem[]): readonly RunItem[] {
  const removals = all.filter(({ decision }) => decision === 'remove')
  const kept = all.filter(({ decision }) => decision === 'keep')
  const room = Math.max(0, MOST_ITEMS - items)
  const written = isDryRun ? removals.slice(0, room) : removals
  return [...written, ...kept.slice(0, Math.max(0, room - written.length))]
}

function addItems(run: Run, all: readonly RunItem[], written: number): Run {
  const toRemove = all.filter(({ decision }) => decision === 'remove').length
  const bytes = all.reduce((sum, { reclaimableBytes = 0 }) => sum + reclaimableBytes, 0)
  return {
    ...run,
    repositories: run.repositories + 1,
    kept: run.kept + all.length - toRemove,
    toRemove: run.toRemove + toRemove,
    reclaimableBytes: Math.min(Number.MAX_SAFE_INTEGER, run.reclaimableBytes + bytes),
    items: run.items + written,
  }
}

/**
 * Decides over the tags of a repository and writes that down, before anything is done: an attempt that
 * is cut off goes on with what was decided.
 */
export async function planRepository(
  walk: Walk,
  run: Run,
  repository: ListedRepository,
): Promise<Run> {
  const { deps, job } = walk
  const { name } = repository
  const loaded = await loadRepository(deps.database, repository)
  if (loaded === undefined) {
    job.tell(`${name} has more tags or manifests than are looked at; all of it stays`)
    return run
  }
  const all = toItems(name, await decide(walk, run, { ...loaded, name }), loaded.tags)
  const items = chooseItems(run, all)
  const planned = { ...addItems(run, all, items.length), planned: name }
  await job.inLease((transaction) => removeItemsOf(transaction, run.id, name))
  for (let from = 0; from < items.length; from += AT_ONCE) {
    const some = items.slice(from, from + AT_ONCE)
    await job.inLease((transaction) => insertItems(transaction, run.id, some))
  }
  await job.inLease((transaction) => saveRun(transaction, planned))
  return planned
}
