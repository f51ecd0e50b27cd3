import { repeat } from '../database/repeat.ts'
import type { Log } from '../http/middleware.ts'
import type { Route } from '../http/route.ts'
import type { JobKinds } from '../jobs/types.ts'
import type { Metrics } from '../metrics/create-metrics.ts'
import { RESTORE_LOST_OUTCOMES, type RestoreLostOutcome } from '../metrics/names.ts'
import type { CopyTagDeps } from './copy/copy-tag.ts'
import { createCopyRoutes } from './copy/routes.ts'
import { trimRemovedTags } from './lost-pushes/queries.ts'
import { restoreLostPushes } from './lost-pushes/restore-lost-pushes.ts'
import { trimRemovals } from './many/queries.ts'
import type { RunRemovalDeps } from './many/remove-held.ts'
import type { RequestRemovalDeps } from './many/request-removal.ts'
import { createRemovalJobRoutes } from './many/routes.ts'
import { createRemovalKind } from './many/run-removal.ts'
import { recoverManifests } from './recover-manifests.ts'
import { keepRecoveringRemovals } from './recover-removals.ts'
import { type RemoveTagsInput, removeTags } from './remove-tags.ts'
import { createRemovalRoutes } from './routes.ts'

const TRIM_EVERY_MS = 60_000
const RECOVER_EVERY_MS = 15_000
const RESTORE_EVERY_MS = 500
/** As long as applied events are kept, see `keepInbox`. */
const TRIM_REMOVED = { seconds: 3600, most: 2000 }
const TRIM = { keepDays: 90, atOnce: 1000 }

export interface RemovalDeps extends RunRemovalDeps, RequestRemovalDeps, CopyTagDeps {
  readonly log: Log
  readonly metrics: Metrics
}

export interface RemovalParts {
  readonly routes: readonly Route[]
  readonly kinds: JobKinds
  readonly removeTags: (input: RemoveTagsInput) => Promise<void>
  /** @returns stops it */
  readonly start: () => () => Promise<void>
}

function countLostPushes({ read }: Metrics): (outcome: RestoreLostOutcome) => void {
  const counts = new Map<RestoreLostOutcome, number>(RESTORE_LOST_OUTCOMES.map((one) => [one, 0]))
  read('warden_lost_pushes_total', () =>
    [...counts].map(([outcome, value]) => ({ labels: { outcome }, value })),
  )
  return (outcome) => void counts.set(outcome, (counts.get(outcome) ?? 0) + 1)
}

/** All that deletes or copies at the registry: by request, by job, and the end of what was cut off. */
export function createRemoval(deps: RemovalDeps): RemovalParts {
  const { database, log } = deps
  const count = countLostPushes(deps.metrics)
  const start = (): (() => Promise<void>) => {
    const recovering = {
      ...deps,
      log: (fields: object, message: string) => log.info(fields, message),
    }
    const warn = (fields: object, message: string): void => log.warn(fields, message)
    const stops = [
      keepRecoveringRemovals(recovering),
      repeat({
        everyMs: RECOVER_EVERY_MS,
        work: () => recoverManifests(recovering),
        onFailure: (error) => log.info({ error }, 'deletes of manifests cannot be recorded yet'),
      }),
      repeat({
        everyMs: RESTORE_EVERY_MS,
        work: () => restoreLostPushes({ ...deps, count, warn }),
        onFailure: (error) => log.warn({ error }, 'lost pushes cannot be looked for now'),
      }),
      repeat({
        everyMs: TRIM_EVERY_MS,
        work: () => trimRemovedTags(database, TRIM_REMOVED),
        onFailure: (error) => log.warn({ error }, 'old removals cannot be removed now'),
      }),
      repeat({
        everyMs: TRIM_EVERY_MS,
        work: () => trimRemovals(database, TRIM),
        onFailure: (error) => log.warn({ error }, 'old removals cannot be removed now'),
      }),
    ]
    return async () => {
      await Promise.all(stops.map((stop) => stop()))
    }
  }
  // A repository's own path takes all that it can get, so that it comes last.
  const routes = [
    ...createRemovalRoutes(deps),
    ...createCopyRoutes(deps),
    ...createRemovalJobRoutes(deps),
  ]
  const kinds = createRemovalKind(deps)
  return { routes, kinds, removeTags: (input) => removeTags(deps, input), start }
}
