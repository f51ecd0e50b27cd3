import { z } from 'zod'
import { normalizeUsername } from './username.ts'

const USERNAME_RULE =
  'must be 1 to 64 letters, digits or . _ @ + - and begin with a letter or digit, without ..'

/** A user name in a path or body; comes out in its one spelling. */
export const usernameSchema = z
  .string()
  .refine((text) => normalizeUsername(text) !== undefined, USERNAME_RULE)
  .transform((text) => text.toLowerCase())

/** Names of groups follow the same grammar. */
export const groupNameSchema = usernameSchema
