import type { Config } from '../config/read-config.ts'
import type { Database } from '../database/open-database.ts'
import { AppError } from '../errors.ts'
import {
  findTombstone,
  removeProjectDays,
  removeTombstone,
  type Tombstone,
} from './tombstone-queries.ts'

/** What the registry adds to the life of every token. */
const REGISTRY_LEEWAY_SECONDS = 60
/** After so long without the database a process counts as cut off from it; its grace begins then. */
const NOTICE_SECONDS = 1

/** The parts of the configuration that say how long tokens may still be about. */
export interface TokenLives {
  readonly token: Pick<Config['token'], 'pullSeconds' | 'pushSeconds'>
  readonly database: Pick<Config['database'], 'graceSeconds'>
}

/**
 * When no token for a project that is deleted now works any more, whoever issued it: a process that
 * lost the database a moment ago knows the project for the whole grace.
 */
export function lastTokenEnd({ token, database }: TokenLives, now: Date): Date {
  const longestSeconds = Math.max(token.pullSeconds, token.pushSeconds) + REGISTRY_LEEWAY_SECONDS
  const seconds = NOTICE_SECONDS + database.graceSeconds + longestSeconds
  return new Date(now.getTime() + seconds * 1000)
}

/** @throws AppError NAME_TAKEN (409) while tokens for the deleted project may still work (R4) */
export function requireRested(name: string, { deletedAt, freeAt }: Tombstone, now: Date): void {
  if (freeAt <= now) return
  throw new AppError('NAME_TAKEN', {
    detail: `the project ${name} was deleted at ${deletedAt.toISOString()}, and tokens for it may work until ${freeAt.toISOString()}; its name is free from then on`,
    retryAfterSeconds: Math.ceil((freeAt.getTime() - now.getTime()) / 1000),
  })
}

/**
 * Takes the name of a new project, inside the transaction that makes it. What a deleted project of
 * that name did is forgotten.
 *
 * @param isForced whether it may be one that has to rest still
 * @throws AppError as `requireRested`
 */
export async function takeName(
  transaction: Database,
  {
    name,
    now,
    isForced,
  }: { readonly name: string; readonly now: Date; readonly isForced: boolean },
): Promise<void> {
  const tombstone = await findTombstone(transaction, name)
  if (tombstone === undefined) return
  if (!isForced) requireRested(name, tombstone, now)
  // Now and not when it was deleted: its last tokens pulled and pushed for a while.
  await removeProjectDays(transaction, name)
  await removeTombstone(transaction, name)
}
