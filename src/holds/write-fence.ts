import type { DoorMode } from '../config/door-variables.ts'
import type { Database } from '../database/open-database.ts'
import type { VersionWatch } from '../database/version-watch.ts'
import { createVersionedCache } from '../database/versioned-cache.ts'
import { type Fence, findVersionedFence } from './fence-queries.ts'

/**
 * Why tokens are to be without push and delete; '' where they are not. With a door they never are: it
 * alone can tell the person who pushes.
 */
export interface WriteFence {
  /** @throws AppError UNAVAILABLE (503) while the database is away and nothing is known */
  readonly read: () => Promise<string>
  /** From memory alone; undefined says nothing. */
  readonly peek: () => string | undefined
}

const ALL = 'all'

const OPEN: WriteFence = { read: async () => '', peek: () => '' }

export function createWriteFence({
  database,
  watch,
  door,
  now,
}: {
  readonly database: Database
  readonly watch: VersionWatch
  readonly door: DoorMode
  readonly now: () => Date
}): WriteFence {
  if (door === 'required') return OPEN
  const cache = createVersionedCache<Fence>({
    watch,
    most: 1,
    load: () => findVersionedFence(database),
    concerns: ({ kind }) => kind === 'settings',
  })
  const reasonOf = ({ reason = '', until }: Fence): string =>
    until !== undefined && until <= now() ? '' : reason
  return {
    read: async () => reasonOf((await cache.read(ALL)) ?? { reason: undefined, until: undefined }),
    peek: () => {
      const fence = cache.peek(ALL)
      return fence && reasonOf(fence)
    },
  }
}
