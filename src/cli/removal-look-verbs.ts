import { type Command, InvalidArgumentError, Option } from 'commander'
import type { Schemas } from '../client/generated.ts'
import type { CommandLine } from './command-line.ts'
import {
  type Column,
  formatSize,
  type JsonOption,
  type ListOptions,
  printListing,
  printOne,
  reportDone,
  withJson,
  withListOptions,
} from './listing.ts'
import { REMOVAL_COLUMNS } from './removal-columns.ts'
import { withApi } from './session.ts'

type Item = Schemas['RemovalItem']
type Outcome = Item['outcome']

const ITEM_COLUMNS: readonly Column<Item>[] = [
  { head: 'repository', cell: ({ repository }) => repository },
  { head: 'tag', cell: ({ tag }) => tag },
  { head: 'size', cell: ({ sizeBytes }) => formatSize(sizeBytes) },
  { head: 'outcome', cell: ({ outcome }) => outcome },
  { head: 'reason', cell: ({ reason }) => reason },
]

const OUTCOMES: readonly Outcome[] = [
  'waiting',
  'removed',
  'needed',
  'absent',
  'changed',
  'immutable',
  'hollow',
]

function parseId(text: string): string {
  if (/^[1-9]\d{0,14}$/.test(text)) return text
  throw new InvalidArgumentError('must be the number of a removal')
}

const removalsVerb = (tag: Command, commandLine: CommandLine): void => {
  const command = tag
    .command('removals')
    .description('list the removals of a project, the newest first, or show one of them')
    .argument('<project>')
    .argument('[removal]', 'number of a removal', parseId)
  withListOptions(command).action((project: string, id: string | undefined, options: ListOptions) =>
    withApi(commandLine, async (client) => {
      if (id !== undefined) {
        const params = { project, id }
        const { data: item } = await client.call('getProjectsRemovalsById', { params })
        return printOne(commandLine, { item, options, columns: REMOVAL_COLUMNS })
      }
      const listing = await client.collect('getProjectsRemovals', {
        params: { project },
        atMost: options.limit,
      })
      const none = 'There were no removals.'
      return printListing(commandLine, { listing, options, columns: REMOVAL_COLUMNS, none })
    }),
  )
}

const removedVerb = (tag: Command, commandLine: CommandLine): void => {
  const command = tag
    .command('removed')
    .description('list what became, or would become, of each tag of a removal')
    .argument('<project>')
    .argument('<removal>', 'number of a removal', parseId)
    .addOption(new Option('--outcome <outcome>', 'only these').choices(OUTCOMES))
  withListOptions(command).action(
    (project: string, id: string, options: ListOptions & { readonly outcome?: Outcome }) =>
      withApi(commandLine, async (client) => {
        const { outcome, limit: atMost } = options
        const listing = await client.collect('getProjectsRemovalsItems', {
          params: { project, id },
          query: { outcome },
          atMost,
        })
        const none = 'There are no such tags.'
        printListing(commandLine, { listing, options, columns: ITEM_COLUMNS, none })
      }),
  )
}

const cancelVerb = (tag: Command, commandLine: CommandLine): void => {
  const command = tag
    .command('removal-cancel')
    .description('cancel a removal; what is gone stays gone')
    .argument('<project>')
    .argument('<removal>', 'number of a removal', parseId)
  withJson(command).action((project: string, id: string, options: JsonOption) =>
    withApi(commandLine, async (client) => {
      const params = { project, id }
      const { data: result } = await client.call('postProjectsRemovalsCancel', { params })
      const sentences = [`The removal ${id} is cancelled; what is gone stays gone.`]
      reportDone(commandLine, { result, options, sentences })
    }),
  )
}

/** The verbs of `warden tag` that look after removals. */
export function addRemovalLookVerbs(tag: Command, commandLine: CommandLine): void {
  removalsVerb(tag, commandLine)
  removedVerb(tag, commandLine)
  cancelVerb(tag, commandLine)
}
