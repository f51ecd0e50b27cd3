import { z } from 'zod'

/**
 * What the client reads of the service's answers. The shapes are loose on purpose: fields and words
 * that a newer service adds pass through to whoever asked for JSON.
 */

export const userSchema = z.looseObject({
  username: z.string(),
  email: z.string().nullable(),
  displayName: z.string().nullable(),
  systemRole: z.string().nullable(),
  disabled: z.boolean(),
  createdAt: z.string(),
  updatedAt: z.string(),
})

export const projectSchema = z.looseObject({
  name: z.string(),
  visibility: z.string(),
  createdAt: z.string(),
  updatedAt: z.string(),
})

export const groupSchema = z.looseObject({
  name: z.string(),
  description: z.string().nullable(),
  createdAt: z.string(),
  updatedAt: z.string(),
})

export const groupMemberSchema = z.looseObject({ username: z.string() })

/** A user or a group: one of both names is there. */
export const memberSchema = z.looseObject({
  username: z.string().optional(),
  group: z.string().optional(),
  role: z.string(),
  repositories: z.array(z.string()).nullable(),
  expiresAt: z.string().nullable(),
})

export const repositorySchema = z.looseObject({
  name: z.string(),
  project: z.string(),
  tagCount: z.number(),
  sizeBytes: z.number().nullable(),
  pullCount: z.number().nullable(),
  pushedAt: z.string().nullable(),
  pulledAt: z.string().nullable(),
})

export const tagSchema = z.looseObject({
  name: z.string(),
  digest: z.string(),
  mediaType: z.string(),
  sizeBytes: z.number().nullable(),
  pushedAt: z.string().nullable(),
  pulledAt: z.string().nullable(),
  immutable: z.boolean(),
})

export type UserAnswer = z.output<typeof userSchema>
export type ProjectAnswer = z.output<typeof projectSchema>
export type GroupAnswer = z.output<typeof groupSchema>
export type GroupMemberAnswer = z.output<typeof groupMemberSchema>
export type MemberAnswer = z.output<typeof memberSchema>
export type RepositoryAnswer = z.output<typeof repositorySchema>
export type TagAnswer = z.output<typeof tagSchema>
