import { z } from 'zod'
import { defineRoute, type Route } from '../../http/route.ts'
import { passwordSchema } from '../password-routes.ts'
import { usernameSchema } from '../username-schema.ts'
import { type ConfirmResetDeps, confirmReset } from './confirm-reset.ts'
import { RESET_PAGE, RESET_PAGE_POLICY } from './page.ts'
import { type Forgetful, type RequestResetDeps, requestReset } from './request-reset.ts'

export type PasswordResetRoutesDeps = RequestResetDeps & ConfirmResetDeps

const LONGEST_TOKEN = 200

const requestSchema = z
  .strictObject({ username: usernameSchema.optional(), email: z.email().max(254).optional() })
  .refine(
    ({ username, email }) => (username === undefined) !== (email === undefined),
    'give either username or email',
  )

const requestRoute = (deps: RequestResetDeps): Route =>
  defineRoute({
    method: 'post',
    path: '/signin/password-reset',
    summary: 'Mails a link for a new password; the answer never says whether there is an account',
    open: true,
    refusals: [409],
    body: requestSchema,
    answers: { 202: { description: 'Whoever has such an account, and may, gets a mail' } },
    handle: async ({ caller, body }) => {
      // The schema lets exactly one of them through.
      await requestReset(deps, { caller, who: body as Forgetful })
      return { status: 202 }
    },
  })

const pageRoute = (): Route =>
  defineRoute({
    method: 'get',
    path: '/signin/password-reset',
    summary: 'The page that a mailed link opens, to choose a new password',
    open: true,
    answers: { 200: { description: 'The page', schema: z.string(), type: 'text/html' } },
    handle: async () => ({
      status: 200,
      body: RESET_PAGE,
      headers: {
        'Content-Type': 'text/html; charset=utf-8',
        'Content-Security-Policy': RESET_PAGE_POLICY,
      },
    }),
  })

const confirmRoute = (deps: ConfirmResetDeps): Route =>
  defineRoute({
    method: 'post',
    path: '/signin/password-reset/confirm',
    summary: 'Sets a new password by the token of a mailed link',
    open: true,
    body: z.strictObject({ token: z.string().max(LONGEST_TOKEN), newPassword: passwordSchema }),
    answers: { 204: { description: 'The password is set; tokens of before have ended' } },
    handle: async ({ caller, body }) => {
      await confirmReset(deps, { caller, ...body })
      return { status: 204 }
    },
  })

export const createPasswordResetRoutes = (deps: PasswordResetRoutesDeps): readonly Route[] => [
  requestRoute(deps),
  pageRoute(),
  confirmRoute(deps),
]
