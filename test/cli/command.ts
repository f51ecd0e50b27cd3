import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable, Writable } from 'node:stream'
import type { CommandLine } from '../../src/cli/command-line.ts'
import { runCli } from '../../src/cli/run.ts'
import type { Credentials } from '../support/service.ts'

export interface CommandInput {
  readonly env?: NodeJS.ProcessEnv
  /** Piped in. */
  readonly stdin?: string
  /** A person at a terminal: what they type, a line for each question. */
  readonly typed?: readonly string[]
}

export interface Result {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

interface Keyboard extends PassThrough {
  isTTY?: boolean
  isRaw?: boolean
  setRawMode?: (isRaw: boolean) => unknown
}

interface Screen {
  readonly stream: Writable
  readonly text: () => string
}

function createScreen(onWrite: (text: string) => void = () => undefined): Screen {
  let text = ''
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      text += chunk.toString('utf8')
      onWrite(chunk.toString('utf8'))
      done()
    },
  })
  return { stream, text: () => text }
}

const QUESTION = /(?:: |\] )$/

/** A terminal that shows what is written, and a person who answers each question in turn. */
function createTerminal(typed: readonly string[]): { stdin: Keyboard; screen: Screen } {
  const left = [...typed]
  const stdin: Keyboard = new PassThrough()
  stdin.isTTY = true
  stdin.setRawMode = (isRaw) => {
    stdin.isRaw = isRaw
    return stdin
  }
  const screen = createScreen((text) => {
    if (!QUESTION.test(text)) return
    const answer = left.shift()
    if (answer !== undefined) setImmediate(() => stdin.write(answer))
  })
  return { stdin, screen }
}

/** A command line with nothing of this process's own. */
export function createCommandLine({ env = {}, stdin = '', typed }: CommandInput = {}): {
  readonly commandLine: CommandLine
  readonly stdout: () => string
  readonly stderr: () => string
} {
  const stdout = createScreen()
  const terminal = typed === undefined ? undefined : createTerminal(typed)
  const stderr = terminal?.screen ?? createScreen()
  return {
    commandLine: {
      env,
      stdin: terminal?.stdin ?? Readable.from(stdin === '' ? [] : [Buffer.from(stdin)]),
      stdout: stdout.stream,
      stderr: stderr.stream,
      isTerminal: terminal !== undefined,
    },
    stdout: stdout.text,
    stderr: stderr.text,
  }
}

/** Runs one command line in this process. */
export async function warden(args: readonly string[], input: CommandInput = {}): Promise<Result> {
  const { commandLine, stdout, stderr } = createCommandLine(input)
  const upper = { serve: () => Promise.resolve(), version: 'test' }
  const code = await runCli(commandLine, upper, args)
  return { code, stdout: stdout(), stderr: stderr() }
}

/** The variables that stand for `warden login`. */
export const signedIn = (url: string, { username, password }: Credentials): NodeJS.ProcessEnv => ({
  WARDEN_URL: url,
  WARDEN_USERNAME: username,
  WARDEN_PASSWORD: password,
})

/** A home of its own; `path` is where a login is kept in it. */
export function createHome(): {
  readonly env: NodeJS.ProcessEnv
  readonly path: string
  readonly remove: () => void
} {
  const dir = mkdtempSync(join(tmpdir(), 'warden-home-'))
  return {
    env: { HOME: dir },
    path: join(dir, '.config', 'registry-warden', 'login.json'),
    remove: () => rmSync(dir, { recursive: true, force: true }),
  }
}
