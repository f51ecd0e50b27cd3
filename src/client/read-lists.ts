import { ANSWER_UNKNOWN, ApiError } from './api-error.ts'
import { callOperation, pathOf } from './call-operation.ts'
import type { ClientInput, Listing, ListName, LooseInput } from './types.ts'

// Some lists are read live from the registry: a larger page is a long silence.
const PAGE = 200

interface Page {
  readonly items: readonly unknown[]
  readonly next: string | null
}

/** @param sizeOf how many items the next page may have; undefined: as the service likes */
async function* readPages(
  client: ClientInput,
  name: ListName,
  input: LooseInput,
  sizeOf: () => number | undefined,
): AsyncGenerator<Page> {
  let query: Readonly<Record<string, unknown>> = { ...input.query }
  for (;;) {
    const limit = sizeOf() ?? query.limit
    const { data } = await callOperation(client, name, { ...input, query: { ...query, limit } })
    const page = data as Page
    yield page
    if (page.next === null) return
    if (page.next === query.cursor) {
      const path = pathOf(name, input).replace(/^\/api\/v1\//, '')
      const message = `the list of ${path} does not end`
      throw new ApiError({ message, code: ANSWER_UNKNOWN })
    }
    query = { ...query, cursor: page.next }
  }
}

/** @throws ApiError also when a list leads back to where it was */
export async function* listItems(
  client: ClientInput,
  name: ListName,
  input: LooseInput = {},
): AsyncGenerator<unknown> {
  for await (const page of readPages(client, name, input, () => undefined)) yield* page.items
}

/** @throws ApiError also when a list leads back to where it was */
export async function collectItems(
  client: ClientInput,
  name: ListName,
  input: LooseInput = {},
): Promise<Listing<unknown>> {
  const { atMost = Number.POSITIVE_INFINITY } = input
  const size = Number(input.query?.limit ?? PAGE)
  const items: unknown[] = []
  const sizeOf = () => Math.min(size, atMost - items.length)
  for await (const page of readPages(client, name, input, sizeOf)) {
    items.push(...page.items)
    if (items.length >= atMost) return { items, hasMore: page.next !== null }
  }
  return { items, hasMore: false }
}
