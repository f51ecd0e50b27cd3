import type { ImmutableTagRule } from '../types.ts'

/** Rules as the database gives them: some servers and proxies give a JSON column as text. */
export function readRules(value: unknown): readonly ImmutableTagRule[] {
  if (value === null || value === undefined) return []
  return (typeof value === 'string' ? JSON.parse(value) : value) as readonly ImmutableTagRule[]
}
