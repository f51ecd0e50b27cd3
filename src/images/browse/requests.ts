import { z } from 'zod'
import { type PageBody, presentPage } from '../../http/page.ts'
import { foreignCursor } from '../../http/sorted-page.ts'
import type { ReachDeps } from '../../projects/find-reach.ts'
import { repositoryNameSchema } from '../name-schemas.ts'
import type { NameSeal } from '../name-seal.ts'
import type { PageAt } from './list-repositories.ts'
import { type ListQuestion, openCursor, type SealedKey, sealKey } from './sealed-cursor.ts'

export interface BrowseDeps extends ReachDeps {
  readonly nameSeal: NameSeal
  /** Which tags of a repository a rule makes immutable. */
  readonly readImmutability: (repository: string) => Promise<(tag: string) => boolean>
}

export const nameParams = z.strictObject({ name: repositoryNameSchema })

/** A key of the list, or the same with `-` before it, which begins at the other end. */
export const sortQuery = (keys: readonly [string, ...string[]]): z.ZodDefault<z.ZodType<string>> =>
  z.enum(keys.flatMap((key) => [key, `-${key}`])).default(keys[0])

export function readSort<K extends string>(
  sort: string,
): { readonly by: K; readonly descending: boolean } {
  const descending = sort.startsWith('-')
  return { by: (descending ? sort.slice(1) : sort) as K, descending }
}

/** A name and what it is sorted by beside it, as cursors hold them. */
export interface SortedPlace {
  readonly name: string
  readonly value: string | number | Date | undefined
}

/** Sort keys that are times. */
const TIMES: ReadonlySet<string> = new Set(['pushedAt', 'pulledAt'])
const LATEST_MS = Date.UTC(9999, 11, 31)

function readValue(value: SealedKey[number] | undefined, by: string): SortedPlace['value'] {
  if (!TIMES.has(by)) return value ?? undefined
  if (typeof value !== 'number' || value > LATEST_MS) throw foreignCursor()
  return new Date(value)
}

/** Where a sorted list goes on. */
export function openPlace(
  seal: NameSeal,
  question: ListQuestion,
  by: string,
): SortedPlace | undefined {
  const key = openCursor(seal, question)
  if (key === undefined) return undefined
  const [name, value] = key
  return { name: String(name), value: readValue(value, by) }
}

export const placeKey = ({ name, value }: SortedPlace): SealedKey => [
  name,
  value instanceof Date ? value.getTime() : (value ?? null),
]

/** Answers a page whose end nobody can read out of its cursor. */
export function presentSealed<T, K, U>(
  { items, next }: PageAt<T, K>,
  {
    seal,
    question,
    keyOf,
    present,
    url,
  }: {
    readonly seal: NameSeal
    readonly question: ListQuestion
    readonly keyOf: (place: K) => SealedKey
    readonly present: (item: T) => U
    readonly url: URL
  },
): { readonly status: 200; readonly body: PageBody<U>; readonly headers: Record<string, string> } {
  const key = next === undefined ? undefined : keyOf(next)
  return presentPage({ items, next: sealKey(seal, question, key) }, present, url)
}
