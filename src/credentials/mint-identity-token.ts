import type { Database } from '../database/open-database.ts'
import { AppError } from '../errors.ts'
import type { Origin } from '../http/caller.ts'
import type { Subject } from '../protocol/subject.ts'
import { forgetIdentityTokens, insertIdentityToken } from './identity-queries.ts'
import { createSecret, hashSecret } from './secret.ts'

/** Each `docker login` makes one; the oldest goes when there are more. */
const MOST_TOKENS = 50
const CLIENT_LENGTH = 64

export interface MintIdentityTokenDeps {
  readonly database: Database
  readonly now: () => Date
  /** Undefined: identity tokens are switched off. */
  readonly identityTokenSeconds: number | undefined
}

/**
 * Makes the secret that `docker login` keeps in place of the password.
 *
 * @param client what the client calls itself
 * @returns undefined where they are switched off, and for everybody but a person who has just
 *   proved the password: no token makes another one (R11)
 * @throws AppError UNAUTHORIZED (401) when the password was changed, or the account disabled, since
 */
export async function mintIdentityToken(
  { database, now, identityTokenSeconds }: MintIdentityTokenDeps,
  {
    subject,
    origin,
    client,
  }: { readonly subject: Subject; readonly origin: Origin; readonly client: string | undefined },
): Promise<string | undefined> {
  if (identityTokenSeconds === undefined) return undefined
  if (subject.kind !== 'user' || subject.signInEpoch === undefined) return undefined
  const secret = createSecret('identityToken')
  const at = now()
  const isInserted = await insertIdentityToken(database, {
    userId: subject.id,
    signInEpoch: subject.signInEpoch,
    secretHash: hashSecret(secret),
    client: client?.replace(/\p{Cc}/gu, '?').slice(0, CLIENT_LENGTH),
    address: origin.address,
    expiresAt: new Date(at.getTime() + identityTokenSeconds * 1000),
    now: at,
  })
  if (!isInserted) {
    throw new AppError('UNAUTHORIZED', {
      detail: 'the password was changed, or the account disabled, meanwhile; sign in again',
    })
  }
  await forgetIdentityTokens(database, subject.id, { most: MOST_TOKENS, now: at })
  return secret
}
