import type { Database } from '../database/open-database.ts'
import { insertBlobs } from './blob-queries.ts'
import { addVanished } from './brake-queries.ts'
import { markFigures } from './figure-mark-queries.ts'
import { insertManifests } from './manifest-queries.ts'
import { removeAbsentManifest, upsertPlacedManifests } from './placement-queries.ts'
import type { TreeRecord } from './read-trees.ts'
import { insertTagHistory, noteAbsentTag, removeAbsentTags } from './tag-change-queries.ts'
import {
  type FoundTag,
  type KnownTag,
  keepPushTimes,
  lockTags,
  type TagKey,
  upsertTags,
} from './tag-queries.ts'

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

/** What a reading found otherwise than the index had it. */
export type TagChange = 'added' | 'moved' | 'missing'

export interface ChangedTag {
  readonly tag: FoundTag
  readonly change: TagChange
}

/**
 * Writes where tags are. What was read under a lower ticket than the row has is old, and is let go
 * (R29).
 */
export async function writeTags(
  transaction: Database,
  tags: readonly FoundTag[],
  ticket: number,
): Promise<readonly ChangedTag[]> {
  if (tags.length === 0) return []
  const locked = await lockTags(transaction, tags)
  const known = new Map(locked.map((tag) => [keyOf(tag), tag]))
  const fresh = tags.filter((tag) => (known.get(keyOf(tag))?.ticket ?? 0) < ticket)
  const changed = fresh.filter((tag) => isChanged(tag, known.get(keyOf(tag))))
  const written = fresh.filter((tag) => tag.pushedAt !== undefined || changed.includes(tag))
  const kept = fresh.filter((tag) => !written.includes(tag))
  await upsertTags(transaction, written, ticket)
  await keepPushTimes(transaction, kept, ticket)
  await insertTagHistory(
    transaction,
    changed.map((tag) => ({ ...tag, ticket })),
  )
  return changed.map((tag) => ({
    tag,
    change: known.get(keyOf(tag))?.isListed === true ? 'moved' : 'added',
  }))
}

/** A reference that the registry says it does not know. */
export interface FoundAbsence {
  readonly repository: string
  readonly repositoryId: number
  readonly reference: string
  readonly isDigest: boolean
  readonly graceSeconds: number
  readonly actor: string | undefined
  /** Whether nobody told us of what may have led to it; then it counts for the brake. */
  readonly isUnheardOf: boolean
  /** Whether it may be taken out; else the brake is on, and whoever comes later looks again. */
  readonly mayGo: boolean
}

export interface WrittenAbsence {
  /** `waiting`: it has to be looked at again. */
  readonly state: 'waiting' | 'settled'
  readonly isNews: boolean
}

const settled = (isNews: boolean): WrittenAbsence => ({ state: 'settled', isNews })

async function writeAbsentManifest(
  transaction: Database,
  { repository, repositoryId, reference, graceSeconds, mayGo }: FoundAbsence,
): Promise<WrittenAbsence> {
  if (!mayGo) return settled(false)
  const key = { repositoryId, digest: reference }
  const outcome = await removeAbsentManifest(transaction, key, graceSeconds)
  if (outcome === 'removed') await markFigures(transaction, 'repository', [repository])
  return { state: outcome === 'noted' ? 'waiting' : 'settled', isNews: false }
}

const toKey = ({ repositoryId, reference }: FoundAbsence): TagKey => ({
  repositoryId,
  name: reference,
})

/** Takes out the tags that were found absent before, a grace ago. @returns those */
async function takeOut(
  transaction: Database,
  absences: readonly FoundAbsence[],
  ticket: number,
): Promise<ReadonlySet<FoundAbsence>> {
  const tags = absences.filter(({ isDigest, mayGo }) => !isDigest && mayGo)
  const gone = new Set<FoundAbsence>()
  for (const graceSeconds of new Set(tags.map((tag) => tag.graceSeconds))) {
    const some = tags.filter((tag) => tag.graceSeconds === graceSeconds)
    const keys = some.map(toKey)
    const removed = await removeAbsentTags(transaction, keys, { ticket, graceSeconds })
    const names = new Set(removed.map(keyOf))
    for (const tag of some) if (names.has(keyOf(toKey(tag)))) gone.add(tag)
  }
  const changes = [...gone].map((tag) => ({
    ...toKey(tag),
    ticket,
    digest: undefined,
    actor: tag.actor,
  }))
  await insertTagHistory(transaction, changes)
  const repositories = [...gone].map(({ repository }) => repository)
  await markFigures(transaction, 'repository', repositories)
  return gone
}

async function noteAbsence(
  transaction: Database,
  absence: FoundAbsence,
  ticket: number,
): Promise<WrittenAbsence> {
  if (absence.isDigest) return writeAbsentManifest(transaction, absence)
  const noted = await noteAbsentTag(transaction, { ...toKey(absence), ticket })
  const isNews = noted === 'first'
  if (isNews && absence.isUnheardOf) await addVanished(transaction, 'tag', 1)
  return { state: noted !== undefined && absence.mayGo ? 'waiting' : 'settled', isNews }
}

/**
 * Notes that things were found absent, or takes them out when they were found so before, a grace ago
 * (R30). What nobody told of counts for the brake.
 *
 * @returns what became of each
 */
export async function writeAbsences<A extends FoundAbsence>(
  transaction: Database,
  absences: readonly A[],
  ticket: number,
): Promise<ReadonlyMap<A, WrittenAbsence>> {
  const written = new Map<A, WrittenAbsence>()
  const gone = await takeOut(transaction, absences, ticket)
  for (const absence of absences) {
    const outcome = gone.has(absence)
      ? settled(false)
      : await noteAbsence(transaction, absence, ticket)
    written.set(absence, outcome)
  }
  return written
}
