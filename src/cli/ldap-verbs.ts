import type { Command } from 'commander'
import type { Schemas } from '../client/generated.ts'
import { CommandError, type CommandLine } from './command-line.ts'
import { type JsonOption, withJson } from './listing.ts'
import { printable, printJson, printTable, say } from './output.ts'
import { withApi } from './session.ts'

interface CheckOptions extends JsonOption {
  readonly username?: string
}

const CHECK_HELP = `
Goes the way to the directory from where the service runs: address, TLS and certificate, service
account, people, groups, administrators; with --username also whether that person is found exactly once,
and in which groups. No password is asked for. The exit code is 1 where a step fails.

Examples:
  warden ldap check
  warden ldap check --username ada --json`

function printCheck(commandLine: CommandLine, { steps }: Schemas['LdapCheck']): void {
  const rows = steps.map(({ name, state, detail, ms }) => [name, state, `${ms} ms`, detail])
  printTable(commandLine, ['step', 'state', 'time', 'detail'], rows)
  const advised = steps.filter(({ advice }) => advice !== null)
  if (advised.length > 0) commandLine.stdout.write('\nWhat to do:\n')
  for (const { name, advice } of advised) {
    commandLine.stdout.write(printable(`  ${name}: ${advice}`).concat('\n'))
  }
}

const checkWith = (commandLine: CommandLine, { username, json }: CheckOptions): Promise<void> =>
  withApi(commandLine, async (client) => {
    const query = username === undefined ? {} : { username }
    const { data: check } = await client.call('getSigninLdapCheck', { query })
    if (json) printJson(commandLine, check)
    if (!check.configured) {
      throw new CommandError('this service asks no directory: WARDEN_LDAP_URL is not set')
    }
    if (!json) printCheck(commandLine, check)
    const sum = `faults: ${check.faults}, warnings: ${check.warnings}`
    if (check.faults > 0) throw new CommandError(sum)
    say(commandLine, sum)
  })

/** `warden ldap`. */
export function addLdapVerbs(program: Command, commandLine: CommandLine): void {
  const ldap = program.command('ldap').description('the directory that people sign in by')
  const check = ldap
    .command('check')
    .description('say step by step whether the directory can be asked')
    .option('--username <name>', 'somebody to look for there')
    .addHelpText('after', CHECK_HELP)
  withJson(check).action((options: CheckOptions) => checkWith(commandLine, options))
}
