import { pipeline } from 'node:stream/promises'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { OUTCOMES } from '../audit/types.ts'
import type { Operations, Schemas } from '../client/generated.ts'
import type { CommandLine } from './command-line.ts'
import { type Column, type ListOptions, printListing, withJson } from './listing.ts'
import { withApi } from './session.ts'
import type { VerifyOptions } from './verify-audit.ts'

const SHOWN = 100

type AuditFilterInput = Omit<Operations['getAudit']['query'], 'limit' | 'cursor'>

const COLUMNS: readonly Column<Schemas['AuditRow']>[] = [
  { head: 'time', cell: ({ time }) => time },
  {
    head: 'actor',
    cell: ({ actor, onBehalfOf }) => (onBehalfOf === null ? actor : `${actor} for ${onBehalfOf}`),
  },
  { head: 'action', cell: ({ action }) => action },
  { head: 'target', cell: ({ target }) => target },
  { head: 'outcome', cell: ({ outcome }) => outcome },
  { head: 'count', cell: ({ count }) => count },
  { head: 'address', cell: ({ address }) => address },
]

const withFilters = (command: Command): Command =>
  command
    .option('--actor <name>', 'only what this one did')
    .option('--action <action>', 'only this, such as tag.delete')
    .option('--project <name>', 'only what concerns this project')
    .option('--target <text>', 'only what was done to this')
    .option('--target-prefix <text>', 'only what was done to something that begins so')
    .addOption(new Option('--outcome <outcome>', 'only what ended so').choices(OUTCOMES))
    .option('--since <time>', 'from this time on, such as 2026-01-31T08:00:00Z')
    .option('--until <time>', 'before this time')

const toFilter = (options: AuditFilterInput): AuditFilterInput => ({
  actor: options.actor,
  action: options.action,
  project: options.project,
  target: options.target,
  targetPrefix: options.targetPrefix,
  outcome: options.outcome,
  since: options.since,
  until: options.until,
})

const listVerb = (audit: Command, commandLine: CommandLine): void => {
  const command = audit.command('list').description('show the newest rows')
  withJson(withFilters(command))
    .option('--limit <number>', 'stop after so many', parseCount, SHOWN)
    .action((options: ListOptions & AuditFilterInput) =>
      withApi(commandLine, async (client) => {
        const { limit } = options
        const query = toFilter(options)
        const listing = await client.collect('getAudit', { query, atMost: limit })
        const none = 'There are no such rows.'
        printListing(commandLine, { listing, options, columns: COLUMNS, none })
      }),
    )
}

function parseCount(text: string): number {
  const count = Number(text)
  if (/^\d{1,9}$/.test(text) && count > 0) return count
  throw new InvalidArgumentError('must be a whole number from 1')
}

const exportVerb = (audit: Command, commandLine: CommandLine): void => {
  const format = new Option('--format <format>', 'csv is safe to open in a spreadsheet')
    .choices(['csv', 'jsonl'])
    .makeOptionMandatory()
  withFilters(audit.command('export').description('write all rows to stdout, newest first'))
    .addOption(format)
    .action((options: AuditFilterInput & { readonly format: 'csv' | 'jsonl' }) =>
      withApi(commandLine, async (client) => {
        const query = { ...toFilter(options), format: options.format }
        const rows = await client.stream('getAuditExport', { query })
        await pipeline(rows, commandLine.stdout, { end: false })
      }),
    )
}

function parsePlace(text: string): { readonly seal: number; readonly mac: string } {
  const [, seal, mac] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? []
  if (seal !== undefined && mac !== undefined) return { seal: Number(seal), mac }
  throw new InvalidArgumentError('must be the seal and the mac of a checkpoint, as SEAL:MAC')
}

const verifyVerb = (audit: Command, commandLine: CommandLine): void => {
  const command = audit
    .command('verify')
    .description('where the service runs: look whether any row was changed or removed')
    .option('--checkpoint <seal:mac>', 'a place that the log told, to be passed', parsePlace)
  withJson(command).action(async (options: VerifyOptions) => {
    const { verifyHere } = await import('./verify-audit.ts')
    await verifyHere(commandLine, options)
  })
}

/** `warden audit …`. */
export function addAuditVerbs(program: Command, commandLine: CommandLine): void {
  const audit = program.command('audit').description('who did what, and who was refused')
  listVerb(audit, commandLine)
  exportVerb(audit, commandLine)
  verifyVerb(audit, commandLine)
}
