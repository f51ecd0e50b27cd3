import { createHash, timingSafeEqual } from 'node:crypto'
import { AppError } from '../errors.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { type TakeEnvelopeDeps, takeEnvelope } from './take-envelope.ts'

export interface NotificationRouteDeps extends TakeEnvelopeDeps {
  /** What the registry sends as a bearer token. Undefined: there is no intake. */
  readonly secret: string | undefined
}

const hash = (text: string): Buffer => createHash('sha256').update(text).digest()

/** Of equal length whatever was sent, so that the comparison takes the same time. */
const isSecret = (header: string | undefined, expected: Buffer): boolean =>
  timingSafeEqual(hash(header ?? ''), expected)

const takeRoute = (deps: NotificationRouteDeps, secret: string): Route => {
  const expected = hash(`Bearer ${secret}`)
  return defineRoute({
    method: 'post',
    path: '/notifications',
    summary: 'Takes in what the registry tells of pushes, pulls and deletes',
    open: true,
    bodyType: 'raw',
    answers: { 204: { description: 'It is written down' } },
    handle: async ({ request }) => {
      if (!isSecret(request.headers.authorization, expected)) {
        deps.count('forged', 1)
        throw new AppError('UNAUTHORIZED', {
          detail: 'this is not the secret of WARDEN_NOTIFICATIONS_SECRET',
        })
      }
      await takeEnvelope(deps, request)
      return { status: 204 }
    },
  })
}

/** For the private listener alone. */
export const createNotificationRoutes = (deps: NotificationRouteDeps): readonly Route[] =>
  deps.secret === undefined ? [] : [takeRoute(deps, deps.secret)]
