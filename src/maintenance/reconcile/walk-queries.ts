import { inBatches } from '../../database/bulk.ts'
import { byIndex } from '../../database/keyset.ts'
import type { Database } from '../../database/open-database.ts'

/** Notes that a run has dealt with repositories. */
export async function markWalked(
  database: Database,
  runId: number,
  names: readonly string[],
): Promise<void> {
  for (const batch of inBatches(names)) {
    await database('repositories')
      .whereIn('name', [...batch])
      .update({ walked_run: runId })
  }
}

/** Repositories that the index lists and a run has not dealt with, after a name. */
export async function listUnwalked(
  database: Database,
  { runId, after, most }: { readonly runId: number; readonly after: string; readonly most: number },
): Promise<readonly { readonly name: string; readonly createdAt: Date }[]> {
  const rows: readonly { readonly name: string; readonly created_at: Date }[] = await database
    .from(byIndex(database, 'repositories', 'repositories_name'))
    .where({ is_listed: 1 })
    .where('name', '>', after)
    .whereNot({ walked_run: runId })
    .orderBy('name')
    .limit(most)
    .select('name', 'created_at')
  return rows.map(({ name, created_at }) => ({ name, createdAt: created_at }))
}

export interface LeftTag {
  readonly repositoryId: number
  readonly name: string
}

/** Listed tags of repositories that were looked at last before a ticket, in the order of their key. */
export async function listTagsBefore(
  database: Database,
  {
    repositoryIds,
    ticket,
    after,
    most,
  }: {
    readonly repositoryIds: readonly number[]
    readonly ticket: number
    readonly after: LeftTag
    readonly most: number
  },
): Promise<readonly LeftTag[]> {
  const rows: readonly { readonly repository_id: number; readonly name: string }[] = await database
    .queryBuilder()
    .from(database.raw('?? FORCE INDEX (PRIMARY)', ['tags']))
    .whereIn('repository_id', [...repositoryIds])
    .where('repository_id', '>=', after.repositoryId)
    .where((later) => {
      later.where('repository_id', '>', after.repositoryId).orWhere('name', '>', after.name)
    })
    .where({ is_listed: 1 })
    .where('ticket', '<', ticket)
    .orderBy(['repository_id', 'name'])
    .limit(most)
    .select('repository_id', 'name')
  return rows.map(({ repository_id, name }) => ({ repositoryId: repository_id, name }))
}

/** How many of these changes somebody told of: they wait to be read anyway. */
export async function countTold(
  database: Database,
  changed: readonly { readonly repository: string; readonly reference: string }[],
): Promise<number> {
  let told = 0
  for (const batch of inBatches(changed, 100)) {
    const rows = await database('dirty_references')
      .where((any) => {
        for (const { repository, reference } of batch) any.orWhere({ repository, reference })
      })
      .count({ count: '*' })
      .first()
    told += Number(rows?.count ?? 0)
  }
  return told
}
