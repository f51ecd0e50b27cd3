import { recordAudit } from '../audit/record.ts'
import { inRightsChange } from '../database/change-version.ts'
import type { Database } from '../database/open-database.ts'
import { AppError } from '../errors.ts'
import type { Caller } from '../http/caller.ts'
import { LOCAL } from './identity.ts'
import type { PasswordHasher } from './password-hash.ts'
import { replacePassword } from './password-queries.ts'
import { LONGEST_PASSWORD, requireGoodPassword } from './password-rules.ts'
import { findUserWithPassword } from './queries.ts'
import { refreshCaller } from './refresh-caller.ts'
import { requireFullSignIn } from './require-full-sign-in.ts'

export interface ChangePasswordDeps {
  readonly database: Database
  readonly hasher: PasswordHasher
  readonly now: () => Date
  /** Runs a proof and counts it, when it fails, like a failed sign-in; of a higher room (R17). */
  readonly proveAgain: (
    attempt: { readonly username: string; readonly secret: string; readonly address: string },
    verify: () => Promise<boolean>,
  ) => Promise<boolean>
}

interface OwnPasswords {
  readonly caller: Caller
  readonly currentPassword: string
  readonly newPassword: string
}

/** @returns the stored hash that the current password proves */
async function proveCurrent(
  { database, hasher, proveAgain }: ChangePasswordDeps,
  { caller, currentPassword }: OwnPasswords,
): Promise<string> {
  const { id, username } = requireFullSignIn(caller.subject)
  const user = await findUserWithPassword(database, username)
  if (user !== undefined && user.source !== LOCAL) {
    throw new AppError('CONFLICT', {
      detail: `the password of ${username} is kept by the source ${user.source}; change it there`,
    })
  }
  const hash = user?.id === id ? user.passwordHash : undefined
  // Who signed in just now waits behind no stranger.
  const { address } = caller.origin
  const applicant = { address, familiarAccount: id }
  const isRight = await proveAgain(
    { username, secret: currentPassword, address },
    async () =>
      currentPassword.length <= LONGEST_PASSWORD &&
      (await hasher.verify(hash, currentPassword, applicant)),
  )
  if (isRight && hash !== undefined) return hash
  const detail = 'the current password is wrong; nothing was changed'
  throw new AppError('DENIED', { detail, faults: [{ pointer: 'currentPassword', detail }] })
}

function refuseSame({ currentPassword, newPassword }: OwnPasswords): void {
  if (currentPassword !== newPassword) return
  const detail = 'it is the current one'
  throw new AppError('PASSWORD_REFUSED', {
    detail: `the password is not accepted: ${detail}; choose another one`,
    faults: [{ pointer: 'newPassword', detail }],
  })
}

/**
 * Changes the caller's own password; the old one has to be given once more. Identity tokens of
 * before are over with it.
 *
 * @throws AppError DENIED (403) when the old one is wrong, or the caller signed in with a token
 * @throws AppError PASSWORD_REFUSED (400), BUSY (503)
 * @throws AppError CONFLICT (409) when somebody else changed it at this very moment, and for an account
 *   of another source
 */
export async function changeOwnPassword(
  deps: ChangePasswordDeps,
  input: OwnPasswords,
): Promise<void> {
  const { caller, newPassword } = input
  const { id, username } = requireFullSignIn(caller.subject)
  // First, since it waits its turn: to judge a new one takes the event loop for some milliseconds.
  const from = await proveCurrent(deps, input)
  requireGoodPassword(newPassword, username, 'newPassword')
  refuseSame(input)
  const to = await deps.hasher.hash(newPassword, caller.origin.address)
  await inRightsChange(deps.database, async ({ transaction, note }) => {
    await refreshCaller(transaction, caller)
    await note({ kind: 'user', id })
    // An administrator may have set another one since the old one was proven.
    if (!(await replacePassword(transaction, id, { from, to, now: deps.now() }))) {
      throw new AppError('CONFLICT', {
        detail: 'the password was changed by somebody else meanwhile; sign in again',
      })
    }
    await recordAudit(transaction, caller, {
      action: 'user.password',
      target: username,
      outcome: 'done',
    })
  })
}

/**
 * Hashes the password that an administrator gives to somebody else.
 *
 * @throws AppError DENIED (403) for the administrator's own, and after a sign-in with a token
 * @throws AppError PASSWORD_REFUSED (400), BUSY (503)
 */
export async function hashGivenPassword(
  hasher: PasswordHasher,
  {
    caller,
    username,
    password,
  }: { readonly caller: Caller; readonly username: string; readonly password: string },
): Promise<string> {
  if (requireFullSignIn(caller.subject).username === username) {
    throw new AppError('DENIED', {
      detail: 'your own password is changed with the old one: PUT /api/v1/me/password',
    })
  }
  requireGoodPassword(password, username)
  return hasher.hash(password, caller.origin.address)
}
