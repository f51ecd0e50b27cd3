import { inTransaction } from '../../database/transaction.ts'
import { type DirtyMark, markDirty } from '../../images/dirty-queries.ts'
import { isRegistryAway, type RefreshOutcome } from '../../images/refresh-outcome.ts'
import { refreshReferences } from '../../images/refresh-references.ts'
import { findRepositoryIds, takeTicket } from '../../images/repository-queries.ts'
import { listAhead } from './list-ahead.ts'
import { addCounts, type Counts, NOTHING, type ReconcileDeps } from './types.ts'
import { countTold, type LeftTag, listTagsBefore } from './walk-queries.ts'

/** References that are read together, over repositories: the database is asked once for all. */
const READ_TOGETHER = 100
const BATCHES_AT_ONCE = 2
/** Lists of tags that are held at once, of each of the steps that are read at once. */
const LISTS_AHEAD = 4
const LEFT_AT_ONCE = 1000
const OPEN: ReadonlySet<string> = new Set(['waiting', 'passing', 'deferred'])
const UNWRITTEN: ReadonlySet<string> = new Set(['passing', 'deferred', 'failed'])

/** What was read of some repositories. */
export interface ReadSlice {
  readonly counts: Counts
  readonly failures: readonly unknown[]
  /** Repositories that have a tag, by the registry's own word. */
  readonly living: ReadonlySet<string>
}

interface Reading {
  readonly deps: ReconcileDeps
  /** Called between steps. @throws when the work is to go no further */
  readonly check: () => void
  readonly take: (read: Partial<Counts>) => void
  readonly fail: (error: unknown) => void
  readonly living: Set<string>
  /** What was asked for and could not be written: not to be asked for once more. */
  readonly unwritten: Set<string>
}

const keyOf = ({ repository, reference }: DirtyMark | RefreshOutcome): string =>
  `${repository} ${reference}`

async function countChanges(
  { deps }: Reading,
  outcomes: readonly RefreshOutcome[],
): Promise<Partial<Counts>> {
  const changed = outcomes.filter(({ change }) => change !== undefined)
  if (changed.length === 0) return {}
  const of = (wanted: RefreshOutcome['change']): number =>
    changed.filter(({ change }) => change === wanted).length
  return {
    added: of('added'),
    moved: of('moved'),
    missing: of('missing'),
    untold: changed.length - (await countTold(deps.database, changed)),
  }
}

/** Reads references; what cannot be settled now is left to who reads what was marked. */
async function readTogether(
  reading: Reading,
  marks: readonly DirtyMark[],
): Promise<readonly RefreshOutcome[]> {
  const { deps, living, unwritten, fail } = reading
  reading.check()
  const outcomes = await refreshReferences(deps, marks)
  // Before marks of our own are there.
  reading.take(await countChanges(reading, outcomes))
  // Also what was not even tried, since its neighbour took too long.
  const open = outcomes.filter(({ state, error }) => OPEN.has(state) || isRegistryAway(error))
  if (open.length > 0) {
    await inTransaction(deps.database, (transaction) => markDirty(transaction, open))
  }
  for (const outcome of outcomes) {
    if (outcome.state === 'read') living.add(outcome.repository)
    if (UNWRITTEN.has(outcome.state)) unwritten.add(keyOf(outcome))
    if (outcome.error !== undefined) fail(outcome.error)
  }
  return outcomes
}

/** Gathers references; while the database takes one batch, the registry is asked for the next one. */
function createBatches(reading: Reading) {
  let marks: DirtyMark[] = []
  const begun: Promise<unknown>[] = []
  const send = async (): Promise<void> => {
    const batch = readTogether(reading, marks)
    marks = []
    // Whoever waits for it hears of its failure.
    batch.catch(() => undefined)
    begun.push(batch)
    if (begun.length >= BATCHES_AT_ONCE) await begun.shift()
  }
  return {
    add: async (mark: DirtyMark): Promise<void> => {
      marks.push(mark)
      if (marks.length >= READ_TOGETHER) await send()
    },
    end: async (): Promise<void> => {
      if (marks.length > 0) await send()
      await Promise.all(begun)
    },
  }
}

/** Reads every tag that the registry lists. @returns names whose tags were listed */
async function readListed(reading: Reading, names: readonly string[]): Promise<readonly string[]> {
  const list = async (repository: string) => {
    await reading.deps.giveWay?.()
    try {
      return { repository, tags: (await reading.deps.registry.listTags(repository)) ?? [] }
    } catch (error) {
      return { repository, error }
    }
  }
  const listed: string[] = []
  const batches = createBatches(reading)
  for await (const { repository, ...found } of listAhead(names, LISTS_AHEAD, list)) {
    if ('error' in found) {
      reading.fail(found.error)
      continue
    }
    listed.push(repository)
    reading.take({ tags: found.tags.length })
    for (const reference of found.tags) await batches.add({ repository, reference })
  }
  await batches.end()
  return listed
}

/**
 * Asks for every tag that the index has and a list left out: a list is a hint too, and only a direct
 * answer about a tag says that it is gone (R30). Those are the ones that were not read since `ticket`.
 */
async function readLeftOut(
  reading: Reading,
  names: readonly string[],
  ticket: number,
): Promise<void> {
  const { deps, unwritten } = reading
  const ids = await findRepositoryIds(deps.database, names)
  if (ids.size === 0) return
  const nameOf = new Map([...ids].map(([name, id]) => [id, name]))
  const repositoryIds = [...nameOf.keys()]
  let after: LeftTag | undefined = { repositoryId: 0, name: '' }
  while (after !== undefined) {
    const left: readonly LeftTag[] = await listTagsBefore(deps.database, {
      repositoryIds,
      ticket,
      after,
      most: LEFT_AT_ONCE,
    })
    const marks = left
      .map(({ repositoryId, name }) => ({
        repository: nameOf.get(repositoryId) ?? '',
        reference: name,
      }))
      .filter((mark) => !unwritten.has(keyOf(mark)))
    for (let from = 0; from < marks.length; from += READ_TOGETHER) {
      const outcomes = await readTogether(reading, marks.slice(from, from + READ_TOGETHER))
      reading.take({ omittedTags: outcomes.filter(({ state }) => state === 'read').length })
    }
    after = left.length < LEFT_AT_ONCE ? undefined : left.at(-1)
  }
}

/** Compares some repositories with the index, and sets it right. */
export async function readSlice(
  deps: ReconcileDeps,
  { names, check }: { readonly names: readonly string[]; readonly check: () => void },
): Promise<ReadSlice> {
  let counts = addCounts(NOTHING, { repositories: names.length })
  const failures: unknown[] = []
  const take = (read: Partial<Counts>): void => {
    counts = addCounts(counts, read)
  }
  const fail = (error: unknown): void => {
    failures.push(error)
    take({ failures: 1 })
  }
  const living = new Set<string>()
  const reading: Reading = { deps, check, take, fail, living, unwritten: new Set() }
  const ticket = await takeTicket(deps.database)
  const listed = await readListed(reading, names)
  await readLeftOut(reading, listed, ticket)
  return { counts, failures, living }
}
