import { repeat } from '../../database/repeat.ts'
import type { Log } from '../../http/middleware.ts'
import type { Metrics } from '../../metrics/create-metrics.ts'
import type { PutOwnDeps } from '../copy/put-own.ts'
import { trimRemovedTags } from './queries.ts'
import { restoreLostPushes } from './restore-lost-pushes.ts'

const RESTORE_EVERY_MS = 500
const TRIM_EVERY_MS = 60_000
/** As long as applied events are kept, see `keepInbox`. */
const TRIM = { seconds: 3600, most: 2000 }

export interface LostPushesDeps extends PutOwnDeps {
  readonly log: Log
  readonly metrics: Metrics
}

/** Looks for pushes that removals took along, and puts them back. @returns starts it, and that its stop */
export function createLostPushes(deps: LostPushesDeps): () => () => Promise<void> {
  const { database, log } = deps
  const count = deps.metrics.countLostPush
  const warn = (fields: object, message: string): void => log.warn(fields, message)
  return () => {
    const stops = [
      repeat({
        everyMs: RESTORE_EVERY_MS,
        work: () => restoreLostPushes({ ...deps, count, warn }),
        onFailure: (error) => warn({ error }, 'lost pushes cannot be looked for now'),
      }),
      repeat({
        everyMs: TRIM_EVERY_MS,
        work: () => trimRemovedTags(database, TRIM),
        onFailure: (error) => warn({ error }, 'old removals of tags cannot be forgotten now'),
      }),
    ]
    return async () => {
      await Promise.all(stops.map((stop) => stop()))
    }
  }
}
