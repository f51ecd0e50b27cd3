import { z } from 'zod'
import { AppError } from '../errors.ts'

const DEFAULT_LIMIT = 50
const MOST = 1000
const CURSOR_LENGTH = 1024
/** Keys are names, plain or sealed, and those are plain ASCII. */
const KEY = /^[\x21-\x7e]{1,768}$/
const ID = /^[1-9]\d{0,14}$/

/** Query of every list: `limit` (50, at most 1000) and the opaque `cursor` of the page before. */
export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(MOST).default(DEFAULT_LIMIT),
  cursor: z.string().min(1).max(CURSOR_LENGTH).optional(),
}

/** One page of a list; `next` is the key of its last item when there may be more. */
export interface Page<T> {
  readonly items: readonly T[]
  readonly next: string | undefined
}

const encodeCursor = (key: string): string => Buffer.from(key, 'utf8').toString('base64url')

const unknownCursor = (): AppError =>
  new AppError('REQUEST_INVALID', {
    detail: 'the cursor is not one that a list gave out; begin again without it',
    faults: [{ pointer: 'cursor', detail: 'is not known' }],
  })

/**
 * Reads the key that a page begins after.
 *
 * @returns '' for the first page: every key is greater
 * @throws AppError REQUEST_INVALID (400) when it is not a cursor of ours
 */
export function readCursor(cursor: string | undefined): string {
  if (cursor === undefined) return ''
  const key = Buffer.from(cursor, 'base64url').toString('utf8')
  if (KEY.test(key) && encodeCursor(key) === cursor) return key
  throw unknownCursor()
}

/** A key that is text in any alphabet, as a cursor can hold it. */
export const textKey = (text: string): string => Buffer.from(text).toString('base64url')

/**
 * The same for lists whose keys are made by `textKey`.
 *
 * @param form what such a text looks like
 * @returns '' for the first page
 * @throws AppError REQUEST_INVALID (400) when it is not a cursor of ours
 */
export function readTextCursor(cursor: string | undefined, form: RegExp): string {
  const key = readCursor(cursor)
  const text = Buffer.from(key, 'base64url').toString('utf8')
  if (key === '' || (form.test(text) && textKey(text) === key)) return text
  throw unknownCursor()
}

/**
 * The same for lists whose keys are ids.
 *
 * @returns undefined for the first page
 * @throws AppError REQUEST_INVALID (400) when it is not a cursor of ours
 */
export function readIdCursor(cursor: string | undefined): number | undefined {
  const key = readCursor(cursor)
  if (key === '') return undefined
  if (ID.test(key)) return Number(key)
  throw unknownCursor()
}

/**
 * Cuts a page out of rows that were read with `limit + 1`, so that nothing need be counted.
 *
 * @param keyOf the sort key of an item; it goes into the cursor
 */
export function cutPage<T>(rows: readonly T[], limit: number, keyOf: (item: T) => string): Page<T> {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return { items, next: rows.length > limit && last !== undefined ? keyOf(last) : undefined }
}

export interface PageBody<T> {
  readonly items: readonly T[]
  readonly next: string | null
}

export const pageSchema = <T extends z.ZodType>(item: T) =>
  z.object({ items: z.array(item), next: z.string().nullable() })

/** The body of a list, and the `Link` header that says the same. */
export function presentPage<T, U>(
  page: Page<T>,
  present: (item: T) => U,
  url: URL,
): { readonly status: 200; readonly body: PageBody<U>; readonly headers: Record<string, string> } {
  const body = {
    items: page.items.map(present),
    next: page.next === undefined ? null : encodeCursor(page.next),
  }
  if (body.next === null) return { status: 200, body, headers: {} }
  const next = new URL(url)
  next.searchParams.set('cursor', body.next)
  return { status: 200, body, headers: { Link: `<${next.pathname}${next.search}>; rel="next"` } }
}
