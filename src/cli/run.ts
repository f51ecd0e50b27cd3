import { Command, CommanderError } from 'commander'
import { ANSWER_UNKNOWN, ApiError } from '../client/api-error.ts'
import { ConfigError } from '../config/config-error.ts'
import { AppError } from '../errors.ts'
import { addAuditVerbs } from './audit-verbs.ts'
import { addCollectVerbs } from './collect-verbs.ts'
import { CommandError, type CommandLine, EXIT } from './command-line.ts'
import { addCompletionVerb } from './completion-verb.ts'
import { addExplainVerb } from './explain-verb.ts'
import { addGroupVerbs } from './group-verbs.ts'
import { addRepositoryVerbs, addTagVerbs } from './image-verbs.ts'
import { addJobVerbs } from './job-verbs.ts'
import { addLdapVerbs } from './ldap-verbs.ts'
import type { UpperVerbs } from './local-verbs.ts'
import { addLoginVerbs } from './login-verbs.ts'
import { addMaintenanceVerbs } from './maintenance-verbs.ts'
import { addManifestVerbs } from './manifest-verbs.ts'
import { addMemberVerbs } from './member-verbs.ts'
import { say } from './output.ts'
import { addProjectVerbs } from './project-verbs.ts'
import { addReconcileVerb } from './reconcile-verb.ts'
import { addRobotVerbs } from './robot-verbs.ts'
import { addSearchVerb, addStatisticsVerb } from './search-verbs.ts'
import { addSettingVerbs } from './setting-verbs.ts'
import { addTokenVerbs } from './token-verbs.ts'
import { addUserVerbs } from './user-verbs.ts'

const EXIT_BY_STATUS: Readonly<Record<number, number>> = {
  400: EXIT.usage,
  401: EXIT.refused,
  403: EXIT.refused,
  404: EXIT.notFound,
  409: EXIT.conflict,
  412: EXIT.conflict,
}

const createProgram = ({ stdout, stderr }: CommandLine, version: string): Command =>
  new Command('warden')
    .description('token authentication and admin API in front of the stock Docker registry')
    .version(version)
    .showHelpAfterError('(add --help for what there is)')
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
    })
    .exitOverride()

function addApiVerbs(program: Command, commandLine: CommandLine): void {
  program.commandsGroup('Through the API, from anywhere:')
  addLoginVerbs(program, commandLine)
  addUserVerbs(program, commandLine)
  addGroupVerbs(program, commandLine)
  addProjectVerbs(program, commandLine)
  addMemberVerbs(program, commandLine)
  addTokenVerbs(program, commandLine)
  addRobotVerbs(program, commandLine)
  addExplainVerb(program, commandLine)
  addRepositoryVerbs(program, commandLine)
  addTagVerbs(program, commandLine)
  addManifestVerbs(program, commandLine)
  addSearchVerb(program, commandLine)
  addStatisticsVerb(program, commandLine)
  addSettingVerbs(program, commandLine)
  addAuditVerbs(program, commandLine)
  addJobVerbs(program, commandLine)
  addLdapVerbs(program, commandLine)
  addReconcileVerb(program, commandLine)
  addCollectVerbs(program, commandLine)
  addMaintenanceVerbs(program, commandLine)
}

/** All verbs, or those of the API alone where one of them is asked for: they start in half the time. */
async function createFittingProgram(
  commandLine: CommandLine,
  upper: UpperVerbs,
  args: readonly string[],
): Promise<Command> {
  const ofApi = createProgram(commandLine, upper.version)
  addApiVerbs(ofApi, commandLine)
  if (ofApi.commands.some((command) => command.name() === args[0])) return ofApi
  const { addLocalVerbs } = await import('./local-verbs.ts')
  const program = createProgram(commandLine, upper.version)
  program.commandsGroup('Where the service runs:')
  addLocalVerbs(program, commandLine, upper)
  addApiVerbs(program, commandLine)
  program.commandsGroup('For the shell:')
  addCompletionVerb(program, commandLine)
  return program
}

/** What no service of ours says, and a route that it does not have, is no answer about a thing. */
function exitCodeOfApi({ code, status }: ApiError): number {
  if (code === ANSWER_UNKNOWN || code === 'ROUTE_UNKNOWN' || status === undefined) {
    return EXIT.failed
  }
  return EXIT_BY_STATUS[status] ?? EXIT.failed
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommandError) return error.exitCode
  if (error instanceof ApiError) return exitCodeOfApi(error)
  if (error instanceof AppError) return EXIT_BY_STATUS[error.status] ?? EXIT.failed
  return EXIT.failed
}

const WHERE_THE_CONFIGURATION_IS = [
  'This reads the configuration of the service from the environment: docs/configuration.md.',
  'After quickstart: node --env-file=.quickstart/warden/environment dist/src/main.js …',
]

function reportConfiguration(commandLine: CommandLine, error: ConfigError): void {
  const faults = [...error.faults, ...error.warnings].map((line) => `  - ${line}`)
  const where = error.isAbsent ? WHERE_THE_CONFIGURATION_IS : []
  for (const line of ['The configuration is not good:', ...faults, ...where]) {
    say(commandLine, line)
  }
}

function reportFailure(commandLine: CommandLine, error: unknown): number {
  if (error instanceof CommanderError) {
    return error.exitCode === 0 ? EXIT.done : EXIT.usage
  }
  if (error instanceof ConfigError) {
    reportConfiguration(commandLine, error)
    return EXIT.usage
  }
  say(commandLine, error instanceof Error ? error.message : String(error))
  return exitCodeOf(error)
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
    const program = await createFittingProgram(commandLine, upper, args)
    await program.parseAsync([...args], { from: 'user' })
    return EXIT.done
  } catch (error) {
    return reportFailure(commandLine, error)
  }
}
