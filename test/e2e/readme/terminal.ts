import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { requireCommand } from '../../../src/stack/commands.ts'
import { waitFor } from '../../support/wait-for.ts'

const PATIENCE_MS = 90_000
/** A person does not type before the question is there whole. */
const PAUSE_MS = 300
const QUESTION = /(?:(?:password[^\n]*|once more): ?|\[y\/N\] )$/i
const SHELL = "exec env 'PS1=[exit $?] ' bash --noprofile --norc --noediting -i"
const PROMPT = /\[exit (\d+)\] $/
const CTRL_C = '\u0003'
const TOLD_LINES = 20

/** What one command did, as a person sees it. */
export interface Seen {
  readonly code: number
  readonly shown: string
}

/** A shell at a terminal, in which a person types one line after the other. */
export interface Terminal {
  /** @param answers to questions, in their order; each has to be asked */
  readonly type: (line: string, answers?: readonly string[]) => Promise<Seen>
  /** Types what goes on running. @returns what was shown until it said that */
  readonly begin: (line: string, until: RegExp) => Promise<string>
  /** Presses Ctrl-C, and waits for what runs to end. */
  readonly interrupt: () => Promise<Seen>
  readonly close: () => Promise<void>
}

export interface TerminalPlace {
  /** A program, with its arguments, that runs the terminal where it is to be. */
  readonly within: readonly string[]
  readonly env: NodeJS.ProcessEnv
  readonly cwd: string
}

/** @throws where it is not shown in time, with what is */
async function see(read: () => string, pattern: RegExp): Promise<RegExpExecArray> {
  const look = async () => pattern.exec(read()) ?? undefined
  const what = String(pattern)
  return waitFor(look, { mostMs: PATIENCE_MS, what }).then(
    ({ found }) => found,
    (error: unknown) => {
      const told = read().split('\n').slice(-TOLD_LINES).join('\n')
      throw new Error(`${String(error)}; the terminal shows:\n${told}`)
    },
  )
}

export async function openTerminal({ within, env, cwd }: TerminalPlace): Promise<Terminal> {
  const script = requireCommand('script', process.env)
  const command = [...within, script, '--quiet', '--return', '--command', SHELL, '/dev/null']
  const [program = '', ...args] = command
  const child = spawn(program, args, { env: { ...env, TERM: 'dumb' } })
  const closed = once(child, 'close')
  child.stdin.on('error', () => undefined)
  let shown = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      shown += text.replaceAll('\r', '')
    })
  }
  const since = (from: number) => () => shown.slice(from)
  const end = async (from: number): Promise<Seen> => {
    const [, code] = await see(since(from), PROMPT)
    return { code: Number(code), shown: shown.slice(from).replace(PROMPT, '') }
  }
  const type: Terminal['type'] = async (line, answers = []) => {
    const from = shown.length
    child.stdin.write(`${line}\n`)
    let answered = from
    for (const answer of answers) {
      await see(since(answered), QUESTION)
      await sleep(PAUSE_MS)
      answered = shown.length
      child.stdin.write(`${answer}\n`)
    }
    return end(from)
  }
  await end(0)
  await type(`cd '${cwd}'`)
  return {
    type,
    begin: async (line, until) => {
      const from = shown.length
      child.stdin.write(`${line}\n`)
      await see(since(from), until)
      return shown.slice(from)
    },
    interrupt: async () => {
      const from = shown.length
      child.stdin.write(CTRL_C)
      return end(from)
    },
    close: async () => {
      child.kill('SIGKILL')
      await closed
    },
  }
}
