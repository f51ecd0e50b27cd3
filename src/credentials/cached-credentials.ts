import type { Change } from '../database/change-version.ts'
import type { Database } from '../database/open-database.ts'
import type { VersionWatch } from '../database/version-watch.ts'
import { createVersionedCache, type VersionedCache } from '../database/versioned-cache.ts'
import { findVersionedRobot } from './find-versioned-robot.ts'
import { findVersionedAccessToken, findVersionedIdentityToken } from './owned-token-queries.ts'
import { parseRobotUsername } from './robot-name.ts'
import type { OwnedToken, RobotWithSecrets } from './types.ts'

export interface CachedCredentials {
  /** By the hash of the secret. */
  readonly accessTokens: VersionedCache<OwnedToken>
  /** By the hash of the secret. */
  readonly identityTokens: VersionedCache<OwnedToken>
  /** By what they sign in as, in lower case. */
  readonly robots: VersionedCache<RobotWithSecrets>
}

interface CacheDeps {
  readonly database: Database
  readonly watch: VersionWatch
  readonly most: number
}

const cacheRobots = ({ database, watch, most }: CacheDeps): VersionedCache<RobotWithSecrets> =>
  createVersionedCache({
    watch,
    most,
    load: async (username) => {
      const parsed = parseRobotUsername(username)
      if (parsed === undefined) throw new Error('that is no name of a robot')
      return findVersionedRobot(database, parsed)
    },
    concerns: ({ kind, id }, robot) =>
      (kind === 'robot' && id === robot.id) || (kind === 'project' && id === robot.projectId),
  })

/** Whether a change may end the right by which a token was made on behalf of its owner. */
function concernsMaker({ kind, id }: Change, { madeBy, owner }: OwnedToken): boolean {
  if (madeBy === undefined) return false
  if (kind === 'robot') return id === madeBy.robotId
  if (kind === 'group') return id === madeBy.groupId
  return kind === 'membership' && id === owner.id
}

function cacheTokens(
  { watch, most }: CacheDeps,
  {
    kind,
    load,
  }: {
    readonly kind: 'accessToken' | 'identityToken'
    readonly load: VersionedCacheLoad
  },
): VersionedCache<OwnedToken> {
  return createVersionedCache({
    watch,
    most,
    load,
    concerns: (change, token) =>
      (change.kind === kind && change.id === token.id) ||
      (change.kind === 'user' && change.id === token.owner.id) ||
      concernsMaker(change, token),
  })
}

type VersionedCacheLoad = Parameters<typeof createVersionedCache<OwnedToken>>[0]['load']

/** Tokens and robots, each kept until a change of it or of its owner. */
export function createCachedCredentials(deps: CacheDeps): CachedCredentials {
  const { database } = deps
  return {
    accessTokens: cacheTokens(deps, {
      kind: 'accessToken',
      load: (secretHash) => findVersionedAccessToken(database, secretHash),
    }),
    identityTokens: cacheTokens(deps, {
      kind: 'identityToken',
      load: (secretHash) => findVersionedIdentityToken(database, secretHash),
    }),
    robots: cacheRobots(deps),
  }
}
