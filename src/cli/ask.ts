import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { CommandError, type CommandLine, EXIT } from './command-line.ts'

const MOST_BYTES = 64 * 1024

const isTerminalInput = ({ stdin }: CommandLine): boolean =>
  'isTTY' in stdin && stdin.isTTY === true

/** Whether a person can both read a question and answer it. */
export const canAsk = (commandLine: CommandLine): boolean =>
  commandLine.isTerminal && isTerminalInput(commandLine)

const createSilence = (): Writable => new Writable({ write: (_chunk, _encoding, done) => done() })

interface Question {
  readonly text: string
  /** `hidden` shows nothing of the answer, not even its length. */
  readonly answer: 'visible' | 'hidden'
}

/**
 * Asks at the terminal for one line.
 *
 * @throws CommandError when the person ends the question (Ctrl-C, Ctrl-D)
 */
export function askLine(
  { stdin, stderr }: CommandLine,
  { text, answer }: Question,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const output = answer === 'visible' ? stderr : createSilence()
    const reader = createInterface({ input: stdin, output, terminal: true, historySize: 0 })
    const finish = (): void => {
      // That one alone: the reader's own listener takes its hands off the keys.
      reader.removeListener('close', cancel)
      reader.close()
      if (answer === 'hidden') stderr.write('\n')
    }
    const give = (line: string): void => {
      finish()
      resolve(line)
    }
    const cancel = (): void => {
      finish()
      reject(new CommandError('cancelled; nothing was done'))
    }
    reader.once('line', give).once('SIGINT', cancel).once('close', cancel)
    if (answer === 'hidden') stderr.write(text)
    reader.setPrompt(text)
    reader.prompt()
  })
}

async function readAll({ stdin }: CommandLine): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of stdin) {
    const bytes = Buffer.from(chunk)
    size += bytes.length
    if (size > MOST_BYTES) {
      throw new CommandError('the standard input is too long for a secret', EXIT.usage)
    }
    chunks.push(bytes)
  }
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n$/, '')
}

export interface PasswordInput {
  /** `--password-stdin`: all of the standard input, less one line end, is the password. */
  readonly fromStdin: boolean
  /** An access token goes the same way, by `--token-stdin`. */
  readonly what?: 'password' | 'access token'
  /** Such as `Password of ann`. */
  readonly name: string
  /** `new` is asked for twice. */
  readonly kind: 'known' | 'new'
}

async function askPassword(commandLine: CommandLine, input: PasswordInput): Promise<string> {
  const question = { text: `${input.name}: `, answer: 'hidden' } as const
  const password = await askLine(commandLine, question)
  if (input.kind === 'known' || password === '') return password
  const again = await askLine(commandLine, { ...question, text: 'Once more: ' })
  if (again === password) return password
  throw new CommandError('the two passwords differ; nothing was done', EXIT.usage)
}

/**
 * Gets a password from the standard input or the person, never from an argument: those are seen by
 * everybody on the machine.
 *
 * @throws CommandError when there is none
 */
export async function readPassword(
  commandLine: CommandLine,
  input: PasswordInput,
): Promise<string> {
  const isPiped = input.fromStdin && !isTerminalInput(commandLine)
  const { what = 'password' } = input
  if (!isPiped && !canAsk(commandLine)) {
    throw new CommandError(
      `there is no terminal to ask for the ${what}; pipe it in and add ${what === 'password' ? '--password-stdin' : '--token-stdin'}`,
      EXIT.usage,
    )
  }
  const password = await (isPiped ? readAll(commandLine) : askPassword(commandLine, input))
  if (password === '') {
    throw new CommandError(`the ${what} is empty; nothing was done`, EXIT.usage)
  }
  return password
}

/**
 * Lets a person think again before something is lost; a program says `--yes`.
 *
 * @throws CommandError unless the answer is yes
 */
export async function confirm(
  commandLine: CommandLine,
  { question, isAgreed }: { readonly question: string; readonly isAgreed: boolean },
): Promise<void> {
  if (isAgreed) return
  if (!canAsk(commandLine)) {
    throw new CommandError(
      'there is no terminal to ask whether you are sure; add --yes',
      EXIT.usage,
    )
  }
  const answer = await askLine(commandLine, { text: `${question} [y/N] `, answer: 'visible' })
  if (!/^y(es)?$/i.test(answer.trim())) throw new CommandError('nothing was done')
}
