import type { Database } from '../../database/open-database.ts'
import type { TagKey } from '../queries.ts'
import type { RemovedTag, TagEvent } from './types.ts'

/** Somebody who pushes all the time is not looked at for ever. */
const MOST_EVENTS = 1000

/** What is known of the removals of one tag: the newest, whether it still counts, and our empty indexes. */
export async function readRemovals(
  database: Database,
  { repository, tag }: TagKey,
): Promise<{
  readonly newestId: number | undefined
  readonly isOver: boolean
  readonly dummies: ReadonlySet<string>
}> {
  const rows = await database('removed_tags')
    .where({ repository, tag })
    .orderBy('id', 'desc')
    .limit(MOST_EVENTS)
    .select('id', 'is_over', 'dummy_digest')
  return {
    newestId: rows[0]?.id,
    isOver: rows[0]?.is_over === 1,
    dummies: new Set(rows.map((row) => row.dummy_digest)),
  }
}

/** Pushes and deletes of a tag that were told of within the hour. */
export async function listTagEvents(
  database: Database,
  { repository, tag }: TagKey,
): Promise<readonly TagEvent[]> {
  const rows = await database('events')
    .where({ repository, tag })
    .whereIn('action', ['push', 'delete'])
    .orderBy('id', 'desc')
    .limit(MOST_EVENTS)
    .select('id', 'action', 'digest', 'actor', 'happened_at', 'received_at')
  return rows.map((row) => ({
    id: row.id,
    action: row.action,
    digest: row.digest ?? undefined,
    actor: row.actor,
    happenedAt: row.happened_at,
    receivedAt: row.received_at,
  }))
}

/** Whether a project is there that was there before. */
export async function isProjectOf(
  database: Database,
  name: string,
  { begunAt }: RemovedTag,
): Promise<boolean> {
  const row = await database('projects').where({ name }).first('created_at')
  return row !== undefined && row.created_at <= begunAt
}
