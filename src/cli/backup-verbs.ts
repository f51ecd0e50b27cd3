import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { readEnvironment } from '../config/environment.ts'
import { SHORTEST_PASSPHRASE } from '../maintenance/backup/header.ts'
import type { OldCredential } from '../maintenance/backup/queries.ts'
import { restoreBackup } from '../maintenance/backup/restore-backup.ts'
import { writeBackup } from '../maintenance/backup/write-backup.ts'
import { CommandError, type CommandLine, EXIT } from './command-line.ts'
import { type Host, withHost } from './host.ts'
import type { JsonOption } from './listing.ts'
import { printJson, printTable, say } from './output.ts'
import { createProgress, type Progress } from './progress.ts'

/** A step that is one statement may take long; the whole of a restore is committed by one. */
const QUERY_TIMEOUT_MS = 600_000

interface PassphraseOption extends JsonOption {
  readonly passphraseFile?: string
}

interface BackupOptions extends PassphraseOption {
  readonly force?: boolean
}

interface RestoreOptions extends PassphraseOption {
  readonly force?: string
}

/** From a file or the environment, never from the command line, which every user of the machine sees. */
async function readPassphrase(
  { env }: CommandLine,
  { passphraseFile }: PassphraseOption,
): Promise<string | undefined> {
  const { values, faults } = readEnvironment(
    Object.fromEntries(
      Object.entries(env).filter(([name]) => name.startsWith('WARDEN_BACKUP_PASSPHRASE')),
    ),
  )
  if (faults[0] !== undefined) throw new CommandError(faults[0], EXIT.usage)
  if (passphraseFile === undefined) return values.WARDEN_BACKUP_PASSPHRASE
  const text = await readFile(passphraseFile, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new CommandError(
      `the passphrase cannot be read from ${passphraseFile}: ${error.message}`,
      EXIT.usage,
    )
  })
  return text.replace(/\r?\n$/, '')
}

function requireLong(passphrase: string | undefined): void {
  if (passphrase === undefined || passphrase.length >= SHORTEST_PASSPHRASE) return
  throw new CommandError(
    `the passphrase is shorter than ${SHORTEST_PASSPHRASE} characters, and whoever has the file may guess for as long as they like; take a longer one`,
    EXIT.usage,
  )
}

/** Progress of a piece of work that says later how much there is. */
function progressOf(commandLine: CommandLine, label: string, isSilent: boolean) {
  let progress: Progress | undefined
  return {
    onTotal: (total: number) => {
      progress = createProgress(commandLine, { label, total, isSilent })
      return progress.step
    },
    end: () => progress?.end(),
  }
}

const depsOf = (commandLine: CommandLine, { config, database }: Host) => ({
  database,
  config,
  now: () => new Date(),
  log: (message: string) => say(commandLine, message),
})

async function backup(
  commandLine: CommandLine,
  { path, version, options }: { path: string; version: string; options: BackupOptions },
): Promise<void> {
  const passphrase = await readPassphrase(commandLine, options)
  requireLong(passphrase)
  const { onTotal, end } = progressOf(commandLine, 'rows', options.json === true)
  const written = await withHost(
    commandLine,
    (host) =>
      writeBackup(
        { ...depsOf(commandLine, host), version, onTotal },
        { path, replaces: options.force === true, passphrase },
      ).finally(end),
    QUERY_TIMEOUT_MS,
  )
  if (options.json) return printJson(commandLine, written)
  say(commandLine, `${written.rows} rows of ${written.tables} tables are in ${path}.`)
  say(
    commandLine,
    written.encrypted
      ? 'It is encrypted and has the keys. Without its passphrase it is of no use: keep that elsewhere.'
      : 'It is not encrypted and has no keys: keep token-ca/ca.pem and token-ca/audit.key by yourself, or give --passphrase-file.',
  )
}

function reportCredentials(commandLine: CommandLine, credentials: readonly OldCredential[]): void {
  if (credentials.length === 0) return
  say(
    commandLine,
    'These open again what they opened when the backup was made. Revoke what should not:',
  )
  printTable(
    commandLine,
    ['what', 'name', 'of', 'made'],
    credentials.map(({ kind, name, owner, createdAt }) => [
      kind,
      name,
      owner,
      createdAt.toISOString(),
    ]),
  )
}

async function restore(
  commandLine: CommandLine,
  path: string,
  options: RestoreOptions,
): Promise<void> {
  const passphrase = await readPassphrase(commandLine, options)
  const { onTotal, end } = progressOf(commandLine, 'rows', options.json === true)
  const restored = await withHost(
    commandLine,
    (host) =>
      restoreBackup(
        { ...depsOf(commandLine, host), onTotal },
        { path, passphrase, force: options.force },
      ).finally(end),
    QUERY_TIMEOUT_MS,
  )
  if (options.json) return printJson(commandLine, restored)
  reportCredentials(commandLine, restored.credentials)
  say(commandLine, `The database is that of ${restored.createdAt} again: ${restored.rows} rows.`)
  say(commandLine, 'Passwords, roles and members are as old; identity tokens are ended.')
  say(
    commandLine,
    'Next: warden serve; then warden reconcile --wait, look, and warden maintenance confirm-restore. Until then retention, collections and removals of many wait.',
  )
}

const PASSPHRASE = [
  '--passphrase-file <file>',
  'file with the passphrase (or WARDEN_BACKUP_PASSPHRASE[_FILE])',
] as const

/** `warden backup` and `warden restore`. */
export function addBackupVerbs(program: Command, commandLine: CommandLine, version: string): void {
  program
    .command('backup')
    .description('write the state of this installation into a file; the service goes on meanwhile')
    .argument('<file>', 'the new backup')
    .option(...PASSPHRASE)
    .option('--force', 'replace a file that is there')
    .option('--json', 'print JSON')
    .action((path: string, options: BackupOptions) =>
      backup(commandLine, { path, version, options }),
    )
  program
    .command('restore')
    .description('put a backup in the place of an empty database; no process may serve it')
    .argument('<file>', 'the backup')
    .option(...PASSPHRASE)
    .option('--force <database>', 'name of the database whose content may go')
    .option('--json', 'print JSON')
    .action((path: string, options: RestoreOptions) => restore(commandLine, path, options))
}
