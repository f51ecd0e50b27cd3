import { readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'

const ROOT = 'dist/test'
const STACKS = `${ROOT}/e2e/`
/** Waits most of its time, and takes as long as half of the others: it runs beside them. */
const LONGEST: ReadonlySet<string> = new Set([`${ROOT}/e2e/nothing-lost.test.js`])

/** Half of their time these wait for servers, and leave a core idle. */
const AT_ONCE = Math.max(4, availableParallelism())

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
 * `token`, or `test/api/token.test.ts`. Those in e2e start whole stacks, so they run after the others:
 * in two rows, and in each of them one after the other.
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
  const small = others.filter((file) => !file.startsWith(STACKS))
  const stacks = others.filter((file) => file.startsWith(STACKS))
  const select = (chosen: readonly string[], flags: readonly string[]): readonly Selection[] =>
    chosen.length === 0 ? [] : [{ files: chosen, flags }]
  const inRow = ['--serial', '--concurrency=1']
  const rowOf = (odd: number) => stacks.filter((_, index) => index % 2 === odd)
  const longest = files.filter((file) => LONGEST.has(file))
  return [
    [...select(small, [`--concurrency=${AT_ONCE}`]), ...select(longest, inRow)],
    [...select(rowOf(0), inRow), ...select(rowOf(1), inRow)],
  ].filter((group) => group.length > 0)
}
