import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { requireCommand } from '../../src/stack/commands.ts'

const TIMEOUT_MS = 60_000

export interface CommandResult {
  readonly code: number | null
  readonly stdout: string
  /** stdout and stderr as they came. */
  readonly output: string
}

export interface CommandOptions {
  readonly env?: NodeJS.ProcessEnv
  readonly input?: string
  readonly cwd?: string
}

/** Runs a real program to its end, at most a minute. */
export async function runCommand(
  name: string,
  args: readonly string[],
  { env = {}, input = '', cwd }: CommandOptions = {},
): Promise<CommandResult> {
  const command = name.includes('/') ? name : requireCommand(name, process.env)
  const child = spawn(command, args, {
    env: { ...process.env, LC_ALL: 'C.UTF-8', ...env },
    cwd,
    timeout: TIMEOUT_MS,
    killSignal: 'SIGKILL',
  })
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  const [all, out]: [Buffer[], Buffer[]] = [[], []]
  child.stdout.on('data', (chunk: Buffer) => {
    all.push(chunk)
    out.push(chunk)
  })
  child.stderr.on('data', (chunk: Buffer) => all.push(chunk))
  const [code] = (await once(child, 'close')) as [number | null]
  return {
    code,
    stdout: Buffer.concat(out).toString('utf8'),
    output: Buffer.concat(all).toString('utf8'),
  }
}
