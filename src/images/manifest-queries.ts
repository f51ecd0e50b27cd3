import { type BulkRow, inBatches, inBatchesOf, insertMissing } from '../database/bulk.ts'
import type { Database } from '../database/open-database.ts'
import { type DigestIds, findManifestIds } from './digest-queries.ts'
import type { ImageConfig } from './image-config.ts'
import type { ReadManifest } from './walk-tree.ts'

/** Bytes of JSON that are kept of each of annotations, labels and history. */
const MOST_DETAIL = 256 * 1024
const LABEL_LENGTH = 255
/** Letters of details in one statement: of the longest ones two together would be too much for a server. */
const DETAILS_AT_ONCE = 1024 * 1024

export interface ManifestRecord extends ReadManifest {
  /** Undefined for what is no image, and where it could not be read. */
  readonly config: ImageConfig | undefined
}

const detail = (value: object): string | null => {
  const text = JSON.stringify(value)
  return text === '{}' || text === '[]' || text.length > MOST_DETAIL ? null : text
}

const toManifestRow = ({ digest, mediaType, contentBytes, content, config }: ManifestRecord) => ({
  digest,
  media_type: mediaType,
  kind: content.kind,
  content_bytes: contentBytes,
  artifact_type: content.artifactType ?? null,
  subject_digest: content.subjectDigest ?? null,
  config_digest: content.imageConfigDigest ?? null,
  os: config?.os ?? null,
  architecture: config?.architecture ?? null,
  variant: config?.variant ?? null,
  image_created_at: config?.createdAt ?? null,
})

const toDetailRow = (manifest_id: number, { content, config }: ManifestRecord) => ({
  manifest_id,
  annotations: detail(content.annotations),
  labels: detail(config?.labels ?? {}),
  history: detail(config?.history ?? []),
})

const lettersOf = (row: ReturnType<typeof toDetailRow>): number =>
  [row.annotations, row.labels, row.history].reduce((sum, text) => sum + (text?.length ?? 0), 0)

const toChildRows = (manifest_id: number, { content }: ManifestRecord) =>
  content.children.map((child, position) => ({
    manifest_id,
    position,
    digest: child.digest,
    media_type: child.mediaType,
    role: child.role,
    artifact_type: child.artifactType ?? null,
    os: child.os ?? null,
    architecture: child.architecture ?? null,
    variant: child.variant ?? null,
  }))

const toLabelRows = (manifest_id: number, { config }: ManifestRecord) =>
  Object.entries(config?.labels ?? {}).map(([name, value]) => ({
    manifest_id,
    name,
    value: value.slice(0, LABEL_LENGTH),
  }))

/** Inserts rows; of those that are there, what was not known when they were written is filled in. */
async function insertOrFill(
  transaction: Database,
  { table, columns }: { readonly table: string; readonly columns: readonly string[] },
  rows: readonly BulkRow[],
): Promise<void> {
  const filled = columns.map((column) => [
    column,
    transaction.raw('COALESCE(??, VALUES(??))', [`${table}.${column}`, column]),
  ])
  for (const batch of inBatches(rows)) {
    await transaction(table).insert(batch).onConflict().merge(Object.fromEntries(filled))
  }
}

const OF_CONFIGS = {
  manifests: {
    table: 'manifests',
    columns: ['os', 'architecture', 'variant', 'image_created_at'],
  },
  details: { table: 'manifest_details', columns: ['labels', 'history'] },
} as const

/** Writes what manifests say; those that are there already get no more than what their configs say. */
export async function insertManifests(
  transaction: Database,
  manifests: readonly ManifestRecord[],
): Promise<DigestIds> {
  const sorted = manifests.toSorted((a, b) => (a.digest < b.digest ? -1 : 1))
  await insertOrFill(transaction, OF_CONFIGS.manifests, sorted.map(toManifestRow))
  const ids = await findManifestIds(
    transaction,
    sorted.map(({ digest }) => digest),
  )
  const each = <T>(rowsOf: (id: number, manifest: ManifestRecord) => readonly T[]): readonly T[] =>
    sorted.flatMap((manifest) => rowsOf(ids.get(manifest.digest) ?? 0, manifest))
  const details = each((id, manifest) => [toDetailRow(id, manifest)])
  for (const batch of inBatchesOf(details, { weightOf: lettersOf, most: DETAILS_AT_ONCE })) {
    await insertOrFill(transaction, OF_CONFIGS.details, batch)
  }
  await insertMissing(transaction, 'manifest_children', each(toChildRows))
  await insertMissing(transaction, 'manifest_labels', each(toLabelRows))
  return ids
}
