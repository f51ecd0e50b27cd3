import { byIndex } from '../../database/keyset.ts'
import type { Database } from '../../database/open-database.ts'

export interface ListedRepository {
  readonly id: number
  readonly name: string
}

/** Repositories of a project that have tags, by name, from a name on. */
export async function listRepositories(
  database: Database,
  {
    project,
    after,
    most,
  }: { readonly project: string; readonly after: string; readonly most: number },
): Promise<readonly ListedRepository[]> {
  return database
    .queryBuilder()
    .from(byIndex(database, 'repositories', 'repositories_project_name'))
    .where({ project, is_listed: 1 })
    .where('name', '>', after)
    .orderBy('name')
    .limit(most)
    .select('id', 'name')
}

/** Those that have tags. */
export async function countRepositories(database: Database, project: string): Promise<number> {
  const row = await database('repositories')
    .where({ project, is_listed: 1 })
    .count({ count: '*' })
    .first()
  return Number(row?.count ?? 0)
}

export interface PageOfRepository {
  readonly repositoryId: number
  readonly most: number
}

/** A tag as it is judged, with the bytes of all that it leads to. */
export interface MeasuredTag {
  readonly name: string
  readonly digest: string
  readonly pushedAt: Date
  /** 1970 where it never was. */
  readonly pulledAt: Date
  readonly sizeBytes: number | undefined
}

/** Tags by name; one that was found absent is left to whoever looks at it the second time (R30). */
export async function listTags(
  database: Database,
  { repositoryId, after, most }: PageOfRepository & { readonly after: string },
): Promise<readonly MeasuredTag[]> {
  const rows = await database
    .queryBuilder()
    .from(byIndex(database, 'tags', 'PRIMARY'))
    .where({ repository_id: repositoryId, is_listed: 1, missing_since: null })
    .where('name', '>', after)
    .orderBy('name')
    .limit(most)
    .select('name', 'digest', 'pushed_at', 'pulled_at', 'size_bytes', 'is_measured')
  return rows.map((row) => ({
    name: row.name,
    digest: row.digest,
    pushedAt: row.pushed_at,
    pulledAt: row.pulled_at,
    sizeBytes: row.is_measured === 1 ? Number(row.size_bytes) : undefined,
  }))
}

/** When tags that are there were pushed and pulled last, by name; 1970 where one never was. */
export async function findTagTimes(
  database: Database,
  repository: string,
  names: readonly string[],
): Promise<ReadonlyMap<string, Pick<MeasuredTag, 'pushedAt' | 'pulledAt'>>> {
  const rows: readonly { readonly name: string; pushed_at: Date; pulled_at: Date }[] =
    await database('repositories')
      .join('tags', 'tags.repository_id', 'repositories.id')
      .where({ 'repositories.name': repository, 'tags.is_listed': 1, 'tags.missing_since': null })
      .whereIn('tags.name', [...names])
      .select('tags.name', 'tags.pushed_at', 'tags.pulled_at')
  return new Map(
    rows.map((row) => [row.name, { pushedAt: row.pushed_at, pulledAt: row.pulled_at }]),
  )
}

export interface LinkedManifest {
  readonly id: number
  readonly digest: string
  readonly subjectDigest: string | undefined
}

export async function listManifests(
  database: Database,
  { repositoryId, after, most }: PageOfRepository & { readonly after: number },
): Promise<readonly LinkedManifest[]> {
  const rows = await database
    .queryBuilder()
    .from(database.raw('repository_manifests AS placed FORCE INDEX (PRIMARY)'))
    .join('manifests', 'manifests.id', 'placed.manifest_id')
    .where({ 'placed.repository_id': repositoryId })
    .where('placed.manifest_id', '>', after)
    .orderBy('placed.manifest_id')
    .limit(most)
    .select('manifests.id', 'manifests.digest', 'manifests.subject_digest')
  return rows.map((row) => ({
    id: row.id,
    digest: row.digest,
    subjectDigest: row.subject_digest ?? undefined,
  }))
}

/** What indexes lead to: pairs of the index's id and a digest. */
export async function listChildren(
  database: Database,
  manifestIds: readonly number[],
): Promise<readonly { readonly manifestId: number; readonly digest: string }[]> {
  return database('manifest_children')
    .whereIn('manifest_id', [...manifestIds])
    .orderBy(['manifest_id', 'position'])
    .select({ manifestId: 'manifest_id', digest: 'digest' })
}
