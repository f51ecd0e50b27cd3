import { readdirSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = 'dist/test'
const ALONE = `${ROOT}/e2e/`
/** Takes longer than all others together, so it runs when it is named: `npm test -- test/e2e/nothing-lost`. */
const BY_NAME: ReadonlySet<string> = new Set([`${ROOT}/e2e/nothing-lost.test.js`])

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
 * Finds the compiled test files: all but the longest, or those whose path holds one of the patterns, such
 * as `test/api`, `token`, or `test/api/token.test.ts`. Those in e2e start whole stacks and load the
 * machine, so they run one after the other.
 */
export function selectTests(patterns: readonly string[]): readonly Selection[] {
  const wanted = patterns.map(normalise)
  const files = readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.js'))
    .map((file) => join(ROOT, file))
    .filter((file) =>
      wanted.length === 0 ? !BY_NAME.has(file) : wanted.some((text) => file.includes(text)),
    )
    .sort()
  return [
    { files: files.filter((file) => !file.startsWith(ALONE)), flags: [] },
    {
      files: files.filter((file) => file.startsWith(ALONE)),
      flags: ['--serial', '--concurrency=1'],
    },
  ]
}
