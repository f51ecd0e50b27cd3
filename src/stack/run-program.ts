import { spawn } from 'node:child_process'
import { once } from 'node:events'

export interface ProgramResult {
  /** null when it was ended by a signal, or could not be started. */
  readonly code: number | null
  readonly stdout: string
  /** stdout and stderr as they came. */
  readonly output: string
}

export interface ProgramOptions {
  readonly env: NodeJS.ProcessEnv
  readonly timeoutMs?: number
  /** Away from the terminal: Ctrl-C does not reach it. */
  readonly detached?: boolean
  readonly signal?: AbortSignal
}

/** Runs a program to its end; what it says is kept and not shown. */
export async function runProgram(
  [command = '', ...args]: readonly string[],
  { env, timeoutMs, detached = false, signal }: ProgramOptions,
): Promise<ProgramResult> {
  const child = spawn(command, args, {
    env,
    detached,
    stdio: ['inherit', 'pipe', 'pipe'],
    ...(timeoutMs === undefined ? {} : { timeout: timeoutMs }),
    ...(signal === undefined ? {} : { signal }),
  })
  const [all, out]: [Buffer[], Buffer[]] = [[], []]
  child.stdout.on('data', (chunk: Buffer) => {
    all.push(chunk)
    out.push(chunk)
  })
  child.stderr.on('data', (chunk: Buffer) => all.push(chunk))
  // Said by 'close' as well, as a missing exit code.
  child.on('error', () => undefined)
  const [code] = (await once(child, 'close')) as [number | null]
  const text = (chunks: readonly Buffer[]) => Buffer.concat(chunks).toString('utf8').trimEnd()
  return { code: code !== null && code < 0 ? null : code, stdout: text(out), output: text(all) }
}
