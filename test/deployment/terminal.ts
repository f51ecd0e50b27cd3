import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { requireCommand } from '../../src/stack/commands.ts'

const TIMEOUT_MS = 900_000
/** A person does not type before the question is there whole. */
const PAUSE_MS = 300
const QUESTION = /(password[^\n]*|once more): $/i

export interface Typing {
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
  /** Answers to the questions for passwords, in their order. */
  readonly typed?: readonly string[]
}

/**
 * Runs lines of a shell at a terminal, as a person types them; the first that fails is the last.
 *
 * @returns what the terminal showed
 */
export async function runAtTerminal(
  lines: string,
  { cwd, env, typed = [] }: Typing,
): Promise<{ readonly code: number | null; readonly shown: string }> {
  const script = `shopt -s expand_aliases\nset -e\n${lines}`
  const child = spawn(
    requireCommand('script', process.env),
    ['--quiet', '--return', '--command', 'exec bash -c "$LINES_TO_RUN"', '/dev/null'],
    { cwd, env: { ...env, LINES_TO_RUN: script }, timeout: TIMEOUT_MS },
  )
  child.stdin.on('error', () => undefined)
  const answers = [...typed]
  let shown = ''
  const take = (chunk: Buffer): void => {
    shown += chunk.toString('utf8')
    const answer = QUESTION.test(shown) ? answers.shift() : undefined
    if (answer !== undefined) void sleep(PAUSE_MS).then(() => child.stdin.write(`${answer}\r`))
  }
  child.stdout.on('data', take)
  child.stderr.on('data', take)
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, shown: shown.replaceAll('\r', '') }
}
