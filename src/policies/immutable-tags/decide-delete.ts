import type { Database } from '../../database/open-database.ts'
import { isDigest } from '../../protocol/reference.ts'
import { ALLOWED, refuse, type Verdict } from '../types.ts'
import { type ReadImmutabilityDeps, readImmutability } from './read-immutability.ts'
import { listTagsOn } from './tag-state-queries.ts'

export interface ManifestDelete {
  readonly repository: string
  /** A tag or a digest. */
  readonly reference: string
  /** Tags that were seen on it just now; the index may not know them yet. */
  readonly tags?: readonly string[]
}

/** Decides whether a manifest may be deleted: not with an immutable tag that is, or was known to be, on it. */
export async function decideManifestDelete(
  deps: ReadImmutabilityDeps & { readonly database: Database },
  { repository, reference, tags: seen = [] }: ManifestDelete,
): Promise<Verdict> {
  const isImmutable = await readImmutability(deps, repository)
  const known = isDigest(reference)
    ? await listTagsOn(deps.database, { repository, digest: reference })
    : [reference]
  const held = [...seen, ...known].find(isImmutable)
  if (held === undefined) return ALLOWED
  return refuse(
    `the tag ${held} of ${repository} is immutable by a rule of the project; take it out of the rule first`,
  )
}
