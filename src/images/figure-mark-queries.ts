import { inBatches, withAnyKey } from '../database/bulk.ts'
import { databaseNow, inMilliseconds } from '../database/clock.ts'
import type { Database } from '../database/open-database.ts'
import { firstMark } from './dirty-queries.ts'

/** Whose sizes and counts are out of date. */
export type FigureKind = 'repository' | 'project'

export interface DirtyFigure {
  readonly kind: FigureKind
  readonly name: string
  readonly marks: number
}

export async function markFigures(
  database: Database,
  kind: FigureKind,
  names: readonly string[],
): Promise<void> {
  const now = databaseNow(database)
  const rows = [...new Set(names)]
    .sort()
    .map((name) => ({ kind, name, marks: firstMark(), due_at: now }))
  for (const batch of inBatches(rows)) {
    await database('dirty_figures')
      .insert(batch)
      .onConflict()
      .merge({ marks: database.raw('marks + 1') })
  }
}

export async function listDirtyFigures(
  database: Database,
  kind: FigureKind,
  most: number,
): Promise<readonly DirtyFigure[]> {
  const rows: DirtyFigure[] = await database('dirty_figures')
    .where({ kind })
    .where('due_at', '<=', databaseNow(database))
    .orderBy('due_at')
    .limit(most)
    .select('kind', 'name', 'marks')
  return rows
}

/**
 * Names that are marked still, held until the transaction ends. Where the mark is gone, another process
 * has counted since, and may have seen what was not there before.
 *
 * @param figures of one kind
 */
export async function lockMarkedNames(
  transaction: Database,
  figures: readonly DirtyFigure[],
): Promise<ReadonlySet<string>> {
  const names = new Set<string>()
  for (const batch of inBatches(figures)) {
    const rows: readonly { readonly name: string }[] = await transaction('dirty_figures')
      .where(withAnyKey(batch.map(({ kind, name }) => ({ kind, name }))))
      .orderBy(['kind', 'name'])
      .forUpdate()
      .select('name')
    for (const { name } of rows) names.add(name)
  }
  return names
}

/** Takes the marks away, but not from what was marked again in the meantime. */
export async function removeDirtyFigures(
  database: Database,
  counted: readonly DirtyFigure[],
): Promise<void> {
  for (const batch of inBatches(counted)) {
    await database('dirty_figures')
      .where(withAnyKey(batch.map(({ kind, name, marks }) => ({ kind, name, marks }))))
      .delete()
  }
}

/** So that what takes long is not done again and again. */
export async function postponeFigures(
  database: Database,
  figures: readonly DirtyFigure[],
  milliseconds: number,
): Promise<void> {
  for (const batch of inBatches(figures)) {
    await database('dirty_figures')
      .where(withAnyKey(batch.map(({ kind, name }) => ({ kind, name }))))
      .update({
        due_at: inMilliseconds(database, milliseconds),
      })
  }
}
