import type { Actor } from '../../audit/record.ts'
import { databaseNow, daysAgo } from '../../database/clock.ts'
import type { Database } from '../../database/open-database.ts'
import type { Subject } from '../../protocol/subject.ts'
import { readAsker, writeAsker } from './asker.ts'
import { deleteItems } from './item-queries.ts'
import type { Removal, RemovalFilter, RemovalRight } from './types.ts'

interface RemovalRow {
  readonly id: number
  readonly project: string
  readonly job_id: number
  readonly filter: string
  readonly is_dry_run: number
  readonly actor_id: number | null
  readonly actor_name: string
  readonly on_behalf_of: string | null
  readonly asker: string | null
  readonly asked_right: RemovalRight
  readonly selected_at: Date | null
  readonly size_bytes: number | string | null
  readonly ended_at: Date | null
  readonly created_at: Date
}

interface StoredFilter {
  readonly repository?: string
  readonly repositories?: readonly string[]
  readonly tags?: readonly string[]
  readonly pushedBefore?: string
  readonly pulledBefore?: string
}

const toDate = (text: string | undefined): Date | undefined =>
  text === undefined ? undefined : new Date(text)

function readFilter(text: string): RemovalFilter {
  const filter: StoredFilter = JSON.parse(text)
  return {
    repository: filter.repository,
    repositories: filter.repositories,
    tags: filter.tags,
    pushedBefore: toDate(filter.pushedBefore),
    pulledBefore: toDate(filter.pulledBefore),
  }
}

const toRemoval = (row: RemovalRow): Removal => ({
  id: row.id,
  project: row.project,
  jobId: row.job_id,
  filter: readFilter(row.filter),
  isDryRun: row.is_dry_run === 1,
  actor: {
    actorId: row.actor_id ?? undefined,
    actorName: row.actor_name,
    onBehalfOf: row.on_behalf_of ?? undefined,
  },
  asker: readAsker(row.asker),
  right: row.asked_right,
  selectedAt: row.selected_at ?? undefined,
  sizeBytes: row.size_bytes === null ? undefined : Number(row.size_bytes),
  createdAt: row.created_at,
  endedAt: row.ended_at ?? undefined,
})

export interface NewRemoval {
  readonly project: string
  readonly filter: RemovalFilter
  readonly isDryRun: boolean
  readonly actor: Actor
  readonly asker: Subject
  readonly right: RemovalRight
}

/** @returns its id */
export async function insertRemoval(
  transaction: Database,
  { project, filter, isDryRun, actor, asker, right }: NewRemoval,
): Promise<number> {
  const [id] = await transaction('removals').insert({
    project,
    filter: JSON.stringify(filter),
    is_dry_run: isDryRun ? 1 : 0,
    actor_id: actor.actorId ?? null,
    actor_name: actor.actorName,
    on_behalf_of: actor.onBehalfOf ?? null,
    asker: writeAsker(asker),
    asked_right: right,
    created_at: databaseNow(transaction),
  })
  return Number(id)
}

export async function setRemovalJob(
  transaction: Database,
  { id, jobId }: { readonly id: number; readonly jobId: number },
): Promise<void> {
  await transaction('removals').where({ id }).update({ job_id: jobId })
}

export async function findRemoval(database: Database, id: number): Promise<Removal | undefined> {
  const row = await database('removals').where({ id }).first<RemovalRow | undefined>('*')
  return row && toRemoval(row)
}

/** The newest first. */
export async function listRemovals(
  database: Database,
  {
    project,
    since,
    before,
    most,
  }: { project: string; since: Date; before: number | undefined; most: number },
): Promise<readonly Removal[]> {
  const query = database('removals').where({ project }).orderBy('id', 'desc').limit(most)
  query.where('created_at', '>=', since)
  if (before !== undefined) query.where('id', '<', before)
  return (await query.select<RemovalRow[]>('*')).map(toRemoval)
}

/**
 * Ends the selection, and counts what it frees at most: all that the tags lead to, where no other
 * tag of the repository is on the same digest.
 */
export async function endSelection(transaction: Database, id: number): Promise<void> {
  const [[row]] = await transaction.raw(
    `SELECT SUM(rm.tree_bytes) AS bytes FROM (
       SELECT DISTINCT repository, digest FROM removal_items
        WHERE removal_id = ? AND outcome = 'waiting'
     ) AS going
     JOIN repositories r ON r.name = going.repository
     JOIN manifests m ON m.digest = going.digest
     JOIN repository_manifests rm ON rm.repository_id = r.id AND rm.manifest_id = m.id
     WHERE NOT EXISTS (
       SELECT 1 FROM tags t
         LEFT JOIN removal_items i ON i.removal_id = ? AND i.repository = going.repository
          AND i.tag = t.name AND i.outcome = 'waiting'
        WHERE t.repository_id = r.id AND t.digest = going.digest AND t.is_listed = 1
          AND i.position IS NULL)`,
    [id, id],
  )
  await transaction('removals')
    .where({ id })
    .update({
      selected_at: databaseNow(transaction),
      size_bytes: Math.min(Number(row?.bytes ?? 0), Number.MAX_SAFE_INTEGER),
    })
}

export async function endRemoval(transaction: Database, id: number): Promise<void> {
  await transaction('removals')
    .where({ id })
    .update({ ended_at: databaseNow(transaction) })
}

/** Removals that are older than this, with their items, bit by bit. */
export async function trimRemovals(
  database: Database,
  { keepDays, atOnce }: { readonly keepDays: number; readonly atOnce: number },
): Promise<void> {
  const old: readonly { readonly id: number }[] = await database('removals')
    .where('created_at', '<', daysAgo(database, keepDays))
    .orderBy('created_at')
    .limit(1)
    .select('id')
  for (const { id } of old) {
    if ((await deleteItems(database, id, atOnce)) < atOnce) {
      await database('removals').where({ id }).delete()
    }
  }
}
