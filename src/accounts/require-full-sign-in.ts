import { AppError } from '../errors.ts'
import type { Subject } from '../protocol/subject.ts'

export interface FullSignIn {
  readonly id: number
  readonly username: string
}

/**
 * Passwords and mail addresses are changed by people alone: not by a machine, and not with a token
 * that somebody may have found (R11). A subject that signed in with a password has no credential.
 *
 * @throws AppError UNAUTHORIZED (401) when nobody is signed in, DENIED (403)
 */
export function requireFullSignIn(subject: Subject): FullSignIn {
  if (subject.kind === 'anonymous') throw new AppError('UNAUTHORIZED')
  const { credential } = subject as { readonly credential?: unknown }
  if (subject.kind === 'user' && credential === undefined) return subject
  throw new AppError('DENIED', {
    detail: 'passwords and mail addresses are changed after a sign-in by password only',
  })
}
