import { inBatches } from '../../database/bulk.ts'
import type { Database } from '../../database/open-database.ts'
import {
  type LinkedManifest,
  type ListedRepository,
  listChildren,
  listManifests,
  listTags,
  type MeasuredTag,
} from './index-queries.ts'
import type { ManifestLinks } from './types.ts'

const AT_ONCE = 1000
/** More than any repository of people has; what is larger is left alone (R33). */
const MOST_TAGS = 100_000
const MOST_MANIFESTS = 500_000
const MOST_CHILDREN = 500_000
/** Each may have some hundred children. */
const PARENTS_AT_ONCE = 100

/** A repository as the index has it. */
export interface LoadedRepository {
  readonly tags: readonly MeasuredTag[]
  readonly links: ManifestLinks
}

/** @returns undefined when there are more than are held at once */
async function readPages<T, K>(
  read: (after: K) => Promise<readonly T[]>,
  { first, keyOf, most }: { readonly first: K; readonly keyOf: (item: T) => K; most: number },
): Promise<readonly T[] | undefined> {
  const items: T[] = []
  for (let after = first; ; ) {
    const page = await read(after)
    items.push(...page)
    const last = page.at(-1)
    if (items.length > most) return undefined
    if (last === undefined || page.length < AT_ONCE) return items
    after = keyOf(last)
  }
}

/** @returns undefined when there are more than are held at once */
async function loadChildren(
  database: Database,
  manifests: readonly LinkedManifest[],
): Promise<ManifestLinks['children'] | undefined> {
  const children = new Map<string, string[]>()
  let left = MOST_CHILDREN
  for (const batch of inBatches(manifests, PARENTS_AT_ONCE)) {
    const digests = new Map(batch.map(({ id, digest }) => [id, digest]))
    const pairs = await listChildren(database, [...digests.keys()])
    left -= pairs.length
    if (left < 0) return undefined
    for (const { manifestId, digest } of pairs) {
      const parent = digests.get(manifestId) ?? ''
      const known = children.get(parent)
      if (known === undefined) children.set(parent, [digest])
      else known.push(digest)
    }
  }
  return children
}

async function loadLinks(
  database: Database,
  repositoryId: number,
): Promise<ManifestLinks | undefined> {
  const manifests = await readPages(
    (after: number) => listManifests(database, { repositoryId, after, most: AT_ONCE }),
    { first: 0, keyOf: ({ id }) => id, most: MOST_MANIFESTS },
  )
  const children = manifests && (await loadChildren(database, manifests))
  if (children === undefined) return undefined
  const subjects = manifests?.flatMap(({ digest, subjectDigest }) =>
    subjectDigest === undefined ? [] : [[digest, subjectDigest] as const],
  )
  return { children, subjects: new Map(subjects) }
}

/**
 * Reads the tags of a repository from the index, and how its manifests hang together.
 *
 * @returns undefined where there is more than is looked at
 */
export async function loadRepository(
  database: Database,
  { id: repositoryId }: ListedRepository,
): Promise<LoadedRepository | undefined> {
  const tags = await readPages(
    (after: string) => listTags(database, { repositoryId, after, most: AT_ONCE }),
    { first: '', keyOf: ({ name }) => name, most: MOST_TAGS },
  )
  if (tags === undefined) return undefined
  const links = await loadLinks(database, repositoryId)
  return links && { tags, links }
}
