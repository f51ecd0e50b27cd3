import type { Command } from 'commander'
import { createPasswordHasher } from '../accounts/password-hash.ts'
import { migrate } from '../database/migrate.ts'
import { openInstallation } from '../maintenance/open-installation.ts'
import { ensureBundle } from '../signing/token-authority.ts'
import type { CommandLine } from './command-line.ts'
import { withHost } from './host.ts'
import { printJson, say } from './output.ts'

const migrateVerb = (program: Command, commandLine: CommandLine): void => {
  program
    .command('migrate')
    .description('bring the database to the schema of this version (serve does it by itself)')
    .option('--json', 'print JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const names = await withHost(commandLine, ({ database }) =>
        migrate({ database, log: (message) => say(commandLine, message) }),
      )
      if (json) printJson(commandLine, { migrated: names })
      else if (names.length === 0) say(commandLine, 'The database is up to date.')
      else say(commandLine, `Migrated: ${names.join(', ')}`)
    })
}

async function initialize(commandLine: CommandLine, force: boolean): Promise<void> {
  await withHost(commandLine, async ({ config, database }) => {
    const log = (message: string): void => say(commandLine, message)
    await migrate({ database, log })
    const { installation, authority } = await openInstallation(
      {
        database,
        hasher: createPasswordHasher(config.hashing),
        config,
        now: () => new Date(),
        log: (fields, message) => log(`${message}: ${JSON.stringify(fields)}`),
        terminal: commandLine.isTerminal ? (text) => commandLine.stderr.write(text) : undefined,
      },
      { force },
    )
    await ensureBundle(config.certs, authority)
    say(commandLine, `This is installation ${installation.installationId}.`)
    say(commandLine, `The registry's bundle is ${config.certs.bundlePath}. Next: warden serve`)
  })
}

const initVerb = (program: Command, commandLine: CommandLine): void => {
  program
    .command('init')
    .description('make this installation without starting to serve')
    .option('--force', 'use the token authority that is there for a new, empty database')
    .action(({ force }: { force?: boolean }) => initialize(commandLine, force === true))
}

/** `warden migrate` and `warden init`. */
export function addInstallationVerbs(program: Command, commandLine: CommandLine): void {
  migrateVerb(program, commandLine)
  initVerb(program, commandLine)
}
