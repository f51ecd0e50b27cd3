import { byIndex } from '../../database/keyset.ts'
import type { Database } from '../../database/open-database.ts'

/** A tag or digest of a repository that came to the registry lately. */
export interface RecentReference {
  readonly repository: string
  readonly reference: string
  /** What came, where that was told and nobody told that it was deleted since. */
  readonly digest: string | undefined
}

export interface Recent {
  readonly references: readonly RecentReference[]
  /** Whether there may be more. */
  readonly isFull: boolean
}

interface Asked {
  readonly since: Date
  readonly most: number
}

interface EventRow {
  readonly id: number
  readonly action: 'push' | 'delete'
  readonly repository: string
  readonly tag: string | null
  readonly digest: string | null
}

const keyOf = ({ repository, digest }: EventRow): string => `${repository} ${digest}`

function toReferences(rows: readonly EventRow[]): readonly RecentReference[] {
  const deleted = new Map<string, number>()
  for (const row of rows) {
    if (row.action !== 'delete') continue
    deleted.set(keyOf(row), Math.max(row.id, deleted.get(keyOf(row)) ?? 0))
  }
  return rows.flatMap((row) => {
    const reference = row.digest ?? row.tag
    if (row.action !== 'push' || reference === null) return []
    const isDeleted = (deleted.get(keyOf(row)) ?? 0) > row.id
    const digest = isDeleted ? undefined : (row.digest ?? undefined)
    return [{ repository: row.repository, reference, digest }]
  })
}

/** Manifests whose push was told of since then, those of the inbox among them; the newest first. */
export async function listToldPushes(database: Database, { since, most }: Asked): Promise<Recent> {
  const told = () =>
    database
      .queryBuilder()
      .from(byIndex(database, 'events', 'events_applied'))
      .where((either) => {
        either.where({ action: 'push', content: 'manifest' }).orWhere({ action: 'delete' })
      })
      .limit(most)
      .select<EventRow[]>('id', 'action', 'repository', 'tag', 'digest')
  const applied = await told()
    .where('applied_at', '>=', since)
    .orderBy([
      { column: 'applied_at', order: 'desc' },
      { column: 'id', order: 'desc' },
    ])
  const waiting = await told().whereNull('applied_at').orderBy('id', 'desc')
  const isFull = applied.length === most || waiting.length === most
  return { references: toReferences([...waiting, ...applied]), isFull }
}

const toRecent = (rows: readonly Omit<RecentReference, 'digest'>[], most: number): Recent => ({
  references: rows.map((row) => ({ ...row, digest: undefined })),
  isFull: rows.length === most,
})

/** Tags that the index has been told, or found, to be pushed since then; the newest repositories first. */
export async function listIndexedPushes(
  database: Database,
  { since, most }: Asked,
): Promise<Recent> {
  const rows: readonly Omit<RecentReference, 'digest'>[] = await database
    .queryBuilder()
    .from(byIndex(database, 'repositories', 'repositories_by_pushed'))
    .join('tags', 'tags.repository_id', 'repositories.id')
    .where('repositories.is_listed', 1)
    .where('repositories.pushed_at', '>=', since)
    .where('tags.is_listed', 1)
    .where('tags.pushed_at', '>=', since)
    .orderBy('repositories.pushed_at', 'desc')
    .limit(most)
    .select({ repository: 'repositories.name', reference: 'tags.name' })
  return toRecent(rows, most)
}

/** What is to be read again, and is not known to be gone. */
export async function listMarked(database: Database, most: number): Promise<Recent> {
  const rows: readonly Omit<RecentReference, 'digest'>[] = await database
    .queryBuilder()
    .from(byIndex(database, 'dirty_references', 'dirty_references_due'))
    // Of a push and a deletion nobody knows which came last.
    .where((open) => open.where({ is_deletion: 0 }).orWhereNotNull('pushed_at'))
    .orderBy('due_at')
    .limit(most)
    .select('repository', 'reference')
  return toRecent(rows, most)
}
