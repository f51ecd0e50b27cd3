import type { Database } from '../../database/open-database.ts'
import { repeat } from '../../database/repeat.ts'
import type { CachedSettings } from '../../settings/cached-settings.ts'
import { listOverQuota } from './queries.ts'

const EVERY_MS = 5000
const AT_ONCE = 1000

export interface WatchOverQuotaDeps {
  readonly database: Database
  readonly runtimeSettings: Pick<CachedSettings, 'read'>
  readonly onFailure: (error: unknown) => void
}

/** Which projects keep as much as they may, as it was a few seconds ago. */
export interface OverQuota {
  /** From memory, at once. */
  readonly has: (project: string) => boolean
  readonly look: () => Promise<void>
  /** @returns stops it */
  readonly start: () => () => Promise<void>
}

/** Looks now and then, so that no token waits for it. */
export function watchOverQuota({
  database,
  runtimeSettings,
  onFailure,
}: WatchOverQuotaDeps): OverQuota {
  let over: ReadonlySet<string> = new Set()
  const look = async (): Promise<void> => {
    const defaultLimitBytes = (await runtimeSettings.read()).defaultQuotaBytes ?? undefined
    const found: string[] = []
    for (let after = ''; ; after = found.at(-1) ?? '') {
      const names = await listOverQuota(database, { after, most: AT_ONCE, defaultLimitBytes })
      found.push(...names)
      if (names.length < AT_ONCE) break
    }
    over = new Set(found)
  }
  return {
    has: (project) => over.has(project),
    look,
    start: () => repeat({ everyMs: EVERY_MS, work: look, onFailure }),
  }
}
