import type { Config } from '../config/read-config.ts'
import { repeat } from '../database/repeat.ts'
import type { Log } from '../http/middleware.ts'
import type { Route } from '../http/route.ts'
import type { JobKinds } from '../jobs/types.ts'
import type { Metrics } from '../metrics/create-metrics.ts'
import type { CopyTagDeps } from './copy/copy-tag.ts'
import { createCopyRoutes } from './copy/routes.ts'
import { createLostPushes, type LostPushes } from './lost-pushes/create-lost-pushes.ts'
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
const TRIM = { keepDays: 90, atOnce: 1000 }

export interface RemovalDeps extends RunRemovalDeps, RequestRemovalDeps, CopyTagDeps {
  readonly config: Pick<Config, 'door'>
  readonly log: Log
  readonly metrics: Metrics
}

export interface RemovalParts {
  readonly routes: readonly Route[]
  readonly kinds: JobKinds
  readonly removeTags: (input: RemoveTagsInput) => Promise<void>
  readonly notePushed: LostPushes['notePushed']
  /** @returns stops it */
  readonly start: () => () => Promise<void>
}

/** All that deletes or copies at the registry: by request, by job, and the end of what was cut off. */
export function createRemoval(deps: RemovalDeps): RemovalParts {
  const { database, log } = deps
  const lostPushes = createLostPushes(deps)
  const start = (): (() => Promise<void>) => {
    const recovering = {
      ...deps,
      log: (fields: object, message: string) => log.info(fields, message),
    }
    const stops = [
      keepRecoveringRemovals(recovering),
      repeat({
        everyMs: RECOVER_EVERY_MS,
        work: () => recoverManifests(recovering),
        onFailure: (error) => log.info({ error }, 'deletes of manifests cannot be recorded yet'),
      }),
      lostPushes.start(),
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
  const { notePushed } = lostPushes
  return { routes, kinds, notePushed, removeTags: (input) => removeTags(deps, input), start }
}
