import { inBatches } from '../../database/bulk.ts'
import type { Database } from '../../database/open-database.ts'
import type { ItemOutcome, NewItem, RemovalItem } from './types.ts'

const LONGEST_REASON = 500

export async function countOutcomes(
  database: Database,
  removalId: number,
): Promise<Readonly<Partial<Record<ItemOutcome, number>>>> {
  const rows: readonly { readonly outcome: ItemOutcome; readonly count: number }[] = await database(
    'removal_items',
  )
    .where({ removal_id: removalId })
    .groupBy('outcome')
    .select('outcome')
    .count({ count: '*' })
  return Object.fromEntries(rows.map(({ outcome, count }) => [outcome, Number(count)]))
}

export async function insertItems(
  transaction: Database,
  removalId: number,
  { items, from }: { readonly items: readonly NewItem[]; readonly from: number },
): Promise<void> {
  const rows = items.map((item, index) => ({
    removal_id: removalId,
    position: from + index,
    repository: item.repository,
    tag: item.tag,
    digest: item.digest,
    size_bytes: item.sizeBytes ?? null,
    outcome: item.outcome,
    reason: item.reason?.slice(0, LONGEST_REASON) ?? null,
  }))
  for (const batch of inBatches(rows)) await transaction('removal_items').insert(batch)
}

/** Some of the items that an attempt before this one selected. @returns how many there were */
export const deleteItems = (database: Database, removalId: number, most: number): Promise<number> =>
  database('removal_items').where({ removal_id: removalId }).limit(most).delete()

interface ItemRow {
  readonly position: number
  readonly repository: string
  readonly tag: string
  readonly digest: string
  readonly size_bytes: number | string | null
  readonly outcome: ItemOutcome
  readonly reason: string | null
}

/** Items in their order, of one outcome where that is asked. */
export async function listItems(
  database: Database,
  {
    removalId,
    outcome,
    after,
    most,
  }: { removalId: number; outcome: ItemOutcome | undefined; after: number; most: number },
): Promise<readonly RemovalItem[]> {
  const rows = await database('removal_items')
    .where({ removal_id: removalId, ...(outcome && { outcome }) })
    .where('position', '>', after)
    .orderBy('position')
    .limit(most)
    .select<ItemRow[]>('position', 'repository', 'tag', 'digest', 'size_bytes', 'outcome', 'reason')
  return rows.map((row) => ({
    position: row.position,
    repository: row.repository,
    tag: row.tag,
    digest: row.digest,
    sizeBytes: row.size_bytes === null ? undefined : Number(row.size_bytes),
    outcome: row.outcome,
    reason: row.reason ?? undefined,
  }))
}

/** Writes down what became of items. */
export async function settleItems(
  transaction: Database,
  removalId: number,
  settled: readonly { position: number; outcome: ItemOutcome; reason: string | undefined }[],
): Promise<void> {
  const removed = settled.filter(({ outcome }) => outcome === 'removed')
  if (removed.length > 0) {
    await transaction('removal_items')
      .where({ removal_id: removalId })
      .whereIn(
        'position',
        removed.map(({ position }) => position),
      )
      .update({ outcome: 'removed', reason: null })
  }
  for (const { position, outcome, reason } of settled) {
    if (outcome === 'removed') continue
    await transaction('removal_items')
      .where({ removal_id: removalId, position })
      .update({ outcome, reason: reason?.slice(0, LONGEST_REASON) ?? null })
  }
}
