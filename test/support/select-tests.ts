import { readdirSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = 'dist/test'
const ALONE = `${ROOT}/e2e/`
/** Waits most of its time, and takes as long as half of the others: it runs beside them. */
const LONGEST: ReadonlySet<string> = new Set([`${ROOT}/e2e/nothing-lost.test.js`])

/** Test files that run together, and how. */
export interface Selection {
  readonly files: readonly string[]
  readonly flags: readonly string[]
}

const normalise = (pattern: string): string =>
  pattern
    .replace(/^\.\//, '')
    .replace(/^dist\//, '')
    .replace(/\.(ts|js)$/, '')

/**
 * Finds the compiled test files, or those whose path holds one of the patterns, such as `test/api`,
 * `token`, or `test/api/token.test.ts`. Those in e2e start whole stacks and load the machine, so they
 * run one after the other.
 *
 * @returns groups in their order; what is in one group runs at the same time
 */
export function selectTests(patterns: readonly string[]): readonly (readonly Selection[])[] {
  const wanted = patterns.map(normalise)
  const files = readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.js'))
    .map((file) => join(ROOT, file))
    .filter((file) => wanted.length === 0 || wanted.some((text) => file.includes(text)))
    .sort()
  const others = files.filter((file) => !LONGEST.has(file))
  const selection = (chosen: readonly string[], flags: readonly string[]): readonly Selection[] =>
    chosen.length === 0 ? [] : [{ files: chosen, flags }]
  const alone = ['--serial', '--concurrency=1']
  return [
    [
      ...selection(
        others.filter((file) => !file.startsWith(ALONE)),
        [],
      ),
      ...selection(
        files.filter((file) => LONGEST.has(file)),
        alone,
      ),
    ],
    selection(
      others.filter((file) => file.startsWith(ALONE)),
      alone,
    ),
  ].filter((group) => group.length > 0)
}
