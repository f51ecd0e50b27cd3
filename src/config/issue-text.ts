import type { z } from 'zod'

const inWords = (values: readonly z.core.util.Primitive[]): string => values.map(String).join(', ')

/**
 * Words for a value that is missing, of another type, or not one of those there are; for
 * `schema.safeParse(value, { error: issueText })`. What a schema says itself goes before it, and
 * undefined leaves an issue to zod's own words.
 */
export function issueText(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.input === undefined && ['invalid_type', 'invalid_value'].includes(issue.code)) {
    return 'is missing'
  }
  if (issue.code === 'invalid_type') return `must be of type ${issue.expected}`
  return issue.code === 'invalid_value' ? `must be one of: ${inWords(issue.values)}` : undefined
}
