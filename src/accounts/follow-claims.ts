import { createHash } from 'node:crypto'
import { recordActorAudit } from '../audit/record.ts'
import { inRightsChange } from '../database/change-version.ts'
import type { Database } from '../database/open-database.ts'
import { AppError } from '../errors.ts'
import type { Origin } from '../http/caller.ts'
import { ensureGroups, findIdentity, setClaimedGroups, updateClaims } from './claims-queries.ts'
import { isClaimedName } from './group-name.ts'
import type { Claims, FollowedClaims, UserWithPassword } from './types.ts'

const MOST_GROUPS = 1000
const EMAIL = /^[^\s@\p{Cc}]{1,64}@[^\s@\p{Cc}]{1,189}$/u
const DISPLAY_NAME_LENGTH = 128

/** Less than this share of their life left: claims are written down anew, though nothing changed. */
const PROLONG_AT_SHARE = 1 / 2

/** Between replicas, at most. */
const CLOCKS_APART_MS = 60_000

export interface FollowClaimsDeps {
  readonly database: Database
  readonly now: () => Date
  /** How long a group or role of a source holds without being said again (R9). */
  readonly claimsSeconds: number
}

/** What is kept of what a source says: whatever does not fit here is left out. */
export const tidyClaims = (claims: Claims): Claims => ({
  ...claims,
  email: claims.email !== undefined && EMAIL.test(claims.email) ? claims.email : undefined,
  displayName:
    claims.displayName
      ?.replace(/\p{Cc}/gu, ' ')
      .trim()
      .slice(0, DISPLAY_NAME_LENGTH) || undefined,
  groups: [...new Set(claims.groups.filter(isClaimedName))].sort().slice(0, MOST_GROUPS),
})

export function toFollowed(claims: Claims, now: Date, claimsSeconds: number): FollowedClaims {
  const { email, displayName, groups, isAdministrator } = claims
  const text = JSON.stringify([email ?? null, displayName ?? null, groups, isAdministrator])
  const saidAtMs = Math.min(now.getTime(), claims.saidAt?.getTime() ?? Number.POSITIVE_INFINITY)
  return {
    digest: createHash('sha256').update(text).digest('base64url'),
    isAdministrator,
    endsAt: new Date(saidAtMs + claimsSeconds * 1000),
  }
}

/** Whether what is kept says the same, and for long enough. */
export function isFollowed(
  kept: FollowedClaims | undefined,
  said: FollowedClaims,
  { now, claimsSeconds }: { readonly now: Date; readonly claimsSeconds: number },
): boolean {
  if (kept?.digest !== said.digest) return false
  const leftMs = kept.endsAt.getTime() - now.getTime()
  return leftMs > claimsSeconds * 1000 * PROLONG_AT_SHARE || said.endsAt <= kept.endsAt
}

/**
 * Whether a source has said something else since: a token of before must not bring back the groups
 * that somebody has lost. What ends later than anything said now can was written down by another
 * `claimsSeconds`, and tells nothing about that.
 */
export function isOutdated(
  kept: FollowedClaims | undefined,
  { saidAt }: Claims,
  { now, claimsSeconds }: { readonly now: Date; readonly claimsSeconds: number },
): boolean {
  if (kept === undefined || saidAt === undefined) return false
  const keptAtMs = kept.endsAt.getTime() - claimsSeconds * 1000
  return saidAt.getTime() < keptAtMs && keptAtMs <= now.getTime() + CLOCKS_APART_MS
}

/** Writes down what a source says of an account: what it is, and in which groups (R9). */
export async function writeClaims(
  transaction: Database,
  userId: number,
  { claims, followed, now }: { claims: Claims; followed: FollowedClaims; now: Date },
): Promise<void> {
  const { source, groups } = claims
  await updateClaims(transaction, userId, { claims, followed, now })
  const groupIds = await ensureGroups(transaction, { source, names: groups, now })
  await setClaimedGroups(transaction, { userId, source, groupIds, endsAt: followed.endsAt, now })
}

/**
 * Lets an account follow what its source says of it now. What it is in local groups, and what an
 * administrator gave it, stays as it is.
 *
 * @param claims as `tidyClaims` leaves them
 * @throws AppError UNAUTHORIZED (401) when the account went meanwhile
 */
export function followClaims(
  { database, now, claimsSeconds }: FollowClaimsDeps,
  { claims, origin }: { readonly claims: Claims; readonly origin?: Origin | undefined },
): Promise<UserWithPassword> {
  return inRightsChange(database, async ({ transaction, note }) => {
    const user = await findIdentity(transaction, claims)
    if (user === undefined) {
      throw new AppError('UNAUTHORIZED', { detail: 'the account is gone; sign in again' })
    }
    if (isOutdated(user.claims, claims, { now: now(), claimsSeconds })) return user
    const followed = toFollowed(claims, now(), claimsSeconds)
    await note({ kind: 'user', id: user.id })
    await note({ kind: 'membership', id: user.id })
    await writeClaims(transaction, user.id, { claims, followed, now: now() })
    if (user.claims?.digest !== followed.digest) {
      const actor = { actorId: user.id, actorName: user.username, origin }
      const target = user.username
      await recordActorAudit(transaction, actor, { action: 'user.follow', target, outcome: 'done' })
    }
    return (await findIdentity(transaction, claims)) ?? user
  })
}
