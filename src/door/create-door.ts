import type { Config } from '../config/read-config.ts'
import type { Database } from '../database/open-database.ts'
import type { UnderWay } from '../holds/under-way.ts'
import type { WaitDrained } from '../holds/wait-drained.ts'
import type { Log } from '../http/middleware.ts'
import type { Route } from '../http/route.ts'
import type { Metrics } from '../metrics/create-metrics.ts'
import type { RegistryClient } from '../registry/client.ts'
import { createWriteForwarder } from '../registry/forward-write.ts'
import type { TokenAuthority } from '../signing/token-authority.ts'
import { createTokenVerifier } from '../signing/verify-token.ts'
import type { WriteRules } from './decide-write.ts'
import { createDoorMetrics } from './door-metrics.ts'
import { createPlaces } from './places.ts'
import { createDoorRoutes } from './routes.ts'

export interface CreateDoorDeps {
  readonly config: Pick<Config, 'registry' | 'token'>
  readonly database: Database
  readonly authority: TokenAuthority
  /** Certificates that the registry trusts beside it, as PEM. */
  readonly trustedBeside: () => readonly string[]
  readonly registry: RegistryClient
  readonly metrics: Metrics
  readonly rules: WriteRules
  readonly underWay: UnderWay
  readonly waitDrained: WaitDrained
  readonly log: Log
  readonly now: () => Date
}

/** The narrow way of manifest writes, for the private listener. */
export interface Door {
  readonly routes: readonly Route[]
  readonly close: () => Promise<void>
}

export function createDoor(deps: CreateDoorDeps): Door {
  const { config, authority, trustedBeside, now } = deps
  const forwarder = createWriteForwarder(config.registry)
  const places = createPlaces()
  const routes = createDoorRoutes({
    ...deps,
    forwarder,
    places,
    monotonicMs: () => performance.now(),
    verify: createTokenVerifier({ authority, trustedBeside, now, ...config.token }),
    metrics: createDoorMetrics(deps.metrics, places.count),
  })
  return { routes, close: forwarder.close }
}
