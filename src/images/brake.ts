import type { Database } from '../database/open-database.ts'
import {
  type BrakeRow,
  countVanished,
  engageBrake,
  readBrakeRow,
  type VanishedKind,
} from './brake-queries.ts'

/** So much may vanish within a week before somebody has to look, or that part of all. */
const FEW = 20
const PART = 0.05

export const KINDS: readonly VanishedKind[] = ['repository', 'tag']
const PLURALS: Readonly<Record<VanishedKind, string>> = {
  repository: 'repositories',
  tag: 'tags',
}

export const limitOf = (known: number): number => Math.max(FEW, Math.floor(known * PART))

export interface Brake extends BrakeRow {
  /** Within the last seven days, or since the brake was released. */
  readonly vanished: Readonly<Record<VanishedKind, number>>
  /** More than this stops. */
  readonly limits: Readonly<Record<VanishedKind, number>>
}

export async function readBrake(database: Database): Promise<Brake> {
  const row = await readBrakeRow(database)
  const limits = { repository: limitOf(row.known.repository), tag: limitOf(row.known.tag) }
  return { ...row, vanished: await countVanished(database), limits }
}

/**
 * Engages the brake when more was seen to vanish within a week than a registry loses by itself: what
 * looks like that is storage that lost a disk, or a registry that is another one (R30).
 *
 * @returns whether nothing may be taken out now that nobody told us of
 */
export async function considerBrake(database: Database): Promise<boolean> {
  const { engaged, vanished, limits } = await readBrake(database)
  if (engaged?.reason === 'vanished') return true
  const kind = KINDS.find((one) => vanished[one] > limits[one])
  if (kind === undefined) return engaged !== undefined
  await engageBrake(database, {
    reason: 'vanished',
    detail: `${vanished[kind]} ${PLURALS[kind]} vanished within seven days, and no event told of it; more than ${limits[kind]} is not believed`,
  })
  return true
}
