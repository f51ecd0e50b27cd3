import type { Config } from '../../config/read-config.ts'
import type { Database } from '../../database/open-database.ts'
import { AppError } from '../../errors.ts'
import { findCollectingFence } from '../../holds/collecting-queries.ts'
import { readIndexTrust } from '../../images/index-trust.ts'
import type { RegistryClient } from '../../registry/client.ts'
import type { Collector } from './collector.ts'

export interface ObstacleDeps {
  readonly database: Database
  readonly registry: Pick<RegistryClient, 'probeWrites'>
  readonly config: Pick<Config, 'door'>
  /** Undefined where none is configured. */
  readonly collector: Collector | undefined
}

export const NOT_CONFIGURED =
  'no collector is configured here; set WARDEN_GC_COMMAND and WARDEN_GC_LOCK'

/**
 * Where writes pass no door, a body that is held back crosses every fence made of tokens: only a
 * registry that takes no write at all is collected (R26).
 */
export async function findWriteObstacle({
  registry,
  config,
}: Pick<ObstacleDeps, 'registry' | 'config'>): Promise<string | undefined> {
  if (config.door === 'required') return undefined
  try {
    if ((await registry.probeWrites()) !== 'writable') return undefined
    return 'writes do not pass the door here, and the registry takes them: make it read-only (storage.maintenance.readonly) or stop it first'
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return `writes do not pass the door here, and it cannot be seen whether the registry takes them: ${error.message}`
  }
}

/**
 * Why garbage may not be collected now, a sentence each (R28).
 *
 * @param ownEpoch of a fence that is the asker's own
 */
export async function findObstacles(
  deps: ObstacleDeps,
  ownEpoch?: number,
): Promise<readonly string[]> {
  if (deps.collector === undefined) return [NOT_CONFIGURED]
  const { reasons } = await readIndexTrust(deps.database)
  const fence = await findCollectingFence(deps.database)
  const isHeld = fence !== undefined && fence.hold.epoch !== ownEpoch
  const found = [
    ...reasons,
    isHeld ? `the registry is held already: ${fence.hold.reason}` : undefined,
    await findWriteObstacle(deps),
  ]
  return found.filter((reason) => reason !== undefined)
}
