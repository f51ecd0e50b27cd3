import type { Database } from '../database/open-database.ts'
import type { VersionWatch } from '../database/version-watch.ts'
import { createVersionedCache } from '../database/versioned-cache.ts'
import { findVersionedPolicies } from './queries.ts'
import type { ProjectPolicies } from './types.ts'

/** Policies by the name of the project, as whoever decides by them reads them. */
export interface CachedPolicies {
  /**
   * Those of this second, mostly from memory; undefined where there is no such project.
   *
   * @throws AppError UNAVAILABLE (503)
   */
  readonly read: (project: string) => Promise<ProjectPolicies | undefined>
}

/** Policies, kept until a change of the project or of one of them. */
export function createCachedPolicies({
  database,
  watch,
  most,
}: {
  readonly database: Database
  readonly watch: VersionWatch
  readonly most: number
}): CachedPolicies {
  const cache = createVersionedCache<ProjectPolicies>({
    watch,
    most,
    load: (project) => findVersionedPolicies(database, project),
    concerns: ({ kind, id }, { projectId }) => kind === 'project' && id === projectId,
  })
  return { read: cache.read }
}
