import type { CachedSettings } from '../../settings/cached-settings.ts'

/** A project is warned from here on. */
const WARNING_SHARE = 0.85

/** The limit in force: the project's own, or that of the settings; undefined: none. */
export async function effectiveLimit(
  settings: Pick<CachedSettings, 'read'>,
  own: number | undefined,
): Promise<number | undefined> {
  return own ?? (await settings.read()).defaultQuotaBytes ?? undefined
}

/** Nothing more is taken in from the limit itself on: a limit of 0 takes nothing. */
export const isOver = (usedBytes: number, limitBytes: number | undefined): boolean =>
  limitBytes !== undefined && usedBytes >= limitBytes

export const isNearlyOver = (usedBytes: number, limitBytes: number | undefined): boolean =>
  limitBytes !== undefined && usedBytes >= limitBytes * WARNING_SHARE
