import type { Readable, Writable } from 'node:stream'

/** What a verb may touch of the world around it. */
export interface CommandLine {
  readonly env: NodeJS.ProcessEnv
  readonly stdin: Readable
  /** Data goes here, everything else to `stderr`. */
  readonly stdout: Writable
  readonly stderr: Writable
  /** Whether a person sits before it: progress and colour, and passwords may be asked for. */
  readonly isTerminal: boolean
}

export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  refused: 4,
  conflict: 5,
} as const

/** A failure with its own exit code and a sentence for the person. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  readonly exitCode: number

  constructor(message: string, exitCode: number = EXIT.failed) {
    super(message)
    this.exitCode = exitCode
  }
}
