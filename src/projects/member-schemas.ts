import { z } from 'zod'
import { isPattern } from '../protocol/pattern.ts'
import { type Member, ROLES } from './types.ts'

const MOST_PATTERNS = 50

const patternSchema = z
  .string()
  .refine(isPattern, 'must be a repository path, with * inside one level and ** for any depth')

/** Patterns relative to the project; a single one may stand without its list. */
export const patternsSchema = z.union([
  patternSchema.transform((pattern) => [pattern]),
  z.array(patternSchema).min(1).max(MOST_PATTERNS),
])

const LAST_YEAR = 9999

/** A time in the future, with its zone. */
export const endSchema = z.iso.datetime({ offset: true }).refine((text) => {
  const end = new Date(text)
  return end.getTime() > Date.now() && end.getUTCFullYear() <= LAST_YEAR
}, 'must be in the future, and before the year 10000')

export const membershipSchema = z.strictObject({
  role: z.enum(ROLES),
  repositories: patternsSchema.nullable().optional(),
  expiresAt: endSchema.nullable().optional(),
})

const membershipFields = {
  role: z.enum(ROLES),
  repositories: z.array(z.string()).nullable(),
  expiresAt: z.iso.datetime().nullable(),
}

export const userMemberSchema = z
  .object({ username: z.string(), ...membershipFields })
  .meta({ id: 'Member' })

export const groupMemberSchema = z
  .object({ group: z.string(), ...membershipFields })
  .meta({ id: 'MemberGroup' })

export const memberSchema = z.union([userMemberSchema, groupMemberSchema])

export const presentMember = (member: Member): z.output<typeof memberSchema> => ({
  ...(member.kind === 'user' ? { username: member.name } : { group: member.name }),
  role: member.role,
  repositories: member.repositories ? [...member.repositories] : null,
  expiresAt: member.expiresAt?.toISOString() ?? null,
})
