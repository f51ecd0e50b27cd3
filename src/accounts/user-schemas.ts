import { z } from 'zod'
import { passwordSchema } from './password-routes.ts'
import type { User } from './types.ts'
import { usernameSchema } from './username-schema.ts'

const systemRoleSchema = z.enum(['administrator', 'auditor'])
const emailSchema = z.email().max(254)
const displayNameSchema = z
  .string()
  .min(1)
  .max(128)
  .regex(/^\P{Cc}*$/u, 'must hold no control characters')

export const newUserSchema = z.strictObject({
  username: usernameSchema,
  password: passwordSchema,
  email: emailSchema.optional(),
  displayName: displayNameSchema.optional(),
  systemRole: systemRoleSchema.optional(),
})

export const userChangeSchema = z.strictObject({
  email: emailSchema.nullable().optional(),
  displayName: displayNameSchema.nullable().optional(),
  systemRole: systemRoleSchema.nullable().optional(),
  disabled: z.boolean().optional(),
  password: passwordSchema.optional(),
})

/** A user as the API shows one. */
export const userSchema = z
  .object({
    username: z.string(),
    source: z.string(),
    email: z.string().nullable(),
    displayName: z.string().nullable(),
    systemRole: systemRoleSchema.nullable(),
    claimedRole: z.literal('administrator').nullable(),
    claimsEndAt: z.iso.datetime().nullable(),
    disabled: z.boolean(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'User' })

export const presentUser = (user: User): z.output<typeof userSchema> => ({
  username: user.username,
  source: user.source,
  email: user.email ?? null,
  displayName: user.displayName ?? null,
  systemRole: user.systemRole ?? null,
  claimedRole: user.claims?.isAdministrator ? 'administrator' : null,
  claimsEndAt: user.claims?.endsAt.toISOString() ?? null,
  disabled: user.disabled,
  createdAt: user.createdAt.toISOString(),
  updatedAt: user.updatedAt.toISOString(),
})
