import { inBatches, insertMissing } from '../../database/bulk.ts'
import { byIndex, inKeyOrder } from '../../database/keyset.ts'
import type { Database } from '../../database/open-database.ts'
import type { RunItem } from './run-types.ts'

type Optional<T> = { readonly [K in keyof T]: T[K] | null }

type ItemRow = Pick<RunItem, 'repository' | 'tag' | 'digest' | 'decision' | 'reason'> &
  Optional<{
    readonly rule: number
    readonly needed_by: string
    readonly pulled_at: Date
    readonly reclaimable_bytes: number
    readonly outcome: NonNullable<RunItem['outcome']>
  }> & { readonly pushed_at: Date }

const COLUMNS: readonly (keyof ItemRow)[] = [
  'repository',
  'tag',
  'digest',
  'decision',
  'reason',
  'rule',
  'needed_by',
  'pushed_at',
  'pulled_at',
  'reclaimable_bytes',
  'outcome',
]

const toItem = (row: ItemRow): RunItem => ({
  repository: row.repository,
  tag: row.tag,
  digest: row.digest,
  decision: row.decision,
  reason: row.reason,
  rule: row.rule ?? undefined,
  neededBy: row.needed_by ?? undefined,
  pushedAt: row.pushed_at,
  pulledAt: row.pulled_at ?? undefined,
  reclaimableBytes: row.reclaimable_bytes === null ? undefined : Number(row.reclaimable_bytes),
  outcome: row.outcome ?? undefined,
})

export async function insertItems(
  database: Database,
  runId: number,
  items: readonly RunItem[],
): Promise<void> {
  const rows = items.map((item) => ({
    run_id: runId,
    repository: item.repository,
    tag: item.tag,
    digest: item.digest,
    decision: item.decision,
    reason: item.reason,
    rule: item.rule ?? null,
    needed_by: item.neededBy ?? null,
    pushed_at: item.pushedAt,
    pulled_at: item.pulledAt ?? null,
    reclaimable_bytes: item.reclaimableBytes ?? null,
  }))
  await insertMissing(database, 'retention_items', rows)
}

/** Takes back what was decided for a repository. */
export async function removeItemsOf(
  database: Database,
  runId: number,
  repository: string,
): Promise<void> {
  await database('retention_items').where({ run_id: runId, repository }).delete()
}

/** What is to be removed from a repository, in the order of names. */
export async function listRemovals(
  database: Database,
  runId: number,
  repository: string,
): Promise<readonly RunItem[]> {
  const rows: ItemRow[] = await database
    .queryBuilder()
    .from(byIndex(database, 'retention_items', 'retention_items_decision'))
    .where({ run_id: runId, decision: 'remove', repository })
    .orderBy('tag')
    .select(...COLUMNS)
  return rows.map(toItem)
}

export async function setOutcomes(
  database: Database,
  { runId, repository }: { readonly runId: number; readonly repository: string },
  { tags, outcome }: { readonly tags: readonly string[]; readonly outcome: RunItem['outcome'] },
): Promise<void> {
  for (const batch of inBatches(tags)) {
    await database('retention_items')
      .where({ run_id: runId, repository })
      .whereIn('tag', [...batch])
      .update({ outcome })
  }
}

export interface ItemPlace {
  readonly repository: string
  readonly tag: string
}

/** Decisions of a run by repository and tag. */
export async function listItems(
  database: Database,
  {
    runId,
    decision,
    after,
    most,
  }: {
    readonly runId: number
    readonly decision: RunItem['decision'] | undefined
    readonly after: ItemPlace | undefined
    readonly most: number
  },
): Promise<readonly RunItem[]> {
  const index = decision === undefined ? 'PRIMARY' : 'retention_items_decision'
  const query = database
    .queryBuilder()
    .from(byIndex(database, 'retention_items', index))
    .where({ run_id: runId, ...(decision && { decision }) })
    .limit(most)
    .select(...COLUMNS)
  const rows: readonly ItemRow[] = await inKeyOrder(query, {
    columns: ['repository', 'tag'],
    descending: false,
    after: after && [after.repository, after.tag],
  })
  return rows.map(toItem)
}
