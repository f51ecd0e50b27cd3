import { z } from 'zod'
import { groupLabel, parseGroupLabel } from './group-name.ts'
import { normalizeUsername } from './username.ts'

const USERNAME_RULE =
  'must be 1 to 64 letters, digits or . _ @ + - and begin with a letter or digit, without ..'

/** A user name in a path or body; comes out in its one spelling. */
export const usernameSchema = z
  .string()
  .refine((text) => normalizeUsername(text) !== undefined, USERNAME_RULE)
  .transform((text) => text.toLowerCase())

const GROUP_RULE = `${USERNAME_RULE}; or the name of a source, a colon and a group's name there, such as ldap:staff`

/** A group in a path or body, in its one spelling: a name as users have, or one of another source. */
export const groupNameSchema = z
  .string()
  .refine((text) => parseGroupLabel(text) !== undefined, GROUP_RULE)
  .transform((text) => {
    const key = parseGroupLabel(text)
    return key === undefined ? text : groupLabel(key)
  })
