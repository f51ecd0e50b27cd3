import type { Database } from '../../database/open-database.ts'
import type { TagName } from '../types.ts'

/** A tag as the index has it: its row stays when it goes. */
export interface TagState {
  readonly digest: string
  /** Undefined while it is listed. */
  readonly goneAt: Date | undefined
}

export async function findTagState(
  database: Database,
  { repository, tag }: TagName,
): Promise<TagState | undefined> {
  const row: { readonly digest: string; readonly gone_at: Date | null } | undefined =
    await database('repositories')
      .join('tags', 'tags.repository_id', 'repositories.id')
      .where({ 'repositories.name': repository, 'tags.name': tag })
      .first('tags.digest', 'tags.gone_at')
  return row && { digest: row.digest, goneAt: row.gone_at ?? undefined }
}

/** Names of the listed tags that are on a digest. */
export async function listTagsOn(
  database: Database,
  { repository, digest }: { readonly repository: string; readonly digest: string },
): Promise<readonly string[]> {
  const rows: readonly { readonly name: string }[] = await database('repositories')
    .join('tags', 'tags.repository_id', 'repositories.id')
    .where({ 'repositories.name': repository, 'tags.digest': digest, 'tags.is_listed': 1 })
    .select('tags.name as name')
  return rows.map(({ name }) => name)
}
