import pLimit from 'p-limit'
import { z } from 'zod'
import type { Database } from '../database/open-database.ts'
import { AppError } from '../errors.ts'
import { findParents } from '../images/activity-queries.ts'
import { readJson } from '../images/read-json.ts'
import { findRepositoryIds } from '../images/repository-queries.ts'
import { isIndexType } from '../protocol/media-types.ts'
import { isDigest } from '../protocol/reference.ts'
import type { RegistryClient } from '../registry/client.ts'
import type { Descriptor } from '../registry/manifests.ts'

const LOOKS_AT_ONCE = 8
/** What a pusher wrote may be a maze of indexes. */
const MOST_INDEXES = 2000

export interface FindNeedsDeps {
  readonly database: Database
  readonly registry: Pick<RegistryClient, 'listTags' | 'findManifest' | 'readManifest'>
}

export interface SoughtDigest {
  readonly repository: string
  readonly digest: string
  readonly signal: AbortSignal
}

/** What would be broken, or taken along, by the end of a manifest. */
export interface Needs {
  /** Tags that are on it. */
  readonly tags: readonly string[]
  /** Indexes that lead to it: by their tags, or by their digest where they have none. */
  readonly indexes: readonly string[]
}

const childrenSchema = z.object({
  manifests: z
    .array(z.object({ digest: z.string().refine(isDigest), mediaType: z.string().optional() }))
    .catch([]),
})

type Tagged = ReadonlyMap<string, Descriptor>

async function lookAtTags(
  { registry }: FindNeedsDeps,
  { repository, signal }: SoughtDigest,
): Promise<Tagged> {
  const limit = pLimit(LOOKS_AT_ONCE)
  const tags = (await registry.listTags(repository, { signal })) ?? []
  const looked = await Promise.all(
    tags.map((tag) =>
      limit(async () => {
        const found = await registry.findManifest({ repository, reference: tag }, { signal })
        return found === undefined ? [] : [[tag, found] as const]
      }),
    ),
  )
  return new Map(looked.flat().toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/** Indexes without a tag are seen by nobody but our own index, which may be late. */
async function knownParents(
  { database }: FindNeedsDeps,
  { repository, digest }: SoughtDigest,
): Promise<readonly string[]> {
  const id = (await findRepositoryIds(database, [repository])).get(repository)
  if (id === undefined) return []
  return (await findParents(database, id, [digest])).get(digest) ?? []
}

async function readChildren(
  { registry }: FindNeedsDeps,
  { repository, signal }: SoughtDigest,
  index: string,
): Promise<readonly { readonly digest: string; readonly mediaType?: string | undefined }[]> {
  const manifest = await registry.readManifest({ repository, reference: index }, { signal })
  if (manifest === undefined) return []
  return childrenSchema.safeParse(readJson(manifest.content)).data?.manifests ?? []
}

async function findLeading(
  deps: FindNeedsDeps,
  sought: SoughtDigest,
  roots: readonly string[],
): Promise<readonly string[]> {
  const seen = new Set(roots)
  const leading: string[] = []
  for (const index of seen) {
    if (seen.size > MOST_INDEXES) {
      throw new AppError('DENIED', {
        detail: `${sought.repository} has more than ${MOST_INDEXES} indexes, too many to see whether one needs this manifest; delete tags instead`,
      })
    }
    const children = await readChildren(deps, sought, index)
    if (children.some(({ digest }) => digest === sought.digest)) leading.push(index)
    const below = children.filter(({ mediaType }) => isIndexType(mediaType))
    for (const { digest } of below) seen.add(digest)
  }
  return leading
}

/**
 * Looks at the live registry for what needs a manifest, tag by tag.
 *
 * @throws AppError UNAVAILABLE (503), REGISTRY_FAILED (502) when something cannot be read: then
 *   nobody knows
 */
export async function findNeeds(deps: FindNeedsDeps, sought: SoughtDigest): Promise<Needs> {
  const tagged = await lookAtTags(deps, sought)
  const on = (digest: string): readonly string[] =>
    [...tagged].flatMap(([tag, found]) => (found.digest === digest ? [tag] : []))
  const indexes = [...tagged.values()].flatMap(({ digest, mediaType }) =>
    isIndexType(mediaType) ? [digest] : [],
  )
  const roots = [...indexes, ...(await knownParents(deps, sought))]
  const leading = await findLeading(deps, sought, roots)
  const nameOf = (index: string): readonly string[] => (on(index).length > 0 ? on(index) : [index])
  return { tags: on(sought.digest), indexes: leading.flatMap(nameOf) }
}
