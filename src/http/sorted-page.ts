import { createHash } from 'node:crypto'
import { z } from 'zod'
import { AppError } from '../errors.ts'
import { cutPage, type Page, pageQuery, readCursor } from './page.ts'

/** Where a page of a sorted list begins, and how the list goes on. */
export interface Position {
  /** One of the list's sort keys. */
  readonly by: string
  readonly descending: boolean
  /** The last item of the page before; its time where the list is sorted by one. */
  readonly after: { readonly name: string; readonly time: Date | undefined } | undefined
}

export interface SortingInput<T> {
  /** Sort key of the unique name, which also parts items of the same time; the default. */
  readonly name: string
  /** Visible ASCII. */
  readonly nameOf: (item: T) => string
  /** Sort keys that are times. */
  readonly times: Readonly<Record<string, (item: T) => Date>>
}

interface SortedQuery {
  readonly limit: number
  readonly cursor?: string | undefined
  readonly sort: string
}

/** How one list may be sorted. */
export interface Sorting<T> {
  /** Query of the list: `limit`, `cursor`, and `sort`, a key or `-key`; filters stand beside them. */
  readonly query: typeof pageQuery & { readonly sort: z.ZodDefault<z.ZodType<string>> }
  /** @throws AppError REQUEST_INVALID (400) for a cursor of another list, sort or filter */
  readonly read: (query: SortedQuery) => Position
  /** Cuts a page out of rows that were read with `limit + 1`. */
  readonly cut: (rows: readonly T[], query: SortedQuery) => Page<T>
}

const LATEST_MS = Date.UTC(9999, 11, 31)
const cursorSchema = z.tuple([
  z.string(),
  z.string().min(1),
  z.number().int().min(0).max(LATEST_MS).nullable(),
])

/** The same for every page of one question: a cursor of another one would lead to a wrong place. */
export function questionOf({
  limit,
  cursor,
  ...question
}: {
  readonly limit: number
  readonly cursor?: string | undefined
}): string {
  const entries = Object.entries(question)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return createHash('sha256').update(JSON.stringify(entries)).digest('base64url').slice(0, 11)
}

export const foreignCursor = (): AppError =>
  new AppError('REQUEST_INVALID', {
    detail: 'the cursor is not one of this list with this sort and these filters; begin without it',
    faults: [{ pointer: 'cursor', detail: 'is of another question' }],
  })

function parseKey(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function readAfter(query: SortedQuery, isByTime: boolean): Position['after'] {
  if (query.cursor === undefined) return undefined
  const parsed = cursorSchema.safeParse(parseKey(readCursor(query.cursor)))
  if (!parsed.success) throw foreignCursor()
  const [question, name, time] = parsed.data
  if (question !== questionOf(query) || (time !== null) !== isByTime) throw foreignCursor()
  return { name, time: time === null ? undefined : new Date(time) }
}

/** Declares how a list may be sorted; the cursor then holds the sort, the filters and the last key. */
export function createSorting<T>({ name, nameOf, times }: SortingInput<T>): Sorting<T> {
  const keys = [name, ...Object.keys(times)]
  const keyOf = ({ sort }: SortedQuery): string => sort.replace(/^-/, '')
  return {
    query: {
      ...pageQuery,
      sort: z.enum(keys.flatMap((key) => [key, `-${key}`])).default(name),
    },
    read: (query) => {
      const by = keyOf(query)
      const after = readAfter(query, by in times)
      return { by, descending: query.sort.startsWith('-'), after }
    },
    cut: (rows, query) => {
      const timeOf = times[keyOf(query)]
      return cutPage(rows, query.limit, (item) =>
        JSON.stringify([questionOf(query), nameOf(item), timeOf?.(item).getTime() ?? null]),
      )
    },
  }
}
