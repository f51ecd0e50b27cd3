import { byIndex } from '../../database/keyset.ts'
import type { Database } from '../../database/open-database.ts'

/** A tag or digest of a repository that came to the registry lately. */
export interface RecentReference {
  readonly repository: string
  readonly reference: string
}

interface Asked {
  readonly since: Date
  readonly most: number
}

interface PushRow {
  readonly repository: string
  readonly tag: string | null
  readonly digest: string | null
}

const toReferences = (rows: readonly PushRow[]): readonly RecentReference[] =>
  rows.flatMap(({ repository, tag, digest }) => {
    const reference = tag ?? digest
    return reference === null ? [] : [{ repository, reference }]
  })

/** Manifests whose push was told of since then, those of the inbox among them. */
export async function listToldPushes(
  database: Database,
  { since, most }: Asked,
): Promise<readonly RecentReference[]> {
  const pushes = () =>
    database
      .queryBuilder()
      .from(byIndex(database, 'events', 'events_applied'))
      .where({ action: 'push', content: 'manifest' })
      .limit(most)
      .select<PushRow[]>('repository', 'tag', 'digest')
  const applied = await pushes().where('applied_at', '>=', since)
  const waiting = await pushes().whereNull('applied_at')
  return [...toReferences(waiting), ...toReferences(applied)]
}

/** Tags that the index has been told, or found, to be pushed since then. */
export async function listIndexedPushes(
  database: Database,
  { since, most }: Asked,
): Promise<readonly RecentReference[]> {
  return database
    .queryBuilder()
    .from(byIndex(database, 'repositories', 'repositories_by_pushed'))
    .join('tags', 'tags.repository_id', 'repositories.id')
    .where('repositories.is_listed', 1)
    .where('repositories.pushed_at', '>=', since)
    .where('tags.is_listed', 1)
    .where('tags.pushed_at', '>=', since)
    .limit(most)
    .select<RecentReference[]>({ repository: 'repositories.name', reference: 'tags.name' })
}

/** What is to be read again, and is not known to be gone. */
export async function listMarked(
  database: Database,
  most: number,
): Promise<readonly RecentReference[]> {
  return database
    .queryBuilder()
    .from(byIndex(database, 'dirty_references', 'dirty_references_due'))
    .where({ is_deletion: 0 })
    .orderBy('due_at')
    .limit(most)
    .select<RecentReference[]>('repository', 'reference')
}
