import { stripVTControlCharacters } from 'node:util'

export interface TestCounts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

/**
 * Counts what AVA wrote, a line for each test; its own summary leaves out the passed ones as soon
 * as one failed.
 *
 * @param code AVA's exit code: a run that failed without a failed test (a crash) counts as one
 */
export function countTests(output: string, code: number): TestCounts {
  const lines = stripVTControlCharacters(output).split('\n')
  const count = (pattern: RegExp): number => lines.filter((line) => pattern.test(line)).length
  const failed = count(/^ {2}✘ \[fail\]/)
  return {
    passed: count(/^ {2}✔ /),
    failed: code !== 0 && failed === 0 ? 1 : failed,
    skipped: count(/^ {2}- \[skip\]/),
  }
}

const TITLE = /^ {2}✘ \[fail\]/
const LOGGED = /^ {4}/
const RULE = /^ {2}─$/
const MOST_LOGGED = 40

/** @returns AVA's own account of the failures, then their titles and the first lines that they logged */
export function describeFailures(output: string): string {
  const lines = stripVTControlCharacters(output).split('\n')
  const from = lines.findIndex((line) => RULE.test(line))
  const account = from === -1 ? lines.slice(-MOST_LOGGED) : lines.slice(from)
  const titles = lines.flatMap((line, at) => {
    if (!TITLE.test(line)) return []
    const after = lines.slice(at + 1, at + 1 + MOST_LOGGED)
    const end = after.findIndex((next) => !LOGGED.test(next))
    return [line, ...(end === -1 ? after : after.slice(0, end))]
  })
  return `${[...account, ...titles].join('\n')}\n`
}
