import type { Database } from '../../database/open-database.ts'
import type { BuildStep } from '../image-config.ts'
import type { ManifestChild, ManifestKind, Platform } from '../manifest-content.ts'
import { orNever } from './repository-queries.ts'

/** What the index knows of a manifest in a repository. */
export interface PlacedManifest extends Platform {
  readonly id: number
  readonly digest: string
  readonly mediaType: string
  readonly kind: ManifestKind
  readonly contentBytes: number
  /** With all that it leads to; undefined when it could not all be measured. */
  readonly sizeBytes: number | undefined
  readonly artifactType: string | undefined
  readonly subjectDigest: string | undefined
  readonly configDigest: string | undefined
  readonly createdAt: Date | undefined
  readonly pulledAt: Date | undefined
}

interface ManifestRow {
  readonly id: number
  readonly digest: string
  readonly media_type: string
  readonly kind: ManifestKind
  readonly content_bytes: number
  readonly artifact_type: string | null
  readonly subject_digest: string | null
  readonly config_digest: string | null
  readonly os: string | null
  readonly architecture: string | null
  readonly variant: string | null
  readonly image_created_at: Date | null
  readonly tree_bytes: number | string | null
  readonly pulled_at: Date
}

const COLUMNS = [
  'manifests.id',
  'manifests.digest',
  'media_type',
  'kind',
  'content_bytes',
  'artifact_type',
  'manifests.subject_digest',
  'config_digest',
  'os',
  'architecture',
  'variant',
  'image_created_at',
  'tree_bytes',
  'pulled_at',
]

const toManifest = (row: ManifestRow): PlacedManifest => ({
  id: row.id,
  digest: row.digest,
  mediaType: row.media_type,
  kind: row.kind,
  contentBytes: row.content_bytes,
  sizeBytes: row.tree_bytes === null ? undefined : Number(row.tree_bytes),
  artifactType: row.artifact_type ?? undefined,
  subjectDigest: row.subject_digest ?? undefined,
  configDigest: row.config_digest ?? undefined,
  os: row.os ?? undefined,
  architecture: row.architecture ?? undefined,
  variant: row.variant ?? undefined,
  createdAt: row.image_created_at ?? undefined,
  pulledAt: orNever(row.pulled_at),
})

export async function findPlacedManifest(
  database: Database,
  { repositoryId, digest }: { readonly repositoryId: number; readonly digest: string },
): Promise<PlacedManifest | undefined> {
  const row: ManifestRow | undefined = await database('manifests')
    .join('repository_manifests', 'repository_manifests.manifest_id', 'manifests.id')
    .where({ digest, repository_id: repositoryId })
    .first(COLUMNS)
  return row && toManifest(row)
}

export interface ManifestDetails {
  readonly annotations: Readonly<Record<string, string>>
  readonly labels: Readonly<Record<string, string>>
  readonly history: readonly BuildStep[]
}

interface DetailRow {
  readonly annotations: string | null
  readonly labels: string | null
  readonly history: string | null
}

/** What a manifest and the config of its image say in many words. */
export async function findManifestDetails(
  database: Database,
  manifestId: number,
): Promise<ManifestDetails> {
  const row = await database('manifest_details')
    .where({ manifest_id: manifestId })
    .first<DetailRow | undefined>('annotations', 'labels', 'history')
  return {
    annotations: JSON.parse(row?.annotations ?? '{}'),
    labels: JSON.parse(row?.labels ?? '{}'),
    history: JSON.parse(row?.history ?? '[]'),
  }
}

interface ChildRow {
  readonly digest: string
  readonly media_type: string
  readonly role: ManifestChild['role']
  readonly artifact_type: string | null
  readonly os: string | null
  readonly architecture: string | null
  readonly variant: string | null
}

/** What an index holds, in its order; as many as are kept of one. */
export async function listManifestChildren(
  database: Database,
  manifestId: number,
): Promise<readonly ManifestChild[]> {
  const rows = await database('manifest_children')
    .where({ manifest_id: manifestId })
    .orderBy('position')
    .select<ChildRow[]>(
      'digest',
      'media_type',
      'role',
      'artifact_type',
      'os',
      'architecture',
      'variant',
    )
  return rows.map((row) => ({
    digest: row.digest,
    mediaType: row.media_type,
    role: row.role,
    artifactType: row.artifact_type ?? undefined,
    os: row.os ?? undefined,
    architecture: row.architecture ?? undefined,
    variant: row.variant ?? undefined,
  }))
}

/** Names of some tags on a manifest. */
export async function listTagsOf(
  database: Database,
  { repositoryId, digest }: { readonly repositoryId: number; readonly digest: string },
  most: number,
): Promise<readonly string[]> {
  const rows: readonly { readonly name: string }[] = await database('tags')
    .where({ repository_id: repositoryId, digest, is_listed: 1 })
    .limit(most)
    .select('name')
  return rows.map(({ name }) => name).sort()
}
