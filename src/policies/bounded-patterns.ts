import type { z } from 'zod'

/** Of all rules together: thousands of tags are held against all of them. */
const MOST_CHARACTERS = 2000

interface Rule {
  readonly repositories: readonly string[]
  readonly tags: readonly string[]
}

const charactersOf = (rules: readonly Rule[]): number =>
  rules
    .flatMap(({ repositories, tags }) => [...repositories, ...tags])
    .reduce((sum, { length }) => sum + length, 0)

/** Rules whose patterns are not more than can be held against every tag of a project. */
export const withBoundedPatterns = <T extends z.ZodType<readonly Rule[]>>(rules: T): T =>
  rules.refine(
    (all) => charactersOf(all) <= MOST_CHARACTERS,
    `must have patterns of ${MOST_CHARACTERS} characters at most, all together`,
  )
