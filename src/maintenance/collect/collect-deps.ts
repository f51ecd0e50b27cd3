import type { Config } from '../../config/read-config.ts'
import type { WaitDrained } from '../../holds/wait-drained.ts'
import type { Log } from '../../http/middleware.ts'
import type { RegistryClient } from '../../registry/client.ts'
import type { ObstacleDeps } from './find-obstacles.ts'

/** What a collection needs of other rooms. */
export interface CollectDeps extends ObstacleDeps {
  readonly registry: RegistryClient
  readonly config: Pick<Config, 'door' | 'collect'>
  readonly waitDrained: WaitDrained
  readonly log: Log
  readonly now: () => Date
}
