import { meetRightsChanges } from '../../database/change-version.ts'
import { databaseNow } from '../../database/clock.ts'
import type { Database } from '../../database/open-database.ts'
import type { RetentionPolicy, RetentionRule } from './types.ts'

interface PolicyRow {
  readonly rules: string
  readonly schedule: string | null
  readonly untagged_days: number | null
}

/** Rules as they are kept; what goes in has been checked. */
export const readRules = (text: string): readonly RetentionRule[] => JSON.parse(text)

/** Holds a project against its end, and against other changes of what hangs on it. */
export async function lockProject(
  transaction: Database,
  projectId: number,
): Promise<{ readonly name: string } | undefined> {
  // Whoever ends the project does this, too.
  await meetRightsChanges(transaction)
  return transaction('projects').where({ id: projectId }).forUpdate().first('name')
}

export async function findPolicy(
  database: Database,
  projectId: number,
): Promise<RetentionPolicy | undefined> {
  const row = await database('retention_policies')
    .where({ project_id: projectId })
    .first<PolicyRow | undefined>('rules', 'schedule', 'untagged_days')
  return (
    row && {
      rules: readRules(row.rules),
      schedule: row.schedule ?? undefined,
      untaggedDays: row.untagged_days ?? undefined,
    }
  )
}

export async function putPolicy(
  transaction: Database,
  projectId: number,
  { rules, schedule, untaggedDays }: RetentionPolicy,
): Promise<void> {
  await transaction('retention_policies')
    .insert({
      project_id: projectId,
      rules: JSON.stringify(rules),
      schedule: schedule ?? null,
      untagged_days: untaggedDays ?? null,
      updated_at: databaseNow(transaction),
    })
    .onConflict()
    .merge()
}

/** @returns whether there was one */
export async function removePolicy(transaction: Database, projectId: number): Promise<boolean> {
  return (await transaction('retention_policies').where({ project_id: projectId }).delete()) === 1
}
