import type { Command } from 'commander'
import type { Schemas } from '../client/generated.ts'
import type { CommandLine } from './command-line.ts'
import { type Column, type JsonOption, printOne, reportDone, withJson } from './listing.ts'
import { withApi } from './session.ts'

type State = Schemas['Restore']

const COLUMNS: readonly Column<State>[] = [
  { head: 'restore', cell: ({ state }) => state },
  { head: 'backup of', cell: ({ backupAt }) => backupAt },
  { head: 'restored', cell: ({ restoredAt }) => restoredAt },
  { head: 'confirmed', cell: ({ confirmedAt }) => confirmedAt },
  { head: 'by', cell: ({ confirmedBy }) => confirmedBy },
]

const showState = (commandLine: CommandLine, options: JsonOption): Promise<void> =>
  withApi(commandLine, async (client) => {
    const { data: item } = await client.call('getMaintenanceRestore', {})
    printOne(commandLine, { item, options, columns: COLUMNS })
  })

const confirm = (commandLine: CommandLine, options: JsonOption): Promise<void> =>
  withApi(commandLine, async (client) => {
    const { data: result } = await client.call('postMaintenanceRestoreConfirmation', {})
    const sentences = ['The restore is confirmed; retention, collections and removals go on.']
    reportDone(commandLine, { result, options, sentences })
  })

/** `warden maintenance restore` and `warden maintenance confirm-restore`. */
export function addRestoreStateVerbs(maintenance: Command, commandLine: CommandLine): void {
  withJson(
    maintenance
      .command('restore')
      .description('show whether the database came from a backup, and whether that is confirmed'),
  ).action((options: JsonOption) => showState(commandLine, options))
  withJson(
    maintenance
      .command('confirm-restore')
      .description('say that a restored database fits the registry: what destroys goes on'),
  ).action((options: JsonOption) => confirm(commandLine, options))
}
