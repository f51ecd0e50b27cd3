import type { Knex } from 'knex'

/** A list that is being asked for, for rooms that may not know the database's types. */
export type Listing = Knex.QueryBuilder

/** Columns that a list is sorted by, as its sort keys name them. */
export interface KeysetColumns {
  /** A unique column. */
  readonly name: string
  readonly times: Readonly<Record<string, string>>
}

export interface KeysetPosition {
  readonly by: string
  readonly descending: boolean
  readonly after: { readonly name: string; readonly time: Date | undefined } | undefined
}

export type KeyValue = string | number | Date

/** Where a list goes on: one column that is unique, or two that are together. */
export interface KeyOrder {
  /** Fixed names, never a caller's text. */
  readonly columns: readonly [string] | readonly [string, string]
  readonly descending: boolean
  /** A value for each column. */
  readonly after: readonly KeyValue[] | undefined
}

/** Sorts a query by columns and lets it begin after a key. An index on them serves both directions. */
export function inKeyOrder<T extends Knex.QueryBuilder>(
  query: T,
  { columns, descending, after }: KeyOrder,
): T {
  const [further, direction] = descending ? (['<', 'desc'] as const) : (['>', 'asc'] as const)
  query.orderBy(columns.map((column) => ({ column, order: direction })))
  if (after === undefined) return query
  const [first, second] = columns
  const [firstValue = '', secondValue = ''] = after
  if (second === undefined) {
    query.where(first, further, firstValue)
    return query
  }
  // The first condition is what an index can begin at; servers do not see it in the second.
  query.where(first, `${further}=`, firstValue).andWhere((either) => {
    either.where(first, further, firstValue).orWhere(second, further, secondValue)
  })
  return query
}

/** The same for lists that are sorted by a time or by a name. An index on (time, name) serves it. */
export function inOrder<T extends Knex.QueryBuilder>(
  query: T,
  { by, descending, after }: KeysetPosition,
  columns: KeysetColumns,
): T {
  const time = columns.times[by]
  const byTime = time !== undefined && (after === undefined || after.time !== undefined)
  return inKeyOrder(query, {
    columns: byTime ? [time, columns.name] : [columns.name],
    descending,
    after: after && (byTime && after.time ? [after.time, after.name] : [after.name]),
  })
}

/**
 * A table that is read by that index and no other: a server that guessed would now and then sort
 * all of it, or read past most of it.
 */
export const byIndex = (database: Knex, table: string, index: string): Knex.Raw =>
  database.raw('?? FORCE INDEX (??)', [table, index])

/** A `LIKE` pattern of what begins with a text; to be used with `ESCAPE '!'`. */
export const prefixPattern = (text: string): string => `${text.replace(/[!%_]/g, '!$&')}%`
