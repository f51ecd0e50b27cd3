import type { Database } from '../database/open-database.ts'
import { insertBlobs } from './blob-queries.ts'
import { markFigures } from './dirty-queries.ts'
import { insertManifests } from './manifest-queries.ts'
import { removeAbsentManifest, upsertPlacedManifests } from './placement-queries.ts'
import type { TreeRecord } from './read-trees.ts'
import { insertTagHistory, noteAbsentTag, removeAbsentTag } from './tag-change-queries.ts'
import { type FoundTag, type KnownTag, keepPushTimes, lockTags, upsertTags } from './tag-queries.ts'

/** Writes trees with their blobs; what is known already stays as it is. */
export async function writeTrees(
  transaction: Database,
  trees: readonly TreeRecord[],
): Promise<void> {
  if (trees.length === 0) return
  const records = new Map(
    trees.flatMap(({ manifests }) => manifests.map((manifest) => [manifest.digest, manifest])),
  )
  const ids = await insertManifests(transaction, [...records.values()])
  const placed = trees.flatMap(({ repositoryId, manifests }) =>
    manifests.map(({ digest, content, treeBytes }) => ({
      repositoryId,
      digest,
      subjectDigest: content.subjectDigest,
      treeBytes,
    })),
  )
  placed.sort((a, b) => a.repositoryId - b.repositoryId || (a.digest < b.digest ? -1 : 1))
  await upsertPlacedManifests(transaction, ids, placed)
  const blobs = trees.flatMap(({ repositoryId, newBlobs, blobBytes }) =>
    newBlobs.map((digest) => ({ repositoryId, digest, sizeBytes: blobBytes.get(digest) ?? 0 })),
  )
  await insertBlobs(transaction, blobs)
}

const keyOf = ({ repositoryId, name }: { repositoryId: number; name: string }): string =>
  `${repositoryId} ${name}`

const isChanged = (tag: FoundTag, before: KnownTag | undefined): boolean =>
  before === undefined || !before.isListed || before.digest !== tag.digest

/**
 * Writes where tags are. What was read under a lower ticket than the row has is old, and is let go
 * (R29).
 */
export async function writeTags(
  transaction: Database,
  tags: readonly FoundTag[],
  ticket: number,
): Promise<void> {
  if (tags.length === 0) return
  const locked = await lockTags(transaction, tags)
  const known = new Map(locked.map((tag) => [keyOf(tag), tag]))
  const fresh = tags.filter((tag) => (known.get(keyOf(tag))?.ticket ?? 0) < ticket)
  const changed = fresh.filter((tag) => isChanged(tag, known.get(keyOf(tag))))
  const written = fresh.filter((tag) => tag.pushedAt !== undefined || changed.includes(tag))
  const kept = fresh.filter((tag) => !written.includes(tag))
  if (written.length > 0) await upsertTags(transaction, written, ticket)
  await keepPushTimes(transaction, kept, ticket)
  await insertTagHistory(
    transaction,
    changed.map((tag) => ({ ...tag, ticket })),
  )
}

/** A reference that the registry says it does not know. */
export interface FoundAbsence {
  readonly repository: string
  readonly repositoryId: number
  readonly reference: string
  readonly isDigest: boolean
  readonly graceSeconds: number
  readonly actor: string | undefined
}

/**
 * Notes that something was found absent, or takes it out when it was found so before, a grace ago
 * (R30).
 *
 * @returns `waiting` when it has to be looked at again
 */
export async function writeAbsence(
  transaction: Database,
  absence: FoundAbsence,
  ticket: number,
): Promise<'waiting' | 'settled'> {
  const { repository, repositoryId, reference, graceSeconds, actor } = absence
  if (absence.isDigest) {
    const key = { repositoryId, digest: reference }
    const outcome = await removeAbsentManifest(transaction, key, graceSeconds)
    if (outcome === 'removed') await markFigures(transaction, 'repository', [repository])
    return outcome === 'noted' ? 'waiting' : 'settled'
  }
  const key = { repositoryId, name: reference }
  if (await removeAbsentTag(transaction, { ...key, ticket, graceSeconds })) {
    await insertTagHistory(transaction, [{ ...key, ticket, digest: undefined, actor }])
    await markFigures(transaction, 'repository', [repository])
    return 'settled'
  }
  return (await noteAbsentTag(transaction, { ...key, ticket })) ? 'waiting' : 'settled'
}
