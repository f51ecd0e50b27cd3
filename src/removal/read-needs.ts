import { AppError } from '../errors.ts'
import type { Caller } from '../http/caller.ts'
import { listReferrers } from '../images/browse/read-manifest.ts'
import { requireRepository } from '../images/require-repository.ts'
import type { DeleteTagDeps } from './delete-tag.ts'
import { findNeeds, type Needs } from './find-needs.ts'

/** A look at every tag of a repository may take this long, under the hold. */
export const LOOK_MS = 45_000
const MOST_NAMED = 10

export interface ManifestInput {
  readonly caller: Caller
  readonly repository: string
  readonly digest: string
}

/** What hangs on a manifest, as it was found live; referrers by what the index knows. */
export interface ManifestNeeds extends Needs {
  readonly referrers: readonly string[]
}

export const conflict = (detail: string): AppError => new AppError('CONFLICT', { detail })

/** Some names, for a sentence. */
export const nameSome = (names: readonly string[]): string =>
  names.length > MOST_NAMED
    ? `${names.slice(0, MOST_NAMED).join(', ')} and ${names.length - MOST_NAMED} more`
    : names.join(', ')

export async function readNeeds(
  { database, registry }: DeleteTagDeps,
  { repository, digest }: ManifestInput,
): Promise<ManifestNeeds> {
  const signal = AbortSignal.timeout(LOOK_MS)
  const manifest = await registry.findManifest({ repository, reference: digest }, { signal })
  if (manifest === undefined) {
    const detail = `there is no manifest ${digest} in ${repository}`
    throw new AppError('MANIFEST_UNKNOWN', { detail })
  }
  const needs = await findNeeds({ database, registry }, { repository, digest, signal })
  const referrers = await listReferrers(database, { repository, digest, artifactType: undefined })
  return {
    tags: needs.tags.toSorted(),
    indexes: needs.indexes.toSorted(),
    referrers: referrers.map((referrer) => referrer.digest).toSorted(),
  }
}

/**
 * Looks at the live registry for what hangs on a manifest: tags on it, indexes that lead to it, and
 * signatures and the like about it.
 *
 * @throws AppError UNAUTHORIZED (401), DENIED (403), REPOSITORY_UNKNOWN or MANIFEST_UNKNOWN (404)
 */
export async function readManifestNeeds(
  deps: DeleteTagDeps,
  input: ManifestInput,
): Promise<ManifestNeeds> {
  await requireRepository(deps, { ...input, permission: 'repository:delete' })
  return readNeeds(deps, input)
}
