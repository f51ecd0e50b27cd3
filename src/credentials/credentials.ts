import type { Database } from '../database/open-database.ts'
import type { VersionWatch } from '../database/version-watch.ts'
import type { Route } from '../http/route.ts'
import { createAccessTokenRoutes } from './access-token-routes.ts'
import { type CachedCredentials, createCachedCredentials } from './cached-credentials.ts'
import { END_CREDENTIALS, type EndCredentials } from './end-credentials.ts'
import { createIdentityTokenRoutes } from './identity-token-routes.ts'
import { createLastUse, type LastUse } from './last-use.ts'
import { createRobotRoutes } from './robot-routes.ts'

export interface Credentials extends CachedCredentials, EndCredentials {
  readonly lastUse: LastUse
  readonly credentialRoutes: readonly Route[]
}

/** Everything of this room. @param most rows of each kind that are remembered */
export function createCredentials(deps: {
  readonly database: Database
  readonly watch: VersionWatch
  readonly most: number
  readonly now: () => Date
}): Credentials {
  return {
    ...createCachedCredentials(deps),
    ...END_CREDENTIALS,
    lastUse: createLastUse(deps),
    credentialRoutes: [
      ...createAccessTokenRoutes(deps),
      ...createIdentityTokenRoutes(deps),
      ...createRobotRoutes(deps),
    ],
  }
}
