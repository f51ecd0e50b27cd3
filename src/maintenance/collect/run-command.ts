import { spawn } from 'node:child_process'
import { splitLines } from './split-lines.ts'

export const COLLECTOR_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** All that a program gets of an environment: nothing of ours, and so no secret (R27). */
const ENVIRONMENT = { PATH: COLLECTOR_PATH }

/** For what it printed at the very end. */
const LAST_WORDS_MS = 1000

export interface CommandInput {
  readonly command: readonly string[]
  readonly onLine: (line: string) => void
  /** Asks it to end. */
  readonly signal: AbortSignal
  /** Waits no longer than that, nor than `graceMs` after the signal. */
  readonly longestMs: number
  readonly graceMs: number
}

/** How a program ended; undefined: it has not, as far as is known. */
export type CommandEnd =
  | { readonly code: number | null; readonly signal: NodeJS.Signals | null }
  | undefined

/**
 * Runs a program without a shell, in a group of its own: what ends us does not end it.
 *
 * @throws Error when it cannot be begun
 */
export function runCommand(input: CommandInput): Promise<CommandEnd> {
  const { command, onLine, signal, longestMs, graceMs } = input
  const [program = '', ...args] = command
  const child = spawn(program, args, {
    cwd: '/',
    env: ENVIRONMENT,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  for (const stream of [child.stdout, child.stderr]) {
    const lines = splitLines(onLine)
    stream.on('data', lines.write)
    stream.on('end', lines.end)
  }
  return new Promise((resolve, reject) => {
    const timers: NodeJS.Timeout[] = []
    const settle = (how: () => void): void => {
      for (const timer of timers) clearTimeout(timer)
      signal.removeEventListener('abort', ask)
      // What it left behind may keep them open for long.
      for (const stream of [child.stdout, child.stderr]) stream.destroy()
      child.unref()
      how()
    }
    const endAfter = (ms: number, end: CommandEnd): void => {
      timers.push(setTimeout(() => settle(() => resolve(end)), ms))
    }
    const ask = (): void => {
      child.kill('SIGTERM')
      endAfter(graceMs, undefined)
    }
    endAfter(longestMs, undefined)
    child.once('error', (error) => settle(() => reject(error)))
    child.once('exit', (code, name) => endAfter(LAST_WORDS_MS, { code, signal: name }))
    child.once('close', (code, name) => settle(() => resolve({ code, signal: name })))
    if (signal.aborted) ask()
    else signal.addEventListener('abort', ask, { once: true })
  })
}
