import type { Database } from '../../database/open-database.ts'
import { projectOf } from '../../protocol/reference.ts'
import type { CachedSettings } from '../../settings/cached-settings.ts'
import type { CachedPolicies } from '../cached-policies.ts'
import { ALLOWED, refuse, type Verdict } from '../types.ts'
import { describeBytes } from './describe-bytes.ts'
import { effectiveLimit, isOver } from './limits.ts'
import { findUsedBytes, hasManifest } from './queries.ts'

export interface QuotaDecisionDeps {
  readonly database: Database
  readonly policies: CachedPolicies
  readonly runtimeSettings: Pick<CachedSettings, 'read'>
}

export interface QuotaQuestion {
  readonly repository: string
  /** Of the manifest that is written; undefined where an upload of a blob begins. */
  readonly digest?: string
}

/**
 * Decides whether a project may take in more. Who is at the limit begins no upload and writes no new
 * manifest; one that the repository has already adds nothing, and may get another tag. What was
 * under way when the limit was reached may overshoot it.
 *
 * @throws AppError UNAVAILABLE (503)
 */
export async function decideQuota(
  { database, policies, runtimeSettings }: QuotaDecisionDeps,
  { repository, digest }: QuotaQuestion,
): Promise<Verdict> {
  const project = projectOf(repository)
  const found = await policies.read(project)
  if (found === undefined) return ALLOWED
  const limit = await effectiveLimit(runtimeSettings, found.limitBytes)
  if (limit === undefined) return ALLOWED
  const used = await findUsedBytes(database, project)
  if (!isOver(used, limit)) return ALLOWED
  if (digest !== undefined && (await hasManifest(database, { repository, digest }))) return ALLOWED
  return refuse(
    `the project ${project} uses ${describeBytes(used)} of ${describeBytes(limit)}; delete tags and collect garbage, or ask an administrator for more`,
  )
}
