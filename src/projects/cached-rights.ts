import { createFairQueue } from '../accounts/fair-queue.ts'
import type { Database } from '../database/open-database.ts'
import type { VersionWatch } from '../database/version-watch.ts'
import { createVersionedCache } from '../database/versioned-cache.ts'
import type { CacheStats } from '../metrics/cache-stats.ts'
import { findVersionedRights } from './queries.ts'
import type { ProjectRights } from './types.ts'

export interface RightsQuestion {
  readonly names: readonly string[]
  /** Undefined for anonymous. */
  readonly userId: number | undefined
}

/** Projects by name, each with what the user is in it. */
export type FoundRights = ReadonlyMap<string, ProjectRights>

export interface CachedRights {
  /** Names without a project are left out. */
  readonly read: (question: RightsQuestion) => Promise<FoundRights>
  /** From memory alone, at once; undefined when one of them is not there. */
  readonly peek: (question: RightsQuestion) => FoundRights | undefined
  /** Look-ups are of one project each. */
  readonly stats: () => CacheStats
}

interface KeptRights extends ProjectRights {
  readonly userId: number | undefined
}

/** A project that is not there is read each time, and anybody may invent as many as they like. */
const createQueueForStrangers = () =>
  createFairQueue<'anonymous'>({
    concurrency: 4,
    lines: { anonymous: { places: 2000, placesPerLane: 2000 } },
    what: 'projects are being looked up',
  })

const toKey = (userId: number | undefined, name: string): string => `${userId ?? ''}:${name}`

/**
 * Rights by user and project, kept until a change of the project or of the user's memberships. Those
 * of nobody are read over a few connections at once, so that the others are there for who is known.
 */
export function createCachedRights({
  database,
  watch,
  most,
}: {
  readonly database: Database
  readonly watch: VersionWatch
  readonly most: number
}): CachedRights {
  const strangers = createQueueForStrangers()
  const cache = createVersionedCache<KeptRights>({
    watch,
    most,
    load: async (key) => {
      const colon = key.indexOf(':')
      const userId = colon === 0 ? undefined : Number(key.slice(0, colon))
      const name = key.slice(colon + 1)
      const find = () => findVersionedRights(database, { name, userId })
      const { version, value } =
        userId === undefined
          ? await strangers.run({ line: 'anonymous', lane: name }, find)
          : await find()
      return { version, value: value && { ...value, userId } }
    },
    concerns: ({ kind, id }, { project, userId }) =>
      (kind === 'project' && id === project.id) || (kind === 'membership' && id === userId),
  })
  const read: CachedRights['read'] = async ({ names, userId }) => {
    const found = await Promise.all(
      names.map(async (name) => [name, await cache.read(toKey(userId, name))] as const),
    )
    return new Map(found.flatMap(([name, rights]) => (rights ? [[name, rights] as const] : [])))
  }
  const peek: CachedRights['peek'] = ({ names, userId }) => {
    const found = new Map<string, ProjectRights>()
    for (const name of names) {
      const rights = cache.peek(toKey(userId, name))
      if (rights === undefined) return undefined
      found.set(name, rights)
    }
    return found
  }
  return { read, peek, stats: cache.stats }
}
