import { z } from 'zod'
import { findCollectingFence } from '../../holds/collecting-queries.ts'
import { findNextAt } from '../../jobs/schedule-queries.ts'
import type { CollectDeps } from './collect-deps.ts'
import { findObstacles } from './find-obstacles.ts'
import { collectionSchema, presentCollection } from './present-collection.ts'
import { listCollections } from './queries.ts'
import { SCHEDULE } from './request-collection.ts'

export const collectingSchema = z
  .object({
    configured: z.boolean(),
    limitSeconds: z.int(),
    schedule: z.string().nullable(),
    nextRunAt: z.iso.datetime().nullable(),
    obstacles: z.array(z.string()),
    fence: z
      .object({
        since: z.iso.datetime(),
        deadline: z.iso.datetime().nullable(),
        stuck: z.string().nullable(),
      })
      .nullable(),
    lastRun: collectionSchema.nullable(),
  })
  .meta({ id: 'Collecting' })

export interface ReadCollectingDeps extends CollectDeps {
  readonly findStuck: () => string | undefined
}

/** How collecting stands: what would keep it from beginning, what is held, and the last run. */
export async function readCollecting(
  deps: ReadCollectingDeps,
): Promise<z.output<typeof collectingSchema>> {
  const { database, collector, config, findStuck, now } = deps
  const { cron, limitSeconds } = config.collect
  const fence = await findCollectingFence(database)
  const [last] = await listCollections(database, { before: undefined, most: 1 })
  const nextRunAt = cron === undefined ? undefined : await findNextAt(database, SCHEDULE)
  return {
    configured: collector !== undefined,
    limitSeconds,
    schedule: cron ?? null,
    nextRunAt: nextRunAt?.toISOString() ?? null,
    obstacles: [...(await findObstacles(deps))],
    fence: fence
      ? {
          since: fence.hold.takenAt.toISOString(),
          deadline: fence.hold.deadline?.toISOString() ?? null,
          stuck: findStuck() ?? null,
        }
      : null,
    lastRun: last ? presentCollection(last, now()) : null,
  }
}
