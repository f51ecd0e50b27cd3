import { AppError } from '../errors.ts'
import { type Subject, subjectName } from '../protocol/subject.ts'
import { earlierEnd } from './grant-access.ts'

/** More would make a token larger than proxies take in one header. */
export const MOST_SCOPES = 25

/** Who asks for networks' sake is asked for its address every time, so the answer is not kept. */
export const isRepeatable = (subject: Subject): boolean =>
  subject.kind !== 'robot' || !subject.isBoundToNetworks

/**
 * Until when an answer may be repeated: not beyond the end of the earliest right in it (R3), nor of
 * the directory's word for who asked (R10).
 */
export const repeatableUntil = (subject: Subject, until: Date | undefined): Date | undefined =>
  earlierEnd(until, subject.kind === 'user' ? subject.provenUntil : undefined)

/**
 * Holds the `account` of a query against who was proven: a client that says one name and proves
 * another is wrong about one of them.
 *
 * @throws AppError UNAUTHORIZED (401)
 */
export function requireAccount(account: string | undefined, subject: Subject): void {
  if (!account) return
  const proven = subjectName(subject)
  if (account.toLowerCase() === proven) return
  throw new AppError('UNAUTHORIZED', {
    detail:
      proven === ''
        ? 'the request names an account and proves none; send its password'
        : `the request names another account than ${proven}, who was proven`,
  })
}

/** Names under which people put secrets into a query; they end in logs, so they are refused (R19). */
export const SECRET_PARAMETERS = [
  'password',
  'secret',
  'token',
  'access_token',
  'refresh_token',
] as const
