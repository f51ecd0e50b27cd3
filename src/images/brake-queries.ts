import { databaseNow } from '../database/clock.ts'
import type { Database } from '../database/open-database.ts'

/** `lists`: the registry's lists cannot be believed. `vanished`: too much was seen to vanish. */
export type BrakeReason = 'lists' | 'vanished'

/** What nobody told of, and the registry knows no more. */
export type VanishedKind = 'repository' | 'tag'

export interface EngagedBrake {
  readonly since: Date
  readonly reason: BrakeReason
  readonly detail: string
}

export interface BrakeRow {
  /** Undefined: what is gone goes. */
  readonly engaged: EngagedBrake | undefined
  /** What the index had when it was last compared as a whole. */
  readonly known: Readonly<Record<VanishedKind, number>>
}

interface StoredBrake {
  readonly engaged_at: Date | null
  readonly reason: BrakeReason | null
  readonly detail: string | null
  readonly known_repositories: number
  readonly known_tags: number
}

const WEEK = 'UTC_TIMESTAMP(3) - INTERVAL 7 DAY'
const HOUR = "DATE_FORMAT(UTC_TIMESTAMP(3), '%Y-%m-%d %H:00:00.000')"

export async function readBrakeRow(database: Database): Promise<BrakeRow> {
  const row = await database('index_brake')
    .where({ id: 1 })
    .first<StoredBrake | undefined>(
      'engaged_at',
      'reason',
      'detail',
      'known_repositories',
      'known_tags',
    )
  const { engaged_at: since, reason, detail } = row ?? { engaged_at: null }
  return {
    engaged:
      since === null ? undefined : { since, reason: reason ?? 'vanished', detail: detail ?? '' },
    known: { repository: row?.known_repositories ?? 0, tag: Number(row?.known_tags ?? 0) },
  }
}

/** One that is engaged stays as it is, but that lists which cannot be believed are the lesser reason. */
export async function engageBrake(
  database: Database,
  { reason, detail }: { readonly reason: BrakeReason; readonly detail: string },
): Promise<void> {
  await database('index_brake')
    .where({ id: 1 })
    .where((free) => {
      free.whereNull('engaged_at')
      if (reason === 'vanished') free.orWhere('reason', 'lists')
    })
    .update({ engaged_at: databaseNow(database), reason, detail: detail.slice(0, 500) })
}

/** @param reason only where it is engaged for this; undefined: for whatever reason */
export async function disengageBrake(database: Database, reason?: BrakeReason): Promise<boolean> {
  const released = await database('index_brake')
    .where({ id: 1, ...(reason && { reason }) })
    .whereNotNull('engaged_at')
    .update({ engaged_at: null, reason: null, detail: null })
  return released === 1
}

/** Writes down how much there is, of which some part may vanish. */
export async function noteKnown(
  database: Database,
  known: Readonly<Record<VanishedKind, number>>,
): Promise<void> {
  await database('index_brake')
    .where({ id: 1 })
    .update({ known_repositories: known.repository, known_tags: known.tag })
}

export async function addVanished(
  database: Database,
  kind: VanishedKind,
  count: number,
): Promise<void> {
  await database('index_vanishings')
    .insert({ kind, hour: database.raw(HOUR), count })
    .onConflict()
    .merge({ count: database.raw('count + VALUES(count)') })
}

/** How much vanished within the last seven days. */
export async function countVanished(
  database: Database,
): Promise<Readonly<Record<VanishedKind, number>>> {
  const sums: readonly { readonly kind: VanishedKind; readonly sum: number }[] = await database(
    'index_vanishings',
  )
    .whereIn('kind', ['repository', 'tag'])
    .where('hour', '>=', database.raw(WEEK))
    .groupBy('kind')
    .select('kind')
    .sum({ sum: 'count' })
  const of = (kind: VanishedKind): number => Number(sums.find((row) => row.kind === kind)?.sum ?? 0)
  return { repository: of('repository'), tag: of('tag') }
}

/** Begins the count of the week anew. */
export async function forgetVanished(database: Database): Promise<void> {
  await database('index_vanishings').delete()
}

/** Repositories among these whose every tag that is listed was found absent. */
export async function listVanishedRepositories(
  database: Database,
  repositoryIds: readonly number[],
): Promise<readonly number[]> {
  const gone: number[] = []
  for (const id of repositoryIds) {
    const there = await database('tags')
      .where({ repository_id: id, is_listed: 1, missing_since: null })
      .first('name')
    if (there === undefined) gone.push(id)
  }
  return gone
}
