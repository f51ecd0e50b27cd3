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

/**
 * Sorts a query and lets it begin after a key. An index on (time, name) serves it in both directions.
 *
 * @param columns fixed names, never a caller's text
 */
export function inOrder<T extends Knex.QueryBuilder>(
  query: T,
  { by, descending, after }: KeysetPosition,
  columns: KeysetColumns,
): T {
  const { name } = columns
  const time = columns.times[by]
  const [further, direction] = descending ? (['<', 'desc'] as const) : (['>', 'asc'] as const)
  const sorted = [...(time === undefined ? [] : [time]), name]
  query.orderBy(sorted.map((column) => ({ column, order: direction })))
  if (after === undefined) return query
  if (time === undefined || after.time === undefined) {
    query.where(name, further, after.name)
    return query
  }
  const { time: lastTime, name: lastName } = after
  // The first condition is what an index can begin at; servers do not see it in the second.
  query.where(time, `${further}=`, lastTime).andWhere((either) => {
    either.where(time, further, lastTime).orWhere(name, further, lastName)
  })
  return query
}

/**
 * A table that is read by that index and no other: a server that guessed would now and then sort
 * all of it, or read past most of it.
 */
export const byIndex = (database: Knex, table: string, index: string): Knex.Raw =>
  database.raw('?? FORCE INDEX (??)', [table, index])

/** A `LIKE` pattern of what begins with a text; to be used with `ESCAPE '!'`. */
export const prefixPattern = (text: string): string => `${text.replace(/[!%_]/g, '!$&')}%`
