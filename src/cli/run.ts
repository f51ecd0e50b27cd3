import { Command, CommanderError } from 'commander'
import { ConfigError } from '../config/read-config.ts'
import { AppError } from '../errors.ts'
import { CommandError, type CommandLine, EXIT } from './command-line.ts'
import { addInstallationVerbs } from './installation-verbs.ts'
import { addKeysVerbs } from './keys-verbs.ts'
import { say } from './output.ts'
import { addSetupVerb } from './setup-verb.ts'

/** Verbs that live above this room; `main.ts` brings them. */
export interface UpperVerbs {
  /** Serves until the process is told to stop. */
  readonly serve: () => Promise<void>
  readonly version: string
}

const EXIT_BY_STATUS: Readonly<Record<number, number>> = {
  400: EXIT.usage,
  401: EXIT.refused,
  403: EXIT.refused,
  404: EXIT.notFound,
  409: EXIT.conflict,
  412: EXIT.conflict,
}

function createProgram(commandLine: CommandLine, upper: UpperVerbs): Command {
  const program = new Command('warden')
    .description('token authentication and admin API in front of the stock Docker registry')
    .version(upper.version)
    .showHelpAfterError('(add --help for what there is)')
    .configureOutput({
      writeOut: (text) => commandLine.stdout.write(text),
      writeErr: (text) => commandLine.stderr.write(text),
    })
    .exitOverride()
  program.command('serve').description('serve tokens and the API').action(upper.serve)
  addInstallationVerbs(program, commandLine)
  addKeysVerbs(program, commandLine)
  addSetupVerb(program, commandLine)
  return program
}

function exitCodeOf(commandLine: CommandLine, error: unknown): number {
  if (error instanceof CommanderError) {
    return error.exitCode === 0 ? EXIT.done : EXIT.usage
  }
  if (error instanceof ConfigError) {
    say(commandLine, 'The configuration is not good:')
    for (const line of [...error.faults, ...error.warnings]) say(commandLine, `  - ${line}`)
    return EXIT.usage
  }
  say(commandLine, error instanceof Error ? error.message : String(error))
  if (error instanceof CommandError) return error.exitCode
  if (error instanceof AppError) return EXIT_BY_STATUS[error.status] ?? EXIT.failed
  return EXIT.failed
}

/**
 * Runs one command line.
 *
 * @param args without the names of the interpreter and the script
 * @returns the exit code: 0 done, 1 failed, 2 wrong use, 3 not found, 4 refused, 5 conflict
 */
export async function runCli(
  commandLine: CommandLine,
  upper: UpperVerbs,
  args: readonly string[],
): Promise<number> {
  try {
    await createProgram(commandLine, upper).parseAsync([...args], { from: 'user' })
    return EXIT.done
  } catch (error) {
    return exitCodeOf(commandLine, error)
  }
}
