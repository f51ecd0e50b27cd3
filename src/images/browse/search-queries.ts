import { byIndex, inKeyOrder, prefixPattern } from '../../database/keyset.ts'
import type { Database } from '../../database/open-database.ts'

/** A repository in the index, listed or not. */
export interface NamedRepository {
  readonly id: number
  readonly name: string
}

export async function listNamesById(
  database: Database,
  ids: readonly number[],
): Promise<ReadonlyMap<number, string>> {
  if (ids.length === 0) return new Map()
  const rows: readonly NamedRepository[] = await database('repositories')
    .whereIn('id', [...new Set(ids)])
    .where({ is_listed: 1 })
    .select('id', 'name')
  return new Map(rows.map(({ id, name }) => [id, name]))
}

interface SegmentHit {
  readonly segment: string
  readonly repositoryId: number
}

/** Segments that begin with a text, the shortest first of those that begin alike. */
export async function findSegments(
  database: Database,
  start: string,
  { after, most }: { readonly after: SegmentHit | undefined; readonly most: number },
): Promise<readonly SegmentHit[]> {
  const query = database('repository_segments')
    .whereRaw("segment LIKE ? ESCAPE '!'", [prefixPattern(start)])
    .limit(most)
    .select({ segment: 'segment', repositoryId: 'repository_id' })
  const rows: readonly SegmentHit[] = await inKeyOrder(query, {
    columns: ['segment', 'repository_id'],
    descending: false,
    after: after && [after.segment, after.repositoryId],
  })
  return rows
}

/** How many repositories have a gram, counted up to a number that is many. */
export async function countGram(database: Database, gram: string, most: number): Promise<number> {
  const few = database('repository_grams').where({ gram }).limit(most).select('repository_id')
  const row = await database.queryBuilder().from(few.as('few')).count({ count: '*' }).first()
  return Number(row?.count ?? 0)
}

/** Ids of repositories that have a gram, by id. */
export async function findByGram(
  database: Database,
  gram: string,
  { after, most }: { readonly after: number; readonly most: number },
): Promise<readonly number[]> {
  const rows: readonly { readonly repository_id: number }[] = await database('repository_grams')
    .where({ gram })
    .where('repository_id', '>', after)
    .orderBy('repository_id')
    .limit(most)
    .select('repository_id')
  return rows.map(({ repository_id }) => repository_id)
}

export interface TagHit {
  readonly tag: string
  readonly repositoryId: number
}

/** Tags of any repository that begin with a text, by name. */
export async function findTagsByStart(
  database: Database,
  start: string,
  { after, most }: { readonly after: TagHit | undefined; readonly most: number },
): Promise<readonly TagHit[]> {
  const query = database
    .queryBuilder()
    .from(byIndex(database, 'tags', 'tags_name'))
    .where({ is_listed: 1 })
    .whereRaw("name LIKE ? ESCAPE '!'", [prefixPattern(start)])
    .limit(most)
    .select({ tag: 'name', repositoryId: 'repository_id' })
  const rows: readonly TagHit[] = await inKeyOrder(query, {
    columns: ['name', 'repository_id'],
    descending: false,
    after: after && [after.tag, after.repositoryId],
  })
  return rows
}

export interface ManifestHit {
  readonly manifestId: number
  readonly repositoryId: number
  readonly digest: string
}

interface ManifestSearch {
  readonly after: Pick<ManifestHit, 'manifestId' | 'repositoryId'> | undefined
  readonly most: number
}

/** Where a manifest is, by repository. */
export async function findPlacesOf(
  database: Database,
  digest: string,
  { after, most }: ManifestSearch,
): Promise<readonly ManifestHit[]> {
  const rows = await database('manifests')
    .joinRaw('STRAIGHT_JOIN repository_manifests AS placed ON placed.manifest_id = manifests.id')
    .where({ digest })
    .where('placed.repository_id', '>', after?.repositoryId ?? 0)
    .orderBy('placed.repository_id')
    .limit(most)
    .select<ManifestHit[]>({
      manifestId: 'manifests.id',
      repositoryId: 'placed.repository_id',
      digest: 'digest',
    })
  return rows
}

/** Images whose config has a label of that value. */
export async function findIdsByLabel(
  database: Database,
  { name, value }: { readonly name: string; readonly value: string },
  { from, most }: { readonly from: number; readonly most: number },
): Promise<readonly number[]> {
  const rows: readonly { readonly manifest_id: number }[] = await database
    .queryBuilder()
    .from(byIndex(database, 'manifest_labels', 'manifest_labels_name'))
    .where({ name, value })
    .where('manifest_id', '>=', from)
    .orderBy('manifest_id')
    .limit(most)
    .select('manifest_id')
  return rows.map(({ manifest_id }) => manifest_id)
}

/** Where some manifests are, by manifest and repository. */
export async function listPlaces(
  database: Database,
  ids: readonly number[],
  { after, most }: ManifestSearch,
): Promise<readonly ManifestHit[]> {
  if (ids.length === 0) return []
  const query = database
    .queryBuilder()
    .from(byIndex(database, 'repository_manifests', 'repository_manifests_manifest'))
    .whereIn('manifest_id', [...ids])
    .limit(most)
    .select('manifest_id', 'repository_id')
  const page = inKeyOrder(query, {
    columns: ['manifest_id', 'repository_id'],
    descending: false,
    after: after && [after.manifestId, after.repositoryId],
  })
  const rows: readonly ManifestHit[] = await database
    .queryBuilder()
    .from(page.as('page'))
    .join('manifests', 'manifests.id', 'page.manifest_id')
    .orderBy(['page.manifest_id', 'page.repository_id'])
    .select({
      manifestId: 'page.manifest_id',
      repositoryId: 'page.repository_id',
      digest: 'manifests.digest',
    })
  return rows
}
