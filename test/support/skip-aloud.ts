import test, { type Implementation } from 'ava'
import { findCommand } from '../../src/stack/commands.ts'

/** Declares a test; what runs next to others of its file is declared in order. */
export type DeclareTest = (title: string, implementation: Implementation<[]>) => void

/** What this machine lacks for the tests of a file, in words; undefined when all is there. */
export function findObstacle(
  commands: readonly string[],
  { asRoot }: { readonly asRoot: boolean },
): string | undefined {
  const missing = commands.filter((name) => findCommand(name, process.env) === undefined)
  if (missing.length > 0) return `not installed: ${missing.join(', ')}`
  return asRoot && process.getuid?.() !== 0 ? 'needs root' : undefined
}

/**
 * Declares the tests of a file, or skips each of them visibly when there is an obstacle. Where
 * nothing may be left out, with `CI=true`, a skipped test fails instead.
 */
export function testUnless(obstacle: string | undefined): DeclareTest {
  if (obstacle === undefined) return test.serial
  process.stderr.write(`SKIPPED, because of this machine: ${obstacle}\n`)
  if (process.env.CI !== 'true') return test.skip
  return (title) => test.serial(title, (t) => t.fail(`skipped where nothing may be: ${obstacle}`))
}
