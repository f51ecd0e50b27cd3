import { byIndex, type Listing, prefixPattern } from '../../database/keyset.ts'
import type { Database } from '../../database/open-database.ts'
import type { TagHit } from './search-queries.ts'

/** What of a project is behind a tag. */
const inRestOf = (query: Listing, { project, tag, repositoryId }: OwnTagHit): Listing =>
  query
    .where({ project })
    .where('name', '>=', tag)
    .where((later) => {
      later.where('name', '>', tag).orWhere('repository_id', '>', repositoryId)
    })

export interface OwnTagHit extends TagHit {
  readonly project: string
}

/**
 * Tags of some projects that begin with a text, by project and name: one range of the index for each
 * project, however many repositories it has.
 */
export async function findTagsWithin(
  database: Database,
  { projects, start }: { readonly projects: readonly string[]; readonly start: string },
  { after, most }: { readonly after: OwnTagHit | undefined; readonly most: number },
): Promise<readonly OwnTagHit[]> {
  const ahead = projects.filter((project) => after === undefined || project > after.project)
  const begun = after !== undefined && projects.includes(after.project)
  if (ahead.length === 0 && !begun) return []
  const rows: readonly OwnTagHit[] = await database
    .queryBuilder()
    .from(byIndex(database, 'tags', 'tags_project_name'))
    .where({ is_listed: 1 })
    .whereRaw("name LIKE ? ESCAPE '!'", [prefixPattern(start)])
    .where((either) => {
      if (ahead.length > 0) either.whereIn('project', ahead)
      if (begun) either.orWhere((rest) => void inRestOf(rest, after))
    })
    .orderBy(['project', 'name', 'repository_id'])
    .limit(most)
    .select({ project: 'project', tag: 'name', repositoryId: 'repository_id' })
  return rows
}
