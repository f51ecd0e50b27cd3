import type { Database } from '../database/open-database.ts'
import type { VersionWatch } from '../database/version-watch.ts'
import { createVersionedCache } from '../database/versioned-cache.ts'
import { findVersionedSettings } from './queries.ts'
import { DEFAULT_SETTINGS, SETTING_NAMES, type Settings, type SomeSettings } from './types.ts'

/** The settings in force, as whoever acts on them reads them. */
export interface CachedSettings {
  /** Those of this second, mostly from memory. @throws AppError UNAVAILABLE (503) */
  readonly read: () => Promise<Settings>
  /** What the environment pins; nobody can change that at run time. */
  readonly pinned: SomeSettings
}

const given = (some: SomeSettings): Partial<Settings> =>
  Object.fromEntries(SETTING_NAMES.flatMap((n) => (some[n] === undefined ? [] : [[n, some[n]]])))

/** The environment goes before what was set, and that before the defaults. */
export const inForce = (pinned: SomeSettings, set: SomeSettings): Settings => ({
  ...DEFAULT_SETTINGS,
  ...given(set),
  ...given(pinned),
})

const ALL = 'all'

/** Settings, kept until one of them is changed. */
export function createCachedSettings({
  database,
  watch,
  pinned,
}: {
  readonly database: Database
  readonly watch: VersionWatch
  readonly pinned: SomeSettings
}): CachedSettings {
  const cache = createVersionedCache<SomeSettings>({
    watch,
    most: 1,
    load: () => findVersionedSettings(database),
    concerns: ({ kind }) => kind === 'settings',
  })
  return { pinned, read: async () => inForce(pinned, (await cache.read(ALL)) ?? {}) }
}
