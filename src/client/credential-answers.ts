import { z } from 'zod'

const permissionSchema = z.looseObject({
  repositories: z.array(z.string()),
  actions: z.array(z.string()),
})

export const accessTokenSchema = z.looseObject({
  id: z.number(),
  name: z.string(),
  permissions: z.array(permissionSchema).nullable(),
  expiresAt: z.string().nullable(),
  lastUsedAt: z.string().nullable(),
  createdAt: z.string(),
})

export const createdTokenSchema = accessTokenSchema.extend({
  username: z.string(),
  secret: z.string(),
})

export const identityTokenSchema = z.looseObject({
  id: z.number(),
  client: z.string().nullable(),
  address: z.string().nullable(),
  expiresAt: z.string(),
  lastUsedAt: z.string().nullable(),
  createdAt: z.string(),
})

export const robotSchema = z.looseObject({
  name: z.string(),
  username: z.string(),
  project: z.string().nullable(),
  description: z.string().nullable(),
  permissions: z.array(permissionSchema),
  networks: z.array(z.string()).nullable(),
  expiresAt: z.string().nullable(),
  disabled: z.boolean(),
  previousSecretEndsAt: z.string().nullable(),
  lastUsedAt: z.string().nullable(),
  createdAt: z.string(),
  updatedAt: z.string(),
})

export const robotWithSecretSchema = robotSchema.extend({ secret: z.string() })

const decisionSchema = z.looseObject({
  type: z.string(),
  name: z.string(),
  action: z.string(),
  allowed: z.boolean(),
  rule: z.string(),
  until: z.string().nullable(),
})

export const explanationSchema = z.looseObject({
  subject: z.string(),
  decisions: z.array(decisionSchema),
})

export type PermissionAnswer = z.output<typeof permissionSchema>
export type AccessTokenAnswer = z.output<typeof accessTokenSchema>
export type CreatedTokenAnswer = z.output<typeof createdTokenSchema>
export type IdentityTokenAnswer = z.output<typeof identityTokenSchema>
export type RobotAnswer = z.output<typeof robotSchema>
export type RobotWithSecretAnswer = z.output<typeof robotWithSecretSchema>
export type DecisionAnswer = z.output<typeof decisionSchema>
export type ExplanationAnswer = z.output<typeof explanationSchema>
