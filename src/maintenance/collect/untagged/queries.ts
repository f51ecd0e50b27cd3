import { byIndex } from '../../../database/keyset.ts'
import type { Database } from '../../../database/open-database.ts'

/** A project that lets untagged manifests go after some days. */
export interface UntaggedPolicy {
  readonly project: string
  readonly days: number
}

export async function listUntaggedPolicies(database: Database): Promise<readonly UntaggedPolicy[]> {
  return database
    .queryBuilder()
    .from(byIndex(database, 'retention_policies', 'retention_policies_untagged'))
    .join('projects', 'projects.id', 'retention_policies.project_id')
    .where('untagged_days', '>=', 1)
    .select<UntaggedPolicy[]>({ project: 'projects.name', days: 'untagged_days' })
}

export interface KnownRepository {
  readonly id: number
  readonly name: string
}

/** Repositories of a project by name, those without a tag by themselves. */
export async function listKnownRepositories(
  database: Database,
  {
    project,
    isListed,
    after,
    most,
  }: {
    readonly project: string
    readonly isListed: boolean
    readonly after: string
    readonly most: number
  },
): Promise<readonly KnownRepository[]> {
  return database
    .queryBuilder()
    .from(byIndex(database, 'repositories', 'repositories_project_name'))
    .where({ project, is_listed: isListed ? 1 : 0 })
    .where('name', '>', after)
    .orderBy('name')
    .limit(most)
    .select<KnownRepository[]>('id', 'name')
}

/** A manifest as the index has it. */
export interface KnownManifest {
  readonly id: number
  readonly digest: string
  readonly subjectDigest: string | undefined
  /** When we were told of its last push, or found it (R28). */
  readonly pushedAt: Date
  readonly pulledAt: Date
}

interface ManifestRow {
  readonly id: number
  readonly digest: string
  readonly subject_digest: string | null
  readonly pushed_at: Date | null
  readonly created_at: Date
  readonly pulled_at: Date
}

/** Manifests of a repository that are there, as far as is known, by their id. */
export async function listKnownManifests(
  database: Database,
  {
    repositoryId,
    after,
    most,
  }: { readonly repositoryId: number; readonly after: number; readonly most: number },
): Promise<readonly KnownManifest[]> {
  const rows: readonly ManifestRow[] = await database
    .queryBuilder()
    .from(database.raw('repository_manifests AS placed FORCE INDEX (PRIMARY)'))
    .join('manifests', 'manifests.id', 'placed.manifest_id')
    .where({ 'placed.repository_id': repositoryId, 'placed.missing_since': null })
    .where('placed.manifest_id', '>', after)
    .orderBy('placed.manifest_id')
    .limit(most)
    .select(
      'manifests.id',
      'manifests.digest',
      'manifests.subject_digest',
      'placed.pushed_at',
      'placed.created_at',
      'placed.pulled_at',
    )
  return rows.map((row) => ({
    id: row.id,
    digest: row.digest,
    subjectDigest: row.subject_digest ?? undefined,
    pushedAt: row.pushed_at ?? row.created_at,
    pulledAt: row.pulled_at,
  }))
}

/**
 * Whether something that came to a repository is not in the index yet. An event becomes a mark, and a
 * mark is read: who looks in this order misses none.
 */
export async function isUnsettled(database: Database, repository: string): Promise<boolean> {
  const event = await database
    .queryBuilder()
    .from(byIndex(database, 'events', 'events_applied'))
    .where({ applied_at: null, repository })
    .first('id')
  if (event !== undefined) return true
  return (await database('dirty_references').where({ repository }).first('marks')) !== undefined
}

/** Digests that tags of a repository are on, as far as is known. */
export async function listTaggedDigests(
  database: Database,
  repositoryId: number,
): Promise<readonly string[]> {
  const rows: readonly { readonly digest: string }[] = await database
    .queryBuilder()
    .from(byIndex(database, 'tags', 'tags_digest'))
    .where({ repository_id: repositoryId, is_listed: 1 })
    .distinct('digest')
  return rows.map(({ digest }) => digest)
}
