import { AppError } from '../errors.ts'
import type { Subject } from '../protocol/subject.ts'

export interface FullSignIn {
  readonly id: number
  readonly username: string
}

/**
 * Passwords, mail addresses and identities are changed by people alone: not by a machine, and not with
 * a token that somebody may have found (R11). Who signed in with a password, or by single sign-on, has
 * no credential.
 *
 * @throws AppError UNAUTHORIZED (401) when nobody is signed in, DENIED (403)
 */
export function requireFullSignIn(subject: Subject): FullSignIn {
  if (subject.kind === 'anonymous') throw new AppError('UNAUTHORIZED')
  const { credential } = subject as { readonly credential?: unknown }
  if (subject.kind === 'user' && credential === undefined) return subject
  throw new AppError('DENIED', {
    detail:
      'passwords, mail addresses and identities are changed after a sign-in by password or single sign-on only',
  })
}
