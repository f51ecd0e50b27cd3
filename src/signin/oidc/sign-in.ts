import type { MeetAccount } from '../../accounts/meet-account.ts'
import { toUserSubject } from '../../accounts/user-subject.ts'
import type { Origin } from '../../http/caller.ts'
import type { Log } from '../../http/middleware.ts'
import type { Subject } from '../../protocol/subject.ts'
import { disabledAccount, unknownBearer } from '../refusals.ts'
import type { Bearers } from './prove-bearer.ts'

export interface BearerSignInDeps {
  readonly bearers: Bearers
  readonly meetAccount: MeetAccount
  readonly log: Pick<Log, 'warn'>
  readonly now: () => Date
}

export interface BearerSignIn {
  readonly token: string
  readonly origin: Origin
}

/**
 * Proves a person by the token of an issuer. Why one is refused stands in the log alone: whoever
 * sends it learns nothing about what would be taken.
 *
 * @throws AppError UNAUTHORIZED (401), DENIED (403) where no account is made, UNAVAILABLE (503)
 */
export async function signInWithBearer(
  { bearers, meetAccount, log, now }: BearerSignInDeps,
  { token, origin }: BearerSignIn,
): Promise<Subject> {
  const proof = await bearers.prove(token)
  if ('refusal' in proof) {
    const { requestId, address } = origin
    log.warn({ requestId, address, ...proof.refusal }, 'bearer refused')
    throw unknownBearer()
  }
  const user = await meetAccount(proof.claims, origin)
  if (user.disabled) throw disabledAccount(user.username)
  return toUserSubject(user, now())
}
