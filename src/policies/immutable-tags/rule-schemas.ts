import { z } from 'zod'
import { isPattern } from '../../protocol/pattern.ts'

const MOST_RULES = 20
const MOST_PATTERNS = 20
/** Of all rules together: a page of tags is held against all of them. */
const MOST_CHARACTERS = 2000

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

const charactersOf = (rules: readonly z.output<typeof ruleSchema>[]): number =>
  rules
    .flatMap(({ repositories, tags }) => [...repositories, ...tags])
    .reduce((sum, { length }) => sum + length, 0)

export const changeSchema = z.strictObject({
  rules: z
    .array(ruleSchema)
    .max(MOST_RULES)
    .refine(
      (rules) => charactersOf(rules) <= MOST_CHARACTERS,
      `must have patterns of ${MOST_CHARACTERS} characters at most, all together`,
    ),
})
