import type { Database } from '../../database/open-database.ts'
import type { ImmutableTagRule } from '../types.ts'
import { readRules } from './stored-rules.ts'

export async function findRules(
  database: Database,
  projectId: number,
): Promise<readonly ImmutableTagRule[]> {
  const row: { readonly rules: unknown } | undefined = await database('immutable_tag_rules')
    .where({ project_id: projectId })
    .first('rules')
  return readRules(row?.rules)
}

/** Replaces the rules of a project as a whole. */
export async function putRules(
  database: Database,
  projectId: number,
  { rules, now }: { readonly rules: readonly ImmutableTagRule[]; readonly now: Date },
): Promise<void> {
  await database('immutable_tag_rules')
    .insert({ project_id: projectId, rules: JSON.stringify(rules), updated_at: now })
    .onConflict('project_id')
    .merge(['rules', 'updated_at'])
}
