import { inBatches } from '../../database/bulk.ts'
import type { Database } from '../../database/open-database.ts'
import { findTagsOn } from '../../images/tag-queries.ts'
import { JobGaveUp, type RunningJob } from '../../jobs/types.ts'
import { matchesPattern } from '../../protocol/pattern.ts'
import { pathInProject } from '../../protocol/reference.ts'
import type { FindImmutable } from '../judge-tags.ts'
import { deleteItems, insertItems } from './item-queries.ts'
import { endSelection } from './queries.ts'
import {
  listProjectRepositories,
  listRepositoryTags,
  type SelectableRepository,
  type SelectableTag,
} from './select-queries.ts'
import type { NewItem, Removal, RemovalFilter } from './types.ts'

/** More than this is asked for in parts: each is kept in a row, and read again by people. */
export const MOST_TAGS = 100_000
const PAGE = 1000

export interface SelectTagsDeps {
  readonly database: Database
  readonly findImmutable: FindImmutable
}

const fitsAny = (patterns: readonly string[] | undefined, name: string): boolean =>
  patterns === undefined || patterns.some((pattern) => matchesPattern(pattern, name))

const isOlder = (time: Date, than: Date | undefined): boolean => than === undefined || time < than

/** Whether a filter says that a tag is to go. */
export const fitsFilter = (
  { tags, pushedBefore, pulledBefore }: RemovalFilter,
  tag: Pick<SelectableTag, 'name' | 'pushedAt' | 'pulledAt'>,
): boolean =>
  fitsAny(tags, tag.name) &&
  isOlder(tag.pushedAt, pushedBefore) &&
  isOlder(tag.pushedAt, pulledBefore) &&
  isOlder(tag.pulledAt, pulledBefore)

const isMeant = ({ repository, repositories }: RemovalFilter, name: string): boolean =>
  repository === undefined ? fitsAny(repositories, pathInProject(name)) : name === repository

async function* repositoriesOf(
  { database }: SelectTagsDeps,
  { project, filter }: Removal,
): AsyncGenerator<SelectableRepository> {
  let after = ''
  for (;;) {
    const page = await listProjectRepositories(database, { project, after, most: PAGE })
    for (const repository of page) {
      if (isMeant(filter, repository.name)) yield repository
    }
    const last = page.at(-1)
    if (last === undefined || page.length < PAGE) return
    after = last.name
  }
}

async function readFittingTags(
  { database }: SelectTagsDeps,
  { filter }: Removal,
  { id: repositoryId }: SelectableRepository,
): Promise<readonly SelectableTag[]> {
  const fitting: SelectableTag[] = []
  let after = ''
  for (;;) {
    const page = await listRepositoryTags(database, { repositoryId, after, most: PAGE })
    fitting.push(...page.filter((tag) => fitsFilter(filter, tag)))
    const last = page.at(-1)
    if (last === undefined || page.length < PAGE || fitting.length > MOST_TAGS) return fitting
    after = last.name
  }
}

/** For each digest that a tag outside of the selection is on: that tag. */
async function findStaying(
  { database }: SelectTagsDeps,
  repositoryId: number,
  selected: readonly SelectableTag[],
): Promise<ReadonlyMap<string, string>> {
  const subjects = new Set(selected.flatMap(({ subjectDigest }) => subjectDigest ?? []))
  const going = new Set(selected.map(({ name }) => name))
  const staying = new Map<string, string>()
  for (const digests of inBatches([...subjects])) {
    for (const { digest, name } of await findTagsOn(database, repositoryId, digests)) {
      if (!going.has(name)) staying.set(digest, name)
    }
  }
  return staying
}

async function selectIn(
  deps: SelectTagsDeps,
  removal: Removal,
  repository: SelectableRepository,
): Promise<readonly NewItem[]> {
  const { name } = repository
  const tags = await readFittingTags(deps, removal, repository)
  const staying = await findStaying(deps, repository.id, tags)
  const immutable = await deps.findImmutable(
    name,
    tags.map((tag) => tag.name),
  )
  return tags.map((tag): NewItem => {
    const { digest, sizeBytes, subjectDigest } = tag
    const item = { repository: name, tag: tag.name, digest, sizeBytes }
    const rule = immutable.get(tag.name)
    if (rule !== undefined) return { ...item, outcome: 'immutable', reason: rule }
    const image = subjectDigest && staying.get(subjectDigest)
    if (image === undefined) return { ...item, outcome: 'waiting', reason: undefined }
    const reason = `it belongs to ${subjectDigest}, on which the tag ${image} stays`
    return { ...item, outcome: 'needed', reason }
  })
}

/**
 * Writes down every tag that fits, by what the index knows, with what would become of it. An attempt
 * that was cut off begins anew.
 *
 * @throws JobGaveUp when more than `MOST_TAGS` fit
 */
export async function selectTags(
  deps: SelectTagsDeps,
  removal: Removal,
  job: Pick<RunningJob<unknown>, 'inLease' | 'checkLease'>,
): Promise<void> {
  const { id } = removal
  while ((await job.inLease((transaction) => deleteItems(transaction, id, PAGE))) > 0);
  let count = 0
  for await (const repository of repositoriesOf(deps, removal)) {
    job.checkLease()
    const items = await selectIn(deps, removal, repository)
    if (count + items.length > MOST_TAGS) {
      throw new JobGaveUp(`more than ${MOST_TAGS} tags fit; ask for fewer at once`)
    }
    const from = count
    await job.inLease((transaction) => insertItems(transaction, id, { items, from }))
    count += items.length
  }
  await job.inLease((transaction) => endSelection(transaction, id))
}
