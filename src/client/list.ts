import { z } from 'zod'
import { ANSWER_UNKNOWN, ApiError } from './api-error.ts'
import type { ApiTransport } from './transport.ts'

// Some lists are read live from the registry: a larger page is a long silence.
const PAGE = 200

export interface ListInput {
  /** Most items wanted; undefined follows the list to its end. */
  readonly limit?: number | undefined
}

export interface Listing<T> {
  readonly items: readonly T[]
  /** Whether the limit left something out. */
  readonly hasMore: boolean
}

interface Listed<T extends z.ZodType> extends ListInput {
  readonly path: readonly string[]
  /** Filters. */
  readonly query?: Readonly<Record<string, string>>
  readonly item: T
}

/**
 * Reads a list page by page, until its end or the limit.
 *
 * @throws ApiError also when a list leads back to where it was
 */
export async function readList<T extends z.ZodType>(
  { call }: ApiTransport,
  { path, query: filters, item, limit = Number.POSITIVE_INFINITY }: Listed<T>,
): Promise<Listing<z.output<T>>> {
  const pageSchema = z.object({ items: z.array(item), next: z.string().nullable() })
  const items: z.output<T>[] = []
  let cursor: string | undefined
  for (;;) {
    const size = Math.min(PAGE, limit - items.length)
    const query = { ...filters, limit: String(size), ...(cursor === undefined ? {} : { cursor }) }
    const page = await call({ method: 'GET', path, query }, pageSchema)
    items.push(...page.items)
    if (page.next === null) return { items, hasMore: false }
    if (items.length >= limit) return { items, hasMore: true }
    if (page.next === cursor) {
      throw new ApiError({
        message: `the list of ${path.join('/')} does not end`,
        code: ANSWER_UNKNOWN,
      })
    }
    cursor = page.next
  }
}
