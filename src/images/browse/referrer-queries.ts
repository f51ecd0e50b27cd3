import type { Database } from '../../database/open-database.ts'
import type { AccessoryKind } from '../../protocol/accessory.ts'

/** A manifest that says of itself that it is about another, or that stands under a tag which does. */
export interface Referrer {
  readonly digest: string
  readonly mediaType: string
  readonly contentBytes: number
  readonly artifactType: string | undefined
  readonly annotations: Readonly<Record<string, string>>
  /** What its tag says that it is; undefined where it names its subject itself. */
  readonly tagKind: AccessoryKind | undefined
}

interface ReferrerRow {
  readonly digest: string
  readonly media_type: string
  readonly content_bytes: number
  readonly artifact_type: string | null
  readonly annotations: string | null
  readonly accessory?: AccessoryKind
}

const COLUMNS = [
  'manifests.digest',
  'manifests.media_type',
  'content_bytes',
  'artifact_type',
  'annotations',
]

const toReferrer = (row: ReferrerRow): Referrer => ({
  digest: row.digest,
  mediaType: row.media_type,
  contentBytes: row.content_bytes,
  artifactType: row.artifact_type ?? undefined,
  annotations: JSON.parse(row.annotations ?? '{}'),
  tagKind: row.accessory,
})

export interface SubjectQuestion {
  readonly repositoryId: number
  readonly subjectDigest: string
  readonly most: number
}

/** Manifests in a repository that name this one as their subject. */
export async function listBySubject(
  database: Database,
  { repositoryId, subjectDigest, most }: SubjectQuestion,
): Promise<readonly Referrer[]> {
  const rows: readonly ReferrerRow[] = await database('repository_manifests as placed')
    .join('manifests', 'manifests.id', 'placed.manifest_id')
    .leftJoin('manifest_details', 'manifest_details.manifest_id', 'placed.manifest_id')
    .where({ 'placed.repository_id': repositoryId, 'placed.subject_digest': subjectDigest })
    .orderBy('placed.manifest_id')
    .limit(most)
    .select(COLUMNS)
  return rows.map(toReferrer)
}

/** Manifests under tags that are made of its digest, such as those of cosign. */
export async function listByTag(
  database: Database,
  { repositoryId, subjectDigest, most }: SubjectQuestion,
): Promise<readonly Referrer[]> {
  const rows: readonly ReferrerRow[] = await database('tags')
    .join('manifests', 'manifests.digest', 'tags.digest')
    .leftJoin('manifest_details', 'manifest_details.manifest_id', 'manifests.id')
    .where({ repository_id: repositoryId, 'tags.subject_digest': subjectDigest, is_listed: 1 })
    // The tag of the specification is an index of those that name their subject themselves.
    .whereNot({ accessory: 'referrers' })
    .limit(most)
    .select([...COLUMNS, 'accessory'])
  return rows.map(toReferrer)
}
