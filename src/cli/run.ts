import { Command, CommanderError } from 'commander'
import { ANSWER_UNKNOWN, ApiError } from '../client/api-error.ts'
import { ConfigError } from '../config/read-config.ts'
import { AppError } from '../errors.ts'
import { addAuditVerbs } from './audit-verbs.ts'
import { addBackupVerbs } from './backup-verbs.ts'
import { addCollectVerbs } from './collect-verbs.ts'
import { CommandError, type CommandLine, EXIT } from './command-line.ts'
import { addCompletionVerb } from './completion-verb.ts'
import { addDoctorVerb } from './doctor-verb.ts'
import { addExplainVerb } from './explain-verb.ts'
import { addGroupVerbs } from './group-verbs.ts'
import { addHtpasswdVerbs } from './htpasswd-verbs.ts'
import { addRepositoryVerbs, addTagVerbs } from './image-verbs.ts'
import { addInstallationVerbs } from './installation-verbs.ts'
import { addJobVerbs } from './job-verbs.ts'
import { addKeysVerbs } from './keys-verbs.ts'
import { addLdapVerbs } from './ldap-verbs.ts'
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
import { addSetupVerb } from './setup-verb.ts'
import { addTokenVerbs } from './token-verbs.ts'
import { addUserVerbs } from './user-verbs.ts'

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
  program.commandsGroup('Where the service runs:')
  program.command('serve').description('serve tokens and the API').action(upper.serve)
  addInstallationVerbs(program, commandLine)
  addKeysVerbs(program, commandLine)
  addBackupVerbs(program, commandLine, upper.version)
  addHtpasswdVerbs(program, commandLine)
  addSetupVerb(program, commandLine)
  addDoctorVerb(program, commandLine)
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
    await createProgram(commandLine, upper).parseAsync([...args], { from: 'user' })
    return EXIT.done
  } catch (error) {
    return reportFailure(commandLine, error)
  }
}
