import type { DoorMode } from '../../config/door-variables.ts'
import type { Database } from '../../database/open-database.ts'
import { repeat } from '../../database/repeat.ts'
import type { Log } from '../../http/middleware.ts'
import type { Metrics } from '../../metrics/create-metrics.ts'
import type { PutOwnDeps } from '../copy/put-own.ts'
import type { TagKey } from '../queries.ts'
import { hasRemovedTags, markPushedTags, trimRemovedTags } from './queries.ts'
import { restoreLostPushes } from './restore-lost-pushes.ts'

const RESTORE_EVERY_MS = 500
const TRIM_EVERY_MS = 60_000
/** As long as applied events are kept, see `keepInbox`. */
const TRIM = { seconds: 3600, most: 2000 }

export interface LostPushesDeps extends PutOwnDeps {
  readonly config: { readonly door: DoorMode }
  readonly log: Log
  readonly metrics: Pick<Metrics, 'countLostPush'>
}

export interface LostPushes {
  /** Takes in, with the event that tells of it, that tags were pushed to. */
  readonly notePushed: (transaction: Database, keys: readonly TagKey[]) => Promise<void>
  /** @returns stops it */
  readonly start: () => () => Promise<void>
}

/**
 * Looks for pushes that removals took along, and puts them back. Where writes pass the door none is lost:
 * then only what was removed before they did is looked after, for the hour that it is kept.
 */
export function createLostPushes(deps: LostPushesDeps): LostPushes {
  const { database, log, config } = deps
  const count = deps.metrics.countLostPush
  const warn = (fields: object, message: string): void => log.warn(fields, message)
  let mayBeLost = true
  const trim = async (): Promise<void> => {
    await trimRemovedTags(database, TRIM)
    mayBeLost = config.door === 'off' || (await hasRemovedTags(database, TRIM.seconds))
  }
  const restore = async (): Promise<void> => {
    if (mayBeLost) await restoreLostPushes({ ...deps, count, warn })
  }
  const start = (): (() => Promise<void>) => {
    const stops = [
      repeat({
        everyMs: TRIM_EVERY_MS,
        work: trim,
        onFailure: (error) => warn({ error }, 'old removals of tags cannot be forgotten now'),
      }),
      repeat({
        everyMs: RESTORE_EVERY_MS,
        work: restore,
        onFailure: (error) => warn({ error }, 'lost pushes cannot be looked for now'),
      }),
    ]
    return async () => {
      await Promise.all(stops.map((stop) => stop()))
    }
  }
  return {
    notePushed: async (transaction, keys) => {
      if (mayBeLost) await markPushedTags(transaction, keys)
    },
    start,
  }
}
