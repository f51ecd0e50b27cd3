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
