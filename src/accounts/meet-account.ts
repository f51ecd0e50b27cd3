import { recordActorAudit } from '../audit/record.ts'
import { isDatabaseLost } from '../database/database-error.ts'
import type { Database } from '../database/open-database.ts'
import type { VersionWatch } from '../database/version-watch.ts'
import { createVersionedCache } from '../database/versioned-cache.ts'
import { AppError } from '../errors.ts'
import type { Origin } from '../http/caller.ts'
import type { CachedSettings } from '../settings/cached-settings.ts'
import { findIdentity, findVersionedIdentity, isDeletedIdentity } from './claims-queries.ts'
import { type InsertAccountDeps, insertAccount } from './create-user.ts'
import {
  type FollowClaimsDeps,
  followClaims,
  isFollowed,
  isOutdated,
  tidyClaims,
  toFollowed,
  writeClaims,
} from './follow-claims.ts'
import { isNameTaken } from './queries.ts'
import type { Claims, Identity, UserWithPassword } from './types.ts'
import { normalizeUsername } from './username.ts'

export interface MeetAccountDeps extends InsertAccountDeps, FollowClaimsDeps {
  readonly watch: VersionWatch
  /** Accounts of other sources that are remembered. */
  readonly most: number
  readonly runtimeSettings: Pick<CachedSettings, 'read'>
}

/**
 * Finds the account of somebody whom another source has proven, or makes it at first sight, and lets
 * it follow what that source says. An account that is disabled is returned as it is.
 *
 * @throws AppError DENIED (403) where no account is made: none is to be made, the name cannot be one
 *   here, or somebody has or had it (R8)
 * @throws AppError UNAVAILABLE (503)
 */
export type MeetAccount = (claims: Claims, origin: Origin) => Promise<UserWithPassword>

const denied = (detail: string): AppError => new AppError('DENIED', { detail })

/** @throws AppError DENIED (403) */
async function requireFirstSight(deps: MeetAccountDeps, claims: Claims): Promise<string> {
  const { source, username: wanted } = claims
  const { firstSightUsers } = await deps.runtimeSettings.read()
  if (!firstSightUsers) {
    throw denied(
      `there is no account for you here, and none is made at first sight; ask an administrator`,
    )
  }
  if (await isDeletedIdentity(deps.database, claims)) {
    throw denied('your account here was deleted; ask an administrator')
  }
  if (wanted === undefined) {
    throw denied(
      `${source} vouches for no user name of yours, so no account is made; ask an administrator`,
    )
  }
  const username = normalizeUsername(wanted)
  if (username !== undefined) return username
  throw denied(
    `${source} calls you ${JSON.stringify(wanted.slice(0, 64))}, which cannot be a user name here: 1 to 64 letters, digits or . _ @ + - are; ask an administrator`,
  )
}

const nameTaken = ({ source }: Claims, username: string): AppError =>
  denied(
    `the user name ${username} belongs to another account here, and ${source} proves nothing about that; ask an administrator to link the two`,
  )

/** A project of that name is no reason to turn somebody away who signs in. */
const withoutProject: InsertAccountDeps['planPersonalProject'] = async () => undefined

async function insertFirst(
  deps: MeetAccountDeps,
  { claims, username, origin }: { claims: Claims; username: string; origin: Origin },
): Promise<void> {
  const { source, externalId, email, displayName } = claims
  const identity: Identity = { source, externalId }
  const user = { username, identity, email, displayName }
  await insertAccount(deps, {
    user: { ...user, passwordHash: undefined, systemRole: undefined },
    action: 'user.meet',
    check: async () => undefined,
    audit: (transaction, entry) =>
      recordActorAudit(transaction, { actorName: username, origin }, entry),
    keep: (transaction, { id }) => {
      const now = deps.now()
      const followed = toFollowed(claims, now, deps.claimsSeconds)
      return writeClaims(transaction as Database, id, { claims, followed, now })
    },
  })
}

async function insertWithProject(
  deps: MeetAccountDeps,
  input: { claims: Claims; username: string; origin: Origin },
): Promise<void> {
  try {
    await insertFirst(deps, input)
  } catch (error) {
    const isOfProject =
      error instanceof AppError && !(await isNameTaken(deps.database, input.username))
    if (!isOfProject) throw error
    await insertFirst({ ...deps, planPersonalProject: withoutProject }, input)
  }
}

async function meetFirst(
  deps: MeetAccountDeps,
  claims: Claims,
  origin: Origin,
): Promise<UserWithPassword> {
  const username = await requireFirstSight(deps, claims)
  try {
    await insertWithProject(deps, { claims, username, origin })
  } catch (error) {
    // Two requests of one new person at once: the other one has made the account.
    const there = await findIdentity(deps.database, claims)
    if (there !== undefined) return there
    if (error instanceof AppError && error.code === 'NAME_TAKEN') throw nameTaken(claims, username)
    throw error
  }
  const met = await findIdentity(deps.database, claims)
  if (met === undefined) throw new Error('the new account is not there')
  return met
}

/** While the database is away, what was said before holds for as long as it was to hold. */
async function follow(
  deps: MeetAccountDeps,
  { known, claims, origin }: { known: UserWithPassword; claims: Claims; origin: Origin },
): Promise<UserWithPassword> {
  const { now, claimsSeconds } = deps
  const said = toFollowed(claims, now(), claimsSeconds)
  const time = { now: now(), claimsSeconds }
  if (isFollowed(known.claims, said, time) || isOutdated(known.claims, claims, time)) return known
  try {
    return await followClaims(deps, { claims, origin })
  } catch (error) {
    if (isDatabaseLost(error) && known.claims?.digest === said.digest) return known
    throw error
  }
}

const SEPARATOR = ' '

/** Makes the one function by which every other source meets the accounts here. */
export function createMeetAccount(deps: MeetAccountDeps): MeetAccount {
  const { database, watch, most } = deps
  const accounts = createVersionedCache<UserWithPassword>({
    watch,
    most,
    load: (key) => {
      const mark = key.indexOf(SEPARATOR)
      const identity = { source: key.slice(0, mark), externalId: key.slice(mark + 1) }
      return findVersionedIdentity(database, identity)
    },
    concerns: ({ kind, id }, user) => kind === 'user' && id === user.id,
  })
  return async (said, origin) => {
    const claims = tidyClaims(said)
    const known = await accounts.read(`${claims.source}${SEPARATOR}${claims.externalId}`)
    if (known === undefined) return meetFirst(deps, claims, origin)
    return known.disabled ? known : follow(deps, { known, claims, origin })
  }
}
