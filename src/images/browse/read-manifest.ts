import type { Database } from '../../database/open-database.ts'
import { AppError } from '../../errors.ts'
import { type AccessoryKind, accessoryKindOf } from '../../protocol/accessory.ts'
import { isDigest } from '../../protocol/reference.ts'
import type { ManifestChild } from '../manifest-content.ts'
import { unknownRepository } from '../require-repository.ts'
import {
  findManifestDetails,
  findPlacedManifest,
  listManifestChildren,
  listTagsOf,
  type ManifestDetails,
  type PlacedManifest,
} from './manifest-read-queries.ts'
import { listBySubject, listByTag, type Referrer } from './referrer-queries.ts'
import { findListedRepository, type Repository } from './repository-queries.ts'
import { findListedTag } from './tag-list-queries.ts'

const MOST_TAGS = 100
/** As many as a page of a list has at most; nothing that people have has more. */
const MOST_REFERRERS = 1000

/** @throws AppError REPOSITORY_UNKNOWN (404) */
export async function readRepository(database: Database, name: string): Promise<Repository> {
  const found = await findListedRepository(database, name)
  if (found === undefined) throw unknownRepository(name)
  return found
}

export const unknownTag = (repository: string, tag: string): AppError =>
  new AppError('TAG_UNKNOWN', { detail: `there is no tag ${tag} in ${repository}` })

export interface ManifestReading extends PlacedManifest, ManifestDetails {
  readonly children: readonly ManifestChild[]
  /** Names of tags on it, not of all where there are many. */
  readonly tags: readonly string[]
}

interface ManifestName {
  readonly repository: string
  /** A tag or a digest. */
  readonly reference: string
}

async function digestOf(
  database: Database,
  id: number,
  { repository, reference }: ManifestName,
): Promise<string> {
  if (isDigest(reference)) return reference
  const tag = await findListedTag(database, id, reference)
  if (tag === undefined) throw unknownTag(repository, reference)
  return tag.digest
}

/**
 * Reads what the index knows of a manifest.
 *
 * @throws AppError REPOSITORY_UNKNOWN, TAG_UNKNOWN, MANIFEST_UNKNOWN (404)
 */
export async function readManifest(
  database: Database,
  name: ManifestName,
): Promise<ManifestReading> {
  const { id: repositoryId } = await readRepository(database, name.repository)
  const digest = await digestOf(database, repositoryId, name)
  const manifest = await findPlacedManifest(database, { repositoryId, digest })
  if (manifest === undefined) {
    throw new AppError('MANIFEST_UNKNOWN', {
      detail: `there is no manifest ${name.reference} in ${name.repository}`,
    })
  }
  const [details, children, tags] = await Promise.all([
    findManifestDetails(database, manifest.id),
    listManifestChildren(database, manifest.id),
    listTagsOf(database, { repositoryId, digest }, MOST_TAGS),
  ])
  return { ...manifest, ...details, children, tags }
}

export interface FoundReferrer extends Referrer {
  readonly kind: AccessoryKind
}

/**
 * Lists what is about a manifest, each once, whether it is there or not: the subject may come after
 * its signature.
 *
 * @throws AppError REPOSITORY_UNKNOWN (404)
 */
export async function listReferrers(
  database: Database,
  {
    repository,
    digest: subjectDigest,
    artifactType,
  }: {
    readonly repository: string
    readonly digest: string
    readonly artifactType: string | undefined
  },
): Promise<readonly FoundReferrer[]> {
  const { id: repositoryId } = await readRepository(database, repository)
  const question = { repositoryId, subjectDigest, most: MOST_REFERRERS }
  const all = [
    ...(await listBySubject(database, question)),
    ...(await listByTag(database, question)),
  ]
  const byDigest = new Map(all.toReversed().map((one) => [one.digest, one]))
  return [...byDigest.values()]
    .toReversed()
    .slice(0, MOST_REFERRERS)
    .map((one) => ({ ...one, kind: one.tagKind ?? accessoryKindOf(one.artifactType) }))
    .filter((one) => artifactType === undefined || one.artifactType === artifactType)
}
