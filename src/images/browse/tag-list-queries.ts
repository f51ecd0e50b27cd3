import { byIndex, inKeyOrder, prefixPattern } from '../../database/keyset.ts'
import type { Database } from '../../database/open-database.ts'
import { orNever } from './repository-queries.ts'

/** What lists of tags are sorted by: the column beside the name, and the index of both. */
export const TAG_SORTS = {
  name: { column: undefined, index: 'PRIMARY' },
  version: { column: 'version_key', index: 'tags_by_version' },
  pushedAt: { column: 'pushed_at', index: 'tags_by_pushed' },
  pulledAt: { column: 'pulled_at', index: 'tags_by_pulled' },
  sizeBytes: { column: 'size_bytes', index: 'tags_by_size' },
} as const

export type TagSort = keyof typeof TAG_SORTS

/** A tag as the index knows it. */
export interface Tag {
  readonly name: string
  readonly digest: string
  readonly mediaType: string
  /** Its blobs and manifests, each once; undefined when they could not all be measured. */
  readonly sizeBytes: number | undefined
  readonly pushedAt: Date
  readonly pulledAt: Date | undefined
  readonly place: TagPlace
}

export interface TagPlace {
  readonly name: string
  readonly value: string | number | Date | undefined
}

interface TagRow {
  readonly name: string
  readonly digest: string
  readonly media_type: string
  readonly size_bytes: number | string
  readonly is_measured: number
  readonly pushed_at: Date
  readonly pulled_at: Date
  readonly version_key: string
}

const COLUMNS = [
  'name',
  'digest',
  'media_type',
  'size_bytes',
  'is_measured',
  'pushed_at',
  'pulled_at',
  'version_key',
] as const

const toTag = (row: TagRow, by: TagSort): Tag => {
  const { column } = TAG_SORTS[by]
  const value = column && row[column]
  return {
    name: row.name,
    digest: row.digest,
    mediaType: row.media_type,
    sizeBytes: row.is_measured === 1 ? Number(row.size_bytes) : undefined,
    pushedAt: row.pushed_at,
    pulledAt: orNever(row.pulled_at),
    place: { name: row.name, value: column === 'size_bytes' ? Number(value) : value },
  }
}

export interface TagListQuestion {
  readonly repositoryId: number
  readonly by: TagSort
  readonly descending: boolean
  readonly after: TagPlace | undefined
  /** Beginning of the name. */
  readonly start: string | undefined
  readonly digest: string | undefined
  readonly most: number
}

/** The index that has the filter in it, or else the sort. */
function indexOf({ by, start, digest }: TagListQuestion): string {
  if (digest !== undefined) return 'tags_digest'
  return start === undefined ? TAG_SORTS[by].index : 'PRIMARY'
}

/** Tags of a repository in their order, from a place on. */
export async function listTags(
  database: Database,
  question: TagListQuestion,
): Promise<readonly Tag[]> {
  const { repositoryId, by, descending, after, start, digest, most } = question
  const { column } = TAG_SORTS[by]
  const query = database
    .queryBuilder()
    .from(byIndex(database, 'tags', indexOf(question)))
    .where({ repository_id: repositoryId, is_listed: 1, ...(digest && { digest }) })
    .limit(most)
    .select(...COLUMNS)
  if (start !== undefined) query.whereRaw("name LIKE ? ESCAPE '!'", [prefixPattern(start)])
  const rows: readonly TagRow[] = await inKeyOrder(query, {
    columns: column === undefined ? ['name'] : [column, 'name'],
    descending,
    after: after && (column === undefined ? [after.name] : [after.value ?? '', after.name]),
  })
  return rows.map((row) => toTag(row, by))
}

export async function findListedTag(
  database: Database,
  repositoryId: number,
  name: string,
): Promise<Tag | undefined> {
  const row = await database('tags')
    .where({ repository_id: repositoryId, name, is_listed: 1 })
    .first<TagRow | undefined>(...COLUMNS)
  return row && toTag(row, 'name')
}
