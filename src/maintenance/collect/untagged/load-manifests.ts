import { inBatches } from '../../../database/bulk.ts'
import type { Database } from '../../../database/open-database.ts'
import { listChildren } from '../../../policies/retention/index-queries.ts'
import type { JudgedManifest } from './decide-untagged.ts'
import { type KnownManifest, listKnownManifests } from './queries.ts'

const AT_ONCE = 1000
/** Each may have some hundred children. */
const PARENTS_AT_ONCE = 100
/** More than any repository of people has; what is larger is left alone (R33). */
const MOST_MANIFESTS = 200_000
const MOST_CHILDREN = 500_000

async function listAll(
  database: Database,
  repositoryId: number,
): Promise<readonly KnownManifest[] | undefined> {
  const all: KnownManifest[] = []
  for (let after = 0; ; ) {
    const page = await listKnownManifests(database, { repositoryId, after, most: AT_ONCE })
    all.push(...page)
    const last = page.at(-1)
    if (all.length > MOST_MANIFESTS) return undefined
    if (last === undefined || page.length < AT_ONCE) return all
    after = last.id
  }
}

/**
 * The manifests of a repository as the index has them.
 *
 * @param oldBefore those that were pushed and pulled before this are old
 * @returns undefined where there are more than are looked at
 */
export async function loadManifests(
  database: Database,
  { repositoryId, oldBefore }: { readonly repositoryId: number; readonly oldBefore: Date },
): Promise<readonly JudgedManifest[] | undefined> {
  const known = await listAll(database, repositoryId)
  if (known === undefined) return undefined
  const children = new Map<number, string[]>(known.map(({ id }) => [id, []]))
  let left = MOST_CHILDREN
  for (const batch of inBatches([...children.keys()], PARENTS_AT_ONCE)) {
    const pairs = await listChildren(database, batch)
    left -= pairs.length
    if (left < 0) return undefined
    for (const { manifestId, digest } of pairs) children.get(manifestId)?.push(digest)
  }
  return known.map(({ id, digest, subjectDigest, pushedAt, pulledAt }) => ({
    digest,
    children: children.get(id) ?? [],
    subject: subjectDigest,
    isOld: pushedAt < oldBefore && pulledAt < oldBefore,
  }))
}
