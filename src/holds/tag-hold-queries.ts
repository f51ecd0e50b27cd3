import { inBatches } from '../database/bulk.ts'
import { readCausally } from '../database/causal-read.ts'
import { databaseNow, inSeconds } from '../database/clock.ts'
import type { Database } from '../database/open-database.ts'
import { type HoldRow, inForce, toHold } from './hold-rows.ts'
import { EVERYTHING, type Hold } from './types.ts'

export interface TagHolds {
  readonly repository: string
  /** Undefined: the whole repository. */
  readonly tags: readonly string[] | undefined
  readonly holder: string
}

/** Holds many tags of a repository at once, for the removal of what they are on. */
export async function insertTagHolds(
  database: Database,
  { repository, tags, holder, reason, seconds }: TagHolds & { reason: string; seconds: number },
): Promise<void> {
  const rows = (tags ?? [EVERYTHING]).map((tag) => ({
    repository,
    tag,
    kind: 'removal',
    holder,
    reason,
    taken_at: databaseNow(database),
    expires_at: inSeconds(database, seconds),
  }))
  for (const batch of inBatches(rows)) await database('holds').insert(batch)
}

/** Some hold of somebody else that overlaps with these. */
export async function findStopping(
  database: Database,
  { repository, tags, holder }: TagHolds,
): Promise<Hold | undefined> {
  const others = () => inForce(database).whereNot({ holder })
  const wide = others().where((either) => {
    either.where({ repository: EVERYTHING })
    if (tags === undefined) either.orWhere({ repository })
    else either.orWhere({ repository, tag: EVERYTHING })
  })
  const [first] = await readCausally<HoldRow>(database, wide)
  if (first !== undefined) return toHold(first)
  for (const batch of inBatches(tags ?? [])) {
    const narrow = others()
      .where({ repository })
      .whereIn('tag', [...batch])
    const [row] = await readCausally<HoldRow>(database, narrow)
    if (row !== undefined) return toHold(row)
  }
  return undefined
}

/** @returns how many were still in force, and are now until then */
export const extendHolds = (database: Database, holder: string, seconds: number): Promise<number> =>
  database('holds')
    .where({ holder })
    .andWhere('expires_at', '>', databaseNow(database))
    .update({ expires_at: inSeconds(database, seconds) })

export async function deleteHolds(database: Database, holder: string): Promise<void> {
  await database('holds').where({ holder }).delete()
}
