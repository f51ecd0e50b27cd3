import type { Database } from '../../database/open-database.ts'

/** What a project may keep, and keeps. */
export interface QuotaState {
  /** Undefined where the project has no limit of its own. */
  readonly limitBytes: number | undefined
  readonly usedBytes: number
}

export async function findQuotaState(
  database: Database,
  projectId: number,
): Promise<QuotaState | undefined> {
  const row:
    | { readonly limit_bytes: number | null; readonly size_bytes: number | null }
    | undefined = await database('projects')
    .leftJoin('project_quotas', 'project_quotas.project_id', 'projects.id')
    .leftJoin('project_figures', 'project_figures.project', 'projects.name')
    .where({ 'projects.id': projectId })
    .first('project_quotas.limit_bytes', 'project_figures.size_bytes')
  return row && { limitBytes: row.limit_bytes ?? undefined, usedBytes: row.size_bytes ?? 0 }
}

/**
 * Bytes that a project keeps: every blob that was pushed or mounted to it and every manifest, each
 * once, as the registry told of them (R32). Counted anew within a second or so of each change.
 */
export async function findUsedBytes(database: Database, project: string): Promise<number> {
  const row: { readonly size_bytes: number } | undefined = await database('project_figures')
    .where({ project })
    .first('size_bytes')
  return row?.size_bytes ?? 0
}

/** Whether the index has a manifest in a repository. */
export async function hasManifest(
  database: Database,
  { repository, digest }: { readonly repository: string; readonly digest: string },
): Promise<boolean> {
  const row = await database('manifests')
    .join('repository_manifests', 'repository_manifests.manifest_id', 'manifests.id')
    .join('repositories', 'repositories.id', 'repository_manifests.repository_id')
    .where({ 'manifests.digest': digest, 'repositories.name': repository })
    .first('manifests.id')
  return row !== undefined
}

export async function putQuota(
  database: Database,
  projectId: number,
  { limitBytes, now }: { readonly limitBytes: number; readonly now: Date },
): Promise<void> {
  await database('project_quotas')
    .insert({ project_id: projectId, limit_bytes: limitBytes, updated_at: now })
    .onConflict('project_id')
    .merge(['limit_bytes', 'updated_at'])
}

export async function deleteQuota(database: Database, projectId: number): Promise<void> {
  await database('project_quotas').where({ project_id: projectId }).delete()
}

/**
 * Projects that keep as much as they may, or more, by name.
 *
 * @param defaultLimitBytes of projects without a limit of their own; undefined: none
 */
export async function listOverQuota(
  database: Database,
  {
    after,
    most,
    defaultLimitBytes,
  }: {
    readonly after: string
    readonly most: number
    readonly defaultLimitBytes: number | undefined
  },
): Promise<readonly string[]> {
  const rows: readonly { readonly name: string }[] = await database('projects')
    .leftJoin('project_quotas', 'project_quotas.project_id', 'projects.id')
    .leftJoin('project_figures', 'project_figures.project', 'projects.name')
    .where('projects.name', '>', after)
    .whereRaw(
      'COALESCE(project_figures.size_bytes, 0) >= COALESCE(project_quotas.limit_bytes, ?)',
      [defaultLimitBytes ?? Number.MAX_SAFE_INTEGER],
    )
    .orderBy('projects.name')
    .limit(most)
    .select('projects.name as name')
  return rows.map(({ name }) => name)
}
