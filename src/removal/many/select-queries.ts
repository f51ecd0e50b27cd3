import { byIndex } from '../../database/keyset.ts'
import type { Database } from '../../database/open-database.ts'

export interface SelectableRepository {
  readonly id: number
  readonly name: string
}

/** Repositories of a project with tags in them, by name, after one. */
export async function listProjectRepositories(
  database: Database,
  { project, after, most }: { project: string; after: string; most: number },
): Promise<readonly SelectableRepository[]> {
  return database
    .queryBuilder()
    .from(byIndex(database, 'repositories', 'repositories_project_name'))
    .where({ project, is_listed: 1 })
    .where('name', '>', after)
    .orderBy('name')
    .limit(most)
    .select('id', 'name')
}

export interface SelectableTag {
  readonly name: string
  readonly digest: string
  readonly sizeBytes: number | undefined
  /** What it is a signature, an SBOM or the like of. */
  readonly subjectDigest: string | undefined
  readonly pushedAt: Date
  readonly pulledAt: Date
}

interface TagRow {
  readonly name: string
  readonly digest: string
  readonly size_bytes: number | string
  readonly is_measured: number
  readonly subject_digest: string | null
  readonly pushed_at: Date
  readonly pulled_at: Date
}

/** Tags of a repository by name, after one. */
export async function listRepositoryTags(
  database: Database,
  { repositoryId, after, most }: { repositoryId: number; after: string; most: number },
): Promise<readonly SelectableTag[]> {
  const rows = await database
    .queryBuilder()
    .from(byIndex(database, 'tags', 'PRIMARY'))
    .where({ repository_id: repositoryId, is_listed: 1 })
    .where('name', '>', after)
    .orderBy('name')
    .limit(most)
    .select<TagRow[]>(
      'name',
      'digest',
      'size_bytes',
      'is_measured',
      'subject_digest',
      'pushed_at',
      'pulled_at',
    )
  return rows.map((row) => ({
    name: row.name,
    digest: row.digest,
    sizeBytes: row.is_measured === 1 ? Number(row.size_bytes) : undefined,
    subjectDigest: row.subject_digest ?? undefined,
    pushedAt: row.pushed_at,
    pulledAt: row.pulled_at,
  }))
}

export async function isRepositoryListed(database: Database, name: string): Promise<boolean> {
  const row = await database('repositories').where({ name, is_listed: 1 }).first('id')
  return row !== undefined
}
