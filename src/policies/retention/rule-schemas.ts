import { z } from 'zod'
import { patternsSchema } from '../../projects/member-schemas.ts'
import { isPattern } from '../../protocol/pattern.ts'
import { withBoundedPatterns } from '../bounded-patterns.ts'
import { isSchedule } from './schedule.ts'
import { type RetentionPolicy, type RetentionRule, TEMPLATES } from './types.ts'

const MOST_RULES = 15
const MOST_PATTERNS = 50
const MOST_K = 10_000
const MOST_DAYS = 3650

const tagPatternSchema = z
  .string()
  .refine(
    (text) => isPattern(text) && !text.includes('/'),
    'must be a tag, with * for any part of it',
  )

const tagPatternsSchema = z.union([
  tagPatternSchema.transform((pattern) => [pattern]),
  z.array(tagPatternSchema).min(1).max(MOST_PATTERNS),
])

const scope = {
  repositories: patternsSchema.default(['**']),
  tags: tagPatternsSchema.default(['*']),
}

const ruleSchema = z.discriminatedUnion('template', [
  z.strictObject({
    template: z.enum(['latestPushed', 'latestPulled']),
    k: z.int().min(1).max(MOST_K),
    ...scope,
  }),
  z.strictObject({
    template: z.enum(['pushedWithin', 'pulledWithin']),
    days: z.int().min(1).max(MOST_DAYS),
    ...scope,
  }),
  z.strictObject({ template: z.literal('always'), ...scope }),
])

export const policySchema = z.strictObject({
  rules: withBoundedPatterns(z.array(ruleSchema).min(1).max(MOST_RULES)),
  schedule: z
    .string()
    .refine(
      isSchedule,
      "must be a cron pattern in UTC of five fields that comes again, the first of them one minute: '15 3 * * *'",
    )
    .nullable()
    .optional(),
  untaggedDays: z.int().min(1).max(MOST_DAYS).nullable().optional(),
})

export const toPolicy = ({
  rules,
  schedule,
  untaggedDays,
}: z.output<typeof policySchema>): RetentionPolicy => ({
  rules,
  schedule: schedule ?? undefined,
  untaggedDays: untaggedDays ?? undefined,
})

/** As it may be sent again: what a rule does not have is left out. */
export const presentedRule = z.object({
  template: z.enum(TEMPLATES),
  k: z.int().optional(),
  days: z.int().optional(),
  repositories: z.array(z.string()),
  tags: z.array(z.string()),
})

export const presentRule = (rule: RetentionRule): z.output<typeof presentedRule> => ({
  ...rule,
  repositories: [...rule.repositories],
  tags: [...rule.tags],
})
