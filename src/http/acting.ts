import type { IncomingHttpHeaders } from 'node:http'
import { AppError } from '../errors.ts'
import type { Subject } from '../protocol/subject.ts'
import type { Origin } from './caller.ts'

/** Names the user that a service acts for. A header of clients: nginx passes it to the API. */
export const ON_BEHALF_OF = 'x-warden-on-behalf-of'

/**
 * Makes of a service that was proven the user that it acts for; handed over by `app.ts`.
 *
 * @param username the header as it came; several of them are one with commas
 * @throws AppError UNAUTHORIZED (401), REQUEST_INVALID (400), DENIED (403); it is never ignored
 */
export type ActFor = (subject: Subject, username: string, origin: Origin) => Promise<Subject>

/**
 * @returns the header; undefined where there is none
 * @throws AppError REQUEST_INVALID (400) where nobody acts for others
 */
export function readOnBehalfOf(
  headers: IncomingHttpHeaders,
  actFor: ActFor | undefined,
): string | undefined {
  const value = headers[ON_BEHALF_OF]
  if (value === undefined) return undefined
  if (actFor !== undefined) return typeof value === 'string' ? value : value.join(', ')
  throw new AppError('REQUEST_INVALID', {
    detail:
      'nobody acts for others here, so X-Warden-On-Behalf-Of is refused; make an access token on behalf of the user by POST /api/v1/me/tokens and send that',
  })
}
