import { Argument, type Command } from 'commander'
import type { Schemas } from '../client/generated.ts'
import type { CommandLine } from './command-line.ts'
import { type Column, type JsonOption, printOne, reportDone, withJson } from './listing.ts'
import { addRestoreStateVerbs } from './restore-state-verbs.ts'
import { withApi } from './session.ts'

interface ReadOnlyOptions extends JsonOption {
  readonly reason?: string
}

type State = Schemas['ReadOnly']

const COLUMNS: readonly Column<State>[] = [
  { head: 'read-only', cell: ({ enabled }) => (enabled ? 'on' : 'off') },
  { head: 'reason', cell: ({ reason }) => reason },
  { head: 'since', cell: ({ since }) => since },
  { head: 'enforced by', cell: ({ enforcedBy }) => enforcedBy },
]

const showState = (commandLine: CommandLine, options: JsonOption): Promise<void> =>
  withApi(commandLine, async (client) => {
    const { data: item } = await client.call('getMaintenanceReadOnly', {})
    printOne(commandLine, { item, options, columns: COLUMNS })
  })

function describe({ enabled, reason, enforcedBy }: State): readonly string[] {
  if (!enabled) return ['The registry takes writes again.']
  return [
    `The registry is read-only: ${reason}`,
    enforcedBy === 'door'
      ? 'Whoever pushes is told so; pulls go on.'
      : 'New tokens have neither push nor delete; those that are out end within their life.',
  ]
}

const change = (
  commandLine: CommandLine,
  enabled: boolean,
  { reason, ...options }: ReadOnlyOptions,
): Promise<void> =>
  withApi(commandLine, async (client) => {
    const body = { enabled, ...(reason !== undefined && { reason }) }
    const { data: result } = await client.call('putMaintenanceReadOnly', { body })
    reportDone(commandLine, { result, options, sentences: describe(result) })
  })

const HELP = `
Examples:
  warden maintenance read-only
  warden maintenance read-only on --reason 'we move to new disks until 18:00'
  warden maintenance read-only off`

/** `warden maintenance …`. */
export function addMaintenanceVerbs(program: Command, commandLine: CommandLine): void {
  const maintenance = program
    .command('maintenance')
    .description('stop writes for a while, or go on after a restore')
  const readOnly = maintenance
    .command('read-only')
    .description('show whether the registry is read-only, or make it so; pulls go on')
    .addArgument(new Argument('[state]').choices(['on', 'off']))
    .option('--reason <text>', 'what people are told who push')
    .addHelpText('after', HELP)
  withJson(readOnly).action((state: 'on' | 'off' | undefined, options: ReadOnlyOptions) => {
    if (options.reason !== undefined && state !== 'on') readOnly.error('--reason goes with on')
    return state === undefined
      ? showState(commandLine, options)
      : change(commandLine, state === 'on', options)
  })
  addRestoreStateVerbs(maintenance, commandLine)
}
