import { recordAudit } from '../audit/record.ts'
import { inRightsChange } from '../database/change-version.ts'
import { isDuplicateKey } from '../database/database-error.ts'
import type { Database } from '../database/open-database.ts'
import { AppError } from '../errors.ts'
import type { Caller } from '../http/caller.ts'
import type { Check } from '../http/etag.ts'
import { forgetDeletedIdentity, setClaimedGroups, updateIdentity } from './claims-queries.ts'
import { type AccountSource, LOCAL } from './identity.ts'
import { findUser } from './queries.ts'
import { type RequireSystem, refreshCaller } from './refresh-caller.ts'
import { requireFullSignIn } from './require-full-sign-in.ts'
import type { Identity, User } from './types.ts'
import { requireAdministratorLeft, unknownUser } from './update-user.ts'

export interface LinkIdentityDeps {
  readonly database: Database
  readonly now: () => Date
  readonly requireSystem: RequireSystem
  readonly sources: readonly AccountSource[]
}

export interface WantedIdentity {
  /** `local`, `ldap`, or the name of an issuer. */
  readonly source: string
  /** The person's id there: `sub`, entryUUID or objectGUID; undefined for `local` alone. */
  readonly subject: string | undefined
}

const invalid = (pointer: string, detail: string): AppError =>
  new AppError('REQUEST_INVALID', { detail, faults: [{ pointer, detail }] })

/** @returns undefined for `local` */
function toIdentity(
  sources: readonly AccountSource[],
  { source, subject }: WantedIdentity,
): Identity | undefined {
  if (source === LOCAL) {
    if (subject === undefined) return undefined
    throw invalid('subject', 'a local account has no subject; leave it out')
  }
  const found = sources.find(({ name }) => name === source)
  if (found === undefined) {
    const names = [LOCAL, ...sources.map(({ name }) => name)].join(', ')
    throw invalid('source', `there is no source ${source}; there are: ${names}`)
  }
  if (subject === undefined) throw invalid('subject', `say who it is at ${source}`)
  return { source, externalId: found.externalIdOf(subject) }
}

/** One's own sign-in would be over in the middle of the work, maybe for good. */
function refuseOwn({ subject }: Caller, username: string): void {
  if (subject.kind !== 'user' || subject.username !== username) return
  throw new AppError('CONFLICT', {
    detail: 'you cannot give your own account another source; another administrator can',
  })
}

/**
 * Gives an account the one source that is asked for it from now on (R10). A name or a mail address
 * never does that by itself (R8). Its password, and what the source before claimed, are over; an
 * account that becomes local has no password until an administrator gives it one.
 *
 * @throws AppError REQUEST_INVALID (400), USER_UNKNOWN (404), PRECONDITION_FAILED (412) by `check`
 * @throws AppError DENIED (403) also after a sign-in with a token
 * @throws AppError CONFLICT (409) for one's own account, for the last administrator, and where
 *   another account is that person already
 */
export async function linkIdentity(
  { database, now, requireSystem, sources }: LinkIdentityDeps,
  {
    caller,
    username,
    wanted,
    check,
  }: {
    readonly caller: Caller
    readonly username: string
    readonly wanted: WantedIdentity
    readonly check?: Check<User>
  },
): Promise<User> {
  requireFullSignIn(caller.subject)
  refuseOwn(caller, username)
  const identity = toIdentity(sources, wanted)
  try {
    return await inRightsChange(database, async ({ transaction, note }) => {
      requireSystem(await refreshCaller(transaction, caller), 'user:write')
      const user = await findUser(transaction, username)
      if (user === undefined) throw unknownUser(username)
      check?.(user)
      await note({ kind: 'user', id: user.id })
      await note({ kind: 'membership', id: user.id })
      const before = { userId: user.id, source: user.source, groupIds: [], endsAt: now() }
      if (user.source !== LOCAL) await setClaimedGroups(transaction, { ...before, now: now() })
      if (identity !== undefined) await forgetDeletedIdentity(transaction, identity)
      await updateIdentity(transaction, user.id, { identity, now: now() })
      await requireAdministratorLeft(transaction, username)
      const target = `${username}: ${user.source} -> ${wanted.source}`
      await recordAudit(transaction, caller, { action: 'user.link', target, outcome: 'done' })
      return (await findUser(transaction, username)) ?? user
    })
  } catch (error) {
    if (!isDuplicateKey(error)) throw error
    throw new AppError('CONFLICT', {
      detail: `another account is that person of ${wanted.source} already; delete it first`,
    })
  }
}
