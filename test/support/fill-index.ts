import type { Database } from '../../src/database/open-database.ts'
import { ensureRepositories } from '../../src/images/repository-queries.ts'
import { versionKey } from '../../src/images/version-key.ts'
import { projectOf } from '../../src/protocol/reference.ts'

export interface FilledRepository {
  readonly name: string
  readonly tags: readonly string[]
  readonly pushedAt: Date
  readonly pulledAt: Date
  readonly sizeBytes: number
}

const digestOf = (n: number): string => `sha256:${n.toString(16).padStart(64, '0')}`

/** Puts repositories into the index as if they had been read; their tags are all on one digest each. */
export async function fillIndex(
  database: Database,
  repositories: readonly FilledRepository[],
): Promise<void> {
  const ids = await ensureRepositories(
    database,
    repositories.map(({ name }) => name),
  )
  for (const { name, tags, pushedAt, pulledAt, sizeBytes } of repositories) {
    const id = ids.get(name) ?? 0
    await database('repositories').where({ id }).update({
      is_listed: 1,
      tag_count: tags.length,
      size_bytes: sizeBytes,
      pushed_at: pushedAt,
      pulled_at: pulledAt,
    })
    const rows = tags.map((tag, n) => ({
      repository_id: id,
      project: projectOf(name),
      name: tag,
      digest: digestOf(id),
      media_type: 'application/vnd.oci.image.manifest.v1+json',
      size_bytes: n % 3,
      is_measured: 1,
      version_key: versionKey(tag),
      pushed_at: new Date(pushedAt.getTime() + (n % 2) * 1000),
      created_at: pushedAt,
      ticket: 1,
    }))
    await database('tags').insert(rows)
  }
}
