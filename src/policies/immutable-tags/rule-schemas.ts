import { z } from 'zod'
import { isPattern } from '../../protocol/pattern.ts'
import { withBoundedPatterns } from '../bounded-patterns.ts'

const MOST_RULES = 20
const MOST_PATTERNS = 20

const repositoryPattern = z
  .string()
  .refine(isPattern, 'must be a repository path, with * inside one level and ** for any depth')

const tagPattern = z
  .string()
  .refine(
    (text) => isPattern(text) && !text.includes('/'),
    'must be letters, digits, _ . or -, with * for any of them',
  )

/** A single pattern may stand without its list. */
const listOf = (pattern: z.ZodType<string, string>) =>
  z.union([pattern.transform((text) => [text]), z.array(pattern).min(1).max(MOST_PATTERNS)])

const ruleSchema = z.strictObject({
  repositories: listOf(repositoryPattern),
  tags: listOf(tagPattern),
})

export const changeSchema = z.strictObject({
  rules: withBoundedPatterns(z.array(ruleSchema).max(MOST_RULES)),
})
