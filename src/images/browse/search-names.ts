import type { Database } from '../../database/open-database.ts'
import type { ReachDeps } from '../../projects/find-reach.ts'
import { gramsOf, segmentsOf } from '../name-parts.ts'
import { findTagsWithin } from './own-tag-queries.ts'
import { walkProjectNames } from './repository-walk-queries.ts'
import type { SealedKey } from './sealed-cursor.ts'
import {
  countGram,
  findByGram,
  findSegments,
  findTagsByStart,
  listNamesById,
  type TagHit,
} from './search-queries.ts'
import type { Hit, HitPiece, SearchPart } from './search-types.ts'

/** Beyond so many, one gram is as common as another. */
const MANY = 2000
const MOST_GRAMS = 12
const OWN_NAMES_AT_ONCE = 4000

const number = (key: SealedKey, at: number): number => Number(key[at]) || 0
const text = (key: SealedKey, at: number): string => String(key[at] ?? '')

const named = (ids: ReadonlyMap<number, string>, id: number, tag?: string): readonly Hit[] => {
  const repository = ids.get(id)
  return repository === undefined ? [] : [{ repository, tag, digest: undefined }]
}

/** Whether a search by segments finds the name: it is not found again by its grams. */
const hasSegment = (name: string, start: string): boolean =>
  segmentsOf(name).some((segment) => segment.startsWith(start))

/** The first of a name's segments that fit: a name is found once, by that one. */
const firstSegment = (name: string, start: string): string | undefined =>
  segmentsOf(name)
    .filter((segment) => segment.startsWith(start))
    .sort()[0]

/** By the beginning of a part of the name. */
export const searchSegments =
  ({ database }: ReachDeps, start: string): SearchPart =>
  async (key, most): Promise<HitPiece> => {
    const after = key && { segment: text(key, 0), repositoryId: number(key, 1) }
    const found = await findSegments(database, start, { after, most })
    const ids = await listNamesById(
      database,
      found.map(({ repositoryId }) => repositoryId),
    )
    const hits = found.map(({ segment, repositoryId }) => ({
      key: [segment, repositoryId] as SealedKey,
      hits: named(ids, repositoryId).filter((h) => firstSegment(h.repository, start) === segment),
    }))
    return { steps: hits, isEnd: found.length < most }
  }

/** The gram of a text that the fewest names have. */
async function rarestGram({ database }: ReachDeps, part: string): Promise<string | undefined> {
  const grams = gramsOf(part).slice(0, MOST_GRAMS)
  const counted: { gram: string; count: number }[] = []
  for (const gram of grams) counted.push({ gram, count: await countGram(database, gram, MANY) })
  return counted.sort((a, b) => a.count - b.count)[0]?.gram
}

/** By any part of the name of three letters or more, where the beginning of none fits. */
export const searchGrams = (deps: ReachDeps, part: string): SearchPart => {
  let gram: Promise<string | undefined> | undefined
  return async (key, most) => {
    gram ??= rarestGram(deps, part)
    const rarest = await gram
    if (rarest === undefined) return { steps: [], isEnd: true }
    const after = key === undefined ? 0 : number(key, 0)
    const found = await findByGram(deps.database, rarest, { after, most })
    const ids = await listNamesById(deps.database, found)
    const steps = found.map((id) => ({
      key: [id] as SealedKey,
      hits: named(ids, id).filter(
        ({ repository }) => repository.includes(part) && !hasSegment(repository, part),
      ),
    }))
    return { steps, isEnd: found.length < most }
  }
}

async function toTagPiece<T extends TagHit>(
  database: Database,
  found: readonly T[],
  { keyOf, isEnd }: { readonly keyOf: (hit: T) => SealedKey; readonly isEnd: boolean },
): Promise<HitPiece> {
  const ids = await listNamesById(
    database,
    found.map(({ repositoryId }) => repositoryId),
  )
  const steps = found.map((hit) => ({
    key: keyOf(hit),
    hits: named(ids, hit.repositoryId, hit.tag),
  }))
  return { steps, isEnd }
}

/** Tags of any repository. */
export const searchTags =
  ({ database }: ReachDeps, start: string): SearchPart =>
  async (key, most) => {
    const after = key && { tag: text(key, 0), repositoryId: number(key, 1) }
    const found = await findTagsByStart(database, start, { after, most })
    return toTagPiece(database, found, {
      keyOf: ({ tag, repositoryId }) => [tag, repositoryId],
      isEnd: found.length < most,
    })
  }

/** Names in a few projects, all of which are looked through. */
export const searchOwnNames =
  ({ database }: ReachDeps, part: string, projects: readonly string[]): SearchPart =>
  async (key) => {
    const after = key && { name: text(key, 0), value: undefined }
    const most = OWN_NAMES_AT_ONCE
    const walk = { by: 'name' as const, descending: false, after, under: undefined, most }
    const found = await walkProjectNames(database, projects, walk)
    const isFound = (name: string): boolean =>
      name.includes(part) && (part.length > 2 || hasSegment(name, part))
    const steps = found.map(({ name }) => ({
      key: [name] as SealedKey,
      hits: isFound(name) ? [{ repository: name, tag: undefined, digest: undefined }] : [],
    }))
    return { steps, isEnd: found.length < most }
  }

/** Tags in a few projects. */
export const searchOwnTags =
  ({ database }: ReachDeps, start: string, projects: readonly string[]): SearchPart =>
  async (key, most) => {
    const after = key && { project: text(key, 0), tag: text(key, 1), repositoryId: number(key, 2) }
    const found = await findTagsWithin(database, { projects, start }, { after, most })
    return toTagPiece(database, found, {
      keyOf: ({ project, tag, repositoryId }) => [project, tag, repositoryId],
      isEnd: found.length < most,
    })
  }
