import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import {
  type HtpasswdLine,
  type ImportedLine,
  importUsers,
  readHtpasswd,
} from '../accounts/import-users.ts'
import { findInstallation } from '../database/installation.ts'
import { CommandError, type CommandLine, EXIT } from './command-line.ts'
import { type Host, withHost } from './host.ts'
import { printJson, say } from './output.ts'
import { createProgress } from './progress.ts'

const MOST_BYTES = 64 * 1024 * 1024

interface ImportOptions {
  readonly dryRun?: boolean
  readonly json?: boolean
}

async function readLines(path: string): Promise<readonly HtpasswdLine[]> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    const reason = error.code === 'ENOENT' ? 'is not there' : `cannot be read: ${error.message}`
    throw new CommandError(`the file ${path} ${reason}`, EXIT.usage)
  })
  if (bytes.length > MOST_BYTES) {
    throw new CommandError(`the file ${path} is larger than 64 MiB; cut it in pieces`, EXIT.usage)
  }
  return readHtpasswd(bytes.toString('utf8'))
}

async function takeIn(
  { database }: Host,
  lines: readonly HtpasswdLine[],
  { isDryRun, step }: { readonly isDryRun: boolean; readonly step: () => void },
): Promise<readonly ImportedLine[]> {
  if ((await findInstallation(database)) === undefined) {
    throw new CommandError('there is no installation yet; start one with: warden serve')
  }
  const deps = {
    database,
    now: () => new Date(),
    // The registry cannot be asked from here whether it has images of that name.
    planPersonalProject: async () => undefined,
    isDryRun,
  }
  const done: ImportedLine[] = []
  for await (const line of importUsers(deps, lines)) {
    done.push(line)
    step()
  }
  return done
}

interface Summary {
  readonly taken: readonly string[]
  readonly present: readonly string[]
  readonly refused: readonly {
    readonly line: number
    readonly name: string
    readonly reason: string
  }[]
  readonly dryRun: boolean
}

function summarize(lines: readonly ImportedLine[], dryRun: boolean): Summary {
  const namesOf = (outcome: ImportedLine['outcome']): readonly string[] =>
    lines.flatMap((line) => (line.outcome === outcome ? [line.name] : []))
  const refused = lines.flatMap(({ line, name, outcome, reason }) =>
    outcome === 'refused' ? [{ line, name, reason: reason ?? '' }] : [],
  )
  return { taken: namesOf('taken'), present: namesOf('present'), refused, dryRun }
}

function tell(commandLine: CommandLine, { taken, present, refused, dryRun }: Summary): void {
  for (const { line, name, reason } of refused) {
    say(commandLine, `line ${line}: ${name === '' ? '' : `${name} `}${reason}`)
  }
  const verb = dryRun ? 'would be taken' : 'taken'
  const counts = `${taken.length} ${verb}, ${present.length} there already, ${refused.length} refused`
  say(commandLine, `Users: ${counts}.`)
  if (dryRun) say(commandLine, 'This was a dry run: nothing was changed.')
}

async function importFile(
  commandLine: CommandLine,
  path: string,
  { dryRun = false, json = false }: ImportOptions,
): Promise<void> {
  const lines = await readLines(path)
  const label = dryRun ? 'looking at users' : 'taking in users'
  const progress = createProgress(commandLine, { label, total: lines.length, isSilent: json })
  const work = { isDryRun: dryRun, step: progress.step }
  const done = await withHost(commandLine, (host) => takeIn(host, lines, work)).finally(
    progress.end,
  )
  const summary = summarize(done, dryRun)
  if (json) printJson(commandLine, summary)
  else tell(commandLine, summary)
  if (summary.refused.length === 0) return
  const lineNumbers = summary.refused.map(({ line }) => line)
  throw new CommandError(`not every user was taken; refused lines: ${lineNumbers.join(', ')}`)
}

const HELP = `
Only bcrypt is taken, as by the registry itself, up to cost 12; such a hash becomes argon2id at the
user's next sign-in. Who is there already is not touched, so an import may be repeated. Nobody gets a
project or a right by it. The exit code is 1 when a line was refused.`

/** `warden htpasswd import`. */
export function addHtpasswdVerbs(program: Command, commandLine: CommandLine): void {
  program
    .command('htpasswd')
    .description("users of a registry's htpasswd file")
    .command('import')
    .description('take users over with the passwords that they have')
    .argument('<file>')
    .option('--dry-run', 'only say what would be done')
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action((path: string, options: ImportOptions) => importFile(commandLine, path, options))
}
