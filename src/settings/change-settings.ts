import { VARIABLE_OF_SETTING } from '../config/setting-variables.ts'
import { inRightsChange } from '../database/change-version.ts'
import type { Database } from '../database/open-database.ts'
import { AppError } from '../errors.ts'
import type { Caller } from '../http/caller.ts'
import type { Check } from '../http/etag.ts'
import { inForce } from './cached-settings.ts'
import { findSettings, putSetting } from './queries.ts'
import { SETTING_NAMES, type Settings, type SomeSettings } from './types.ts'

/** What stands in other rooms; handed over by `app.ts`. */
export interface ChangeSettingsDeps {
  readonly database: Database
  readonly now: () => Date
  readonly pinned: SomeSettings
  /** Where accounts come from, beside this service. */
  readonly sources: readonly unknown[]
  /** @throws AppError UNAUTHORIZED (401) or DENIED (403) */
  readonly requireSystem: (caller: Caller, permission: 'settings:read' | 'settings:write') => void
  readonly refreshCaller: (transaction: Database, caller: Caller) => Promise<Caller>
  readonly recordAudit: (
    transaction: Database,
    caller: Caller,
    entry: {
      readonly action: 'settings.update'
      readonly target: string
      readonly outcome: 'done'
    },
  ) => Promise<void>
}

function refusePinned(pinned: SomeSettings, change: SomeSettings): void {
  const fixed = SETTING_NAMES.filter((n) => change[n] !== undefined && pinned[n] !== undefined)
  if (fixed.length === 0) return
  const reasons = fixed.map((name) => `${name} is set by ${VARIABLE_OF_SETTING[name]}`)
  throw new AppError('CONFLICT', {
    detail: `${reasons.join(' and ')} in the environment of the service; change it there`,
    faults: fixed.map((name) => ({
      pointer: name,
      detail: `is set by ${VARIABLE_OF_SETTING[name]}`,
    })),
  })
}

/**
 * Whoever makes an account would choose the name that somebody of a source is to get at first sight,
 * and what is given to that name (R8).
 */
export const isSquattable = (settings: Settings, sources: readonly unknown[]): boolean =>
  settings.selfRegistration && settings.firstSightUsers && sources.length > 0

function refuseSquattable(settings: Settings, sources: readonly unknown[]): void {
  if (!isSquattable(settings, sources)) return
  throw new AppError('CONFLICT', {
    detail:
      'selfRegistration and firstSightUsers together let anybody take the name of somebody who has not come yet; switch one of them off first',
  })
}

/**
 * Changes the settings that are given; the audit record has the old and the new value of each. Every
 * process feels it within a second.
 *
 * @throws AppError PRECONDITION_FAILED (412) by `check`
 * @throws AppError CONFLICT (409) where the environment pins one, and for self-registration beside users
 *   at first sight; nothing is changed then
 */
export async function changeSettings(
  deps: ChangeSettingsDeps,
  {
    caller,
    change,
    check,
  }: {
    readonly caller: Caller
    readonly change: SomeSettings
    readonly check?: Check<Settings>
  },
): Promise<Settings> {
  const { database, pinned, now } = deps
  refusePinned(pinned, change)
  return inRightsChange(database, async ({ transaction, note }) => {
    deps.requireSystem(await deps.refreshCaller(transaction, caller), 'settings:write')
    const before = inForce(pinned, await findSettings(transaction))
    check?.(before)
    await note({ kind: 'settings', id: 0 })
    for (const name of SETTING_NAMES) {
      const value = change[name]
      if (value === undefined || value === before[name]) continue
      await putSetting(transaction, name, { value, now: now() })
      await deps.recordAudit(transaction, caller, {
        action: 'settings.update',
        target: `${name}: ${before[name]} -> ${value}`,
        outcome: 'done',
      })
    }
    const after = inForce(pinned, await findSettings(transaction))
    refuseSquattable(after, deps.sources)
    return after
  })
}
