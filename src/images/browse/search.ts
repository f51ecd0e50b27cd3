import { findReach, keepReadable, type Reach, type ReachDeps } from '../../projects/find-reach.ts'
import type { Subject } from '../../protocol/subject.ts'
import type { PageAt } from './list-repositories.ts'
import type { SealedKey } from './sealed-cursor.ts'
import { searchDigest, searchLabel } from './search-manifests.ts'
import {
  searchGrams,
  searchOwnNames,
  searchOwnTags,
  searchSegments,
  searchTags,
} from './search-names.ts'
import type { Hit, HitStep, SearchPart } from './search-types.ts'

/** Rows that are looked at for one page, however few of them are the caller's. */
const MOST_ROWS = 20_000
const ROWS_AT_ONCE = 1000

/** What is looked for; exactly one. */
export type Sought =
  | { readonly q: string; readonly kind: 'repository' | 'tag' | undefined }
  | { readonly digest: string }
  | { readonly label: { readonly name: string; readonly value: string } }

export interface SearchInput {
  readonly subject: Subject
  readonly sought: Sought
  readonly after: SealedKey | undefined
  readonly limit: number
}

/** In a few projects all is looked through, so that what others have decides nothing. */
function partsOf(deps: ReachDeps, sought: Sought, reach: Reach): readonly SearchPart[] {
  if ('digest' in sought) return [searchDigest(deps, sought.digest)]
  if ('label' in sought) return [searchLabel(deps, sought.label)]
  const { q, kind } = sought
  const name = q.toLowerCase()
  const isOwn = reach.kind === 'projects'
  const byName = isOwn
    ? [searchOwnNames(deps, name, reach.names)]
    : [searchSegments(deps, name), searchGrams(deps, name)]
  const byTag = isOwn ? [searchOwnTags(deps, q, reach.names)] : [searchTags(deps, q)]
  return [...(kind === 'tag' ? [] : byName), ...(kind === 'repository' ? [] : byTag)]
}

interface FoundHit extends Hit {
  readonly name: string
  readonly key: SealedKey
}

/** Hits with the key of their row: which part found it, and where. */
const toHits = (part: number, steps: readonly HitStep[]): readonly FoundHit[] =>
  steps.flatMap(({ key, hits }) =>
    hits.map((hit) => ({ ...hit, name: hit.repository, key: [part, ...key] })),
  )

/** Where a search stands: in which of its parts, and behind which row of that. */
interface Place {
  readonly part: number
  readonly key: SealedKey | undefined
}

const toPlace = ([part, ...key]: SealedKey): Place => ({
  part: Number(part) || 0,
  key: key.length === 0 ? undefined : key,
})

/** @returns undefined at the end of all parts */
async function lookOn(
  parts: readonly SearchPart[],
  { part, key }: Place,
  most: number,
): Promise<{ readonly hits: readonly FoundHit[]; readonly place: Place } | undefined> {
  const look = parts[part]
  if (look === undefined) return undefined
  const { steps, isEnd } = await look(key, most)
  const place = isEnd ? { part: part + 1, key: undefined } : { part, key: steps.at(-1)?.key }
  return { hits: toHits(part, steps), place }
}

/**
 * Searches what a subject may pull: repositories first, then tags. So many rows are looked at and no
 * more: a page may be short, or empty, and have a `next` all the same.
 */
export async function search(
  deps: ReachDeps,
  { subject, sought, after, limit }: SearchInput,
): Promise<PageAt<Hit, SealedKey>> {
  const reach = await findReach(deps, subject)
  const parts = partsOf(deps, sought, reach)
  const hits: FoundHit[] = []
  let place = toPlace(after ?? [])
  let looked = 0
  while (looked < MOST_ROWS && hits.length <= limit) {
    const most = looked === 0 ? limit + 1 : Math.max(limit + 1, ROWS_AT_ONCE)
    const piece = await lookOn(parts, place, most)
    if (piece === undefined) return { items: hits, next: undefined }
    hits.push(...(await keepReadable(deps, { subject, reach }, piece.hits)))
    place = piece.place
    looked += most
  }
  const items = hits.slice(0, limit)
  if (hits.length > limit) return { items, next: items.at(-1)?.key }
  return { items, next: [place.part, ...(place.key ?? [])] }
}
