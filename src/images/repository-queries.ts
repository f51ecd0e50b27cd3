import { inBatches, insertMissing } from '../database/bulk.ts'
import { databaseNow } from '../database/clock.ts'
import type { Database } from '../database/open-database.ts'
import { projectOf } from '../protocol/reference.ts'
import { gramsOf, segmentsOf } from './name-parts.ts'

/** Ids by name; names that are not in the index are not in it. */
export type RepositoryIds = ReadonlyMap<string, number>

/** The id of a repository that is known to have one. */
export const idOf = (ids: RepositoryIds, { repository }: { readonly repository: string }): number =>
  ids.get(repository) ?? 0

/**
 * A number above all that were given out before. A reader takes one before it asks the registry, and
 * what it found is written only over what was found under a lower one (R29).
 */
export async function takeTicket(database: Database): Promise<number> {
  const [result] = await database.raw(
    'UPDATE index_tickets SET last = LAST_INSERT_ID(last + 1) WHERE id = 1',
  )
  return Number(result.insertId)
}

export async function findRepositoryIds(
  database: Database,
  names: readonly string[],
): Promise<RepositoryIds> {
  const ids = new Map<string, number>()
  for (const batch of inBatches([...new Set(names)])) {
    const rows: readonly { readonly id: number; readonly name: string }[] = await database(
      'repositories',
    )
      .whereIn('name', [...batch])
      .select('id', 'name')
    for (const { id, name } of rows) ids.set(name, id)
  }
  return ids
}

/** Gives every name an id; new ones are made findable by the parts of their names. */
export async function ensureRepositories(
  database: Database,
  names: readonly string[],
): Promise<RepositoryIds> {
  const known = await findRepositoryIds(database, names)
  const missing = [...new Set(names)].filter((name) => !known.has(name)).sort()
  if (missing.length === 0) return known
  const created_at = databaseNow(database)
  const rows = missing.map((name) => ({ name, project: projectOf(name), created_at }))
  await insertMissing(database, 'repositories', rows)
  const made = await findRepositoryIds(database, missing)
  const partsOf = (column: string, split: (name: string) => readonly string[]) =>
    [...made].flatMap(([name, id]) =>
      split(name).map((part) => ({ [column]: part, repository_id: id })),
    )
  await insertMissing(database, 'repository_segments', partsOf('segment', segmentsOf))
  await insertMissing(database, 'repository_grams', partsOf('gram', gramsOf))
  return new Map([...known, ...made])
}
