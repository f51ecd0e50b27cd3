import { inBatches } from '../database/bulk.ts'
import type { Database } from '../database/open-database.ts'
import { type HoldRow, inForce, inSeconds, now, toHold } from './hold-rows.ts'
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
    taken_at: now(database),
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
  const wide: readonly HoldRow[] = await others().where((either) => {
    either.where({ repository: EVERYTHING })
    if (tags === undefined) either.orWhere({ repository })
    else either.orWhere({ repository, tag: EVERYTHING })
  })
  if (wide[0] !== undefined) return toHold(wide[0])
  for (const batch of inBatches(tags ?? [])) {
    const [row]: readonly HoldRow[] = await others()
      .where({ repository })
      .whereIn('tag', [...batch])
    if (row !== undefined) return toHold(row)
  }
  return undefined
}

/** @returns how many were still in force, and are now until then */
export const extendHolds = (database: Database, holder: string, seconds: number): Promise<number> =>
  database('holds')
    .where({ holder })
    .andWhere('expires_at', '>', now(database))
    .update({ expires_at: inSeconds(database, seconds) })

export async function deleteHolds(database: Database, holder: string): Promise<void> {
  await database('holds').where({ holder }).delete()
}
