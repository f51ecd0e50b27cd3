import { z } from 'zod'
import { defineRoute, type Route } from '../http/route.ts'
import { type ChangePasswordDeps, changeOwnPassword } from './change-password.ts'
import { LONGEST_PASSWORD } from './password-rules.ts'

/** Longer ones are refused with a reason; such long ones are not even looked at. */
export const passwordSchema = z.string().max(LONGEST_PASSWORD * 4)

export const createPasswordRoutes = (deps: ChangePasswordDeps): readonly Route[] => [
  defineRoute({
    method: 'put',
    path: '/me/password',
    summary: "Changes the caller's own password",
    body: z.strictObject({ currentPassword: passwordSchema, newPassword: passwordSchema }),
    answers: { 204: { description: 'The password is changed' } },
    handle: async ({ caller, body }) => {
      await changeOwnPassword(deps, { caller, ...body })
      return { status: 204 }
    },
  }),
]
