import { recordAudit } from '../../audit/record.ts'
import { inRightsChange } from '../../database/change-version.ts'
import type { Database } from '../../database/open-database.ts'
import { AppError } from '../../errors.ts'
import type { Caller } from '../../http/caller.ts'
import { type RateLimit, requireAllowance } from '../../http/rate-limit.ts'
import type { PasswordHasher } from '../password-hash.ts'
import { requireGoodPassword } from '../password-rules.ts'
import { updateUser } from '../queries.ts'
import { findRecipientById, findReset, type Recipient, takeReset } from './queries.ts'
import { hashAddress, hashResetToken } from './reset-token.ts'

export interface ConfirmResetDeps {
  readonly database: Database
  readonly hasher: Pick<PasswordHasher, 'hashForStranger'>
  readonly now: () => Date
  readonly confirmLimit: RateLimit
  /** Ends the access and identity tokens of a user; of a higher room. */
  readonly endTokens: (transaction: Database, userId: number) => Promise<void>
}

/** One answer, whether the link never was, is too old, was used, replaced, or its account changed. */
const deadLink = (): AppError =>
  new AppError('RESET_LINK_INVALID', {
    detail:
      'this link does not work, or not any more: it works once, for 30 minutes; ask for another one',
  })

interface Link {
  readonly tokenHash: string
  readonly now: Date
}

/** @throws AppError RESET_LINK_INVALID (400) */
async function requireRecipient(database: Database, link: Link): Promise<Recipient> {
  const reset = await findReset(database, link)
  const recipient = reset && (await findRecipientById(database, reset.userId))
  if (reset === undefined || recipient === undefined) throw deadLink()
  // A new password, a disabled account and another address end the links of before.
  const isSame =
    recipient.signInEpoch === reset.signInEpoch && hashAddress(recipient.email) === reset.emailHash
  if (!isSame) throw deadLink()
  return recipient
}

/**
 * Sets a new password by a link that was mailed. All sign-ins, access tokens and identity tokens of
 * before are over with it: whoever had the old password may have made some.
 *
 * @throws AppError RESET_LINK_INVALID (400), PASSWORD_REFUSED (400)
 * @throws AppError RATE_LIMITED (429), BUSY (503)
 */
export async function confirmReset(
  deps: ConfirmResetDeps,
  {
    caller,
    token,
    newPassword,
  }: { readonly caller: Caller; readonly token: string; readonly newPassword: string },
): Promise<void> {
  const { database, hasher, now, endTokens } = deps
  requireAllowance(deps.confirmLimit(caller))
  const tokenHash = hashResetToken(token)
  if (tokenHash === undefined) throw deadLink()
  const { username } = await requireRecipient(database, { tokenHash, now: now() })
  const check = (): void => requireGoodPassword(newPassword, username, 'newPassword')
  const passwordHash = await hasher.hashForStranger(newPassword, caller.origin.address, check)
  await inRightsChange(database, async ({ transaction, note }) => {
    const user = await requireRecipient(transaction, { tokenHash, now: now() })
    if (!(await takeReset(transaction, tokenHash))) throw deadLink()
    await note({ kind: 'user', id: user.id })
    await updateUser(transaction, user.id, { change: { passwordHash }, now: now() })
    await endTokens(transaction, user.id)
    await recordAudit(transaction, caller, {
      action: 'password-reset.done',
      target: user.username,
      outcome: 'done',
    })
  })
}
