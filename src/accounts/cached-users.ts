import type { Database } from '../database/open-database.ts'
import type { VersionWatch } from '../database/version-watch.ts'
import { createVersionedCache, type VersionedCache } from '../database/versioned-cache.ts'
import { findVersionedUser } from './queries.ts'
import type { UserWithPassword } from './types.ts'

/** Accounts by name, kept until a change of that account. */
export type CachedUsers = VersionedCache<UserWithPassword>

export const createCachedUsers = ({
  database,
  watch,
  most,
}: {
  readonly database: Database
  readonly watch: VersionWatch
  readonly most: number
}): CachedUsers =>
  createVersionedCache({
    watch,
    most,
    load: (username) => findVersionedUser(database, username),
    concerns: (change, user) => change.kind === 'user' && change.id === user.id,
  })
