import type { Database } from '../../../database/open-database.ts'
import { findPullsKnownSince } from '../../../images/index-trust.ts'
import type { RegistryClient } from '../../../registry/client.ts'
import { decideUntagged } from './decide-untagged.ts'
import { loadManifests } from './load-manifests.ts'
import {
  isUnsettled,
  type KnownRepository,
  listKnownRepositories,
  listTaggedDigests,
  listUntaggedPolicies,
} from './queries.ts'
import { readLiveNeeds } from './read-live-needs.ts'

const AT_ONCE = 500
const DAY_MS = 86_400_000

export interface FindUntaggedDeps {
  readonly database: Database
  readonly registry: RegistryClient
  readonly now: () => Date
}

/** A repository in which something may go, as far as the index knows. */
export interface UntaggedPlace extends KnownRepository {
  readonly project: string
  readonly oldBefore: Date
}

async function* repositoriesOf(database: Database, project: string) {
  for (const isListed of [true, false]) {
    for (let after = ''; ; ) {
      const asked = { project, isListed, after, most: AT_ONCE }
      const page = await listKnownRepositories(database, asked)
      yield* page
      const last = page.at(-1)
      if (last === undefined) break
      after = last.name
    }
  }
}

async function mayHold({ database }: FindUntaggedDeps, place: UntaggedPlace): Promise<boolean> {
  const { id: repositoryId, oldBefore } = place
  const manifests = await loadManifests(database, { repositoryId, oldBefore })
  if (manifests === undefined) return true
  const needed = new Set(await listTaggedDigests(database, repositoryId))
  return decideUntagged({ manifests, needed }).length > 0
}

export interface UntaggedSearch {
  readonly places: readonly UntaggedPlace[]
  readonly notes: readonly string[]
}

/**
 * Finds by the index alone, before anybody is held up, where untagged manifests may go. Pulls that
 * nobody told of may have been of any of them: so the time since when all are known counts, too.
 */
export async function findUntaggedPlaces(
  deps: FindUntaggedDeps,
  check: () => void,
): Promise<UntaggedSearch> {
  const { database, now } = deps
  const policies = await listUntaggedPolicies(database)
  if (policies.length === 0) return { places: [], notes: [] }
  const pullsSince = await findPullsKnownSince(database)
  const places: UntaggedPlace[] = []
  const notes: string[] = []
  for (const { project, days } of policies) {
    const oldBefore = new Date(now().getTime() - days * DAY_MS)
    if (pullsSince === undefined || pullsSince >= oldBefore) {
      notes.push(`untagged manifests of ${project} stay: pulls are not known for ${days} days yet`)
      continue
    }
    for await (const repository of repositoriesOf(database, project)) {
      check()
      const place = { ...repository, project, oldBefore }
      if (await mayHold(deps, place)) places.push(place)
    }
  }
  return { places, notes }
}

/**
 * Finds what may go in a repository, after every tag of it was read again live.
 *
 * @returns digests in the order in which they may go; undefined where something could not be read, or
 * is not in the index yet
 */
export async function findUntagged(
  { database, registry }: FindUntaggedDeps,
  { id: repositoryId, name: repository, oldBefore }: UntaggedPlace,
  signal: AbortSignal,
): Promise<readonly string[] | undefined> {
  const needed = await readLiveNeeds(registry, { repository, signal })
  // What was pushed a moment ago looks as old as before.
  if (await isUnsettled(database, repository)) return undefined
  const manifests = await loadManifests(database, { repositoryId, oldBefore })
  if (needed === undefined || manifests === undefined) return undefined
  return decideUntagged({ manifests, needed })
}
