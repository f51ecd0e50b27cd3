import { z } from 'zod'
import { patternsSchema } from '../projects/member-schemas.ts'
import { CREDENTIAL_ACTIONS, type CredentialPermission } from '../protocol/subject.ts'

const MOST_PERMISSIONS = 20

const permissionSchema = z.strictObject({
  repositories: patternsSchema,
  actions: z
    .array(z.enum(CREDENTIAL_ACTIONS))
    .min(1)
    .max(CREDENTIAL_ACTIONS.length)
    .transform((actions) => [...new Set(actions)]),
})

/** What a credential may do: actions on the repositories that fit one of the patterns. */
export const permissionsSchema = z.array(permissionSchema).min(1).max(MOST_PERMISSIONS)

export const presentedPermissions = z.array(
  z.object({ repositories: z.array(z.string()), actions: z.array(z.enum(CREDENTIAL_ACTIONS)) }),
)

export const presentPermissions = (
  permissions: readonly CredentialPermission[],
): z.output<typeof presentedPermissions> =>
  permissions.map(({ repositories, actions }) => ({
    repositories: [...repositories],
    actions: [...actions],
  }))

/** A person's name for a credential: any text of one line. */
export const labelSchema = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[^\p{Cc}\p{Zl}\p{Zp}]*$/u, 'must hold no control characters')
  .refine((text) => text.trim() === text, 'must not begin or end with a space')

/** Ids in paths. */
export const idSchema = z
  .string()
  .regex(/^[1-9]\d{0,14}$/, 'must be a number')
  .transform(Number)

export const toDate = (text: string | null | undefined): Date | undefined =>
  text ? new Date(text) : undefined
