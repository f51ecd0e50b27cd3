import { setTimeout as sleep } from 'node:timers/promises'
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { Client } from '../client/api.ts'
import type { Schemas } from '../client/generated.ts'
import { confirm } from './ask.ts'
import { CommandError, type CommandLine } from './command-line.ts'
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
import { printJson } from './output.ts'
import { withApi } from './session.ts'

const LOOK_EVERY_MS = 1000

type Run = Schemas['RetentionRun']
type Item = Schemas['RetentionItem']

const RUN_COLUMNS: readonly Column<Run>[] = [
  { head: 'run', cell: ({ id }) => id },
  { head: 'state', cell: ({ state }) => state },
  {
    head: 'kind',
    cell: ({ dryRun, scheduled }) => (dryRun ? 'dry' : scheduled ? 'scheduled' : 'by hand'),
  },
  { head: 'kept', cell: ({ kept }) => kept },
  { head: 'to remove', cell: ({ toRemove }) => toRemove },
  { head: 'removed', cell: ({ removed }) => removed },
  { head: 'not removed', cell: ({ notRemoved }) => notRemoved },
  { head: 'bytes', cell: ({ reclaimableBytes }) => formatSize(reclaimableBytes) },
  { head: 'by', cell: ({ actor }) => actor },
  { head: 'created', cell: ({ createdAt }) => createdAt },
]

const MORE_COLUMNS: readonly Column<Run>[] = [
  ...RUN_COLUMNS,
  { head: 'ended', cell: ({ endedAt }) => endedAt },
  { head: 'repositories', cell: ({ repositories }) => repositories },
  { head: 'decisions to see', cell: ({ itemCount }) => itemCount },
  { head: 'detail', cell: ({ detail }) => detail },
]

const ITEM_COLUMNS: readonly Column<Item>[] = [
  { head: 'repository', cell: ({ repository }) => repository },
  { head: 'tag', cell: ({ tag }) => tag },
  { head: 'decision', cell: ({ decision }) => decision },
  { head: 'why', cell: ({ reason, rule }) => (rule === null ? reason : `${reason} ${rule}`) },
  { head: 'needed by', cell: ({ neededBy }) => neededBy },
  { head: 'pushed', cell: ({ pushedAt }) => pushedAt },
  { head: 'pulled', cell: ({ pulledAt }) => pulledAt },
  { head: 'bytes', cell: ({ reclaimableBytes }) => formatSize(reclaimableBytes) },
  { head: 'outcome', cell: ({ outcome }) => outcome },
]

function parseId(text: string): string {
  if (/^[1-9]\d{0,14}$/.test(text)) return text
  throw new InvalidArgumentError('must be the number of a run')
}

const isOpen = ({ state }: Run): boolean => state === 'waiting' || state === 'running'

async function waitForRun(client: Client, project: string, begun: Run): Promise<Run> {
  let run = begun
  while (isOpen(run)) {
    await sleep(LOOK_EVERY_MS)
    const params = { project, id: String(begun.id) }
    run = (await client.call('getProjectsRetentionRunsById', { params })).data
  }
  return run
}

interface RunOptions extends JsonOption {
  readonly dryRun?: boolean
  readonly wait?: boolean
  readonly yes?: boolean
}

function reportRun(commandLine: CommandLine, project: string, run: Run, options: RunOptions) {
  if (!options.wait) {
    const sentences = [
      `The run ${run.id} has begun; \`warden project retention runs ${project} ${run.id}\` shows how far it is.`,
    ]
    return reportDone(commandLine, { result: run, options, sentences })
  }
  if (options.json) printJson(commandLine, run)
  else printOne(commandLine, { item: run, options, columns: MORE_COLUMNS })
  if (run.state === 'done') return
  throw new CommandError(
    `the run ${run.id} is ${run.state}${run.detail === null ? '' : `: ${run.detail}`}`,
  )
}

const runVerb = (retention: Command, commandLine: CommandLine): void => {
  const command = retention
    .command('run')
    .description('let the rules decide now, and remove what none of them keeps')
    .argument('<project>')
    .option('--dry-run', 'only say what would be removed')
    .option('--wait', 'wait until it is done, and show what came of it')
    .option('--yes', 'do not ask whether you are sure')
  withJson(command).action(async (project: string, options: RunOptions) => {
    const { dryRun = false } = options
    const question = `Remove the tags of ${project} that no rule keeps?`
    await confirm(commandLine, { question, isAgreed: dryRun || options.yes === true })
    const run = await withApi(commandLine, async (client) => {
      const start = { params: { project }, body: { dryRun } }
      const { data } = await client.call('postProjectsRetentionRuns', start)
      return options.wait ? waitForRun(client, project, data) : data
    })
    reportRun(commandLine, project, run, options)
  })
}

const runsVerb = (retention: Command, commandLine: CommandLine): void => {
  const runs = retention
    .command('runs')
    .description('list the runs of a project, the newest first, or show one of them')
    .argument('<project>')
    .argument('[run]', 'number of a run', parseId)
  withListOptions(runs).action((project: string, id: string | undefined, options: ListOptions) =>
    withApi(commandLine, async (client) => {
      if (id !== undefined) {
        const params = { project, id }
        const { data: item } = await client.call('getProjectsRetentionRunsById', { params })
        return printOne(commandLine, { item, options, columns: MORE_COLUMNS })
      }
      const listing = await client.collect('getProjectsRetentionRuns', {
        params: { project },
        atMost: options.limit,
      })
      const none = 'There were no runs.'
      return printListing(commandLine, { listing, options, columns: RUN_COLUMNS, none })
    }),
  )
}

interface ItemOptions extends ListOptions {
  readonly decision?: Item['decision']
}

const itemsVerb = (retention: Command, commandLine: CommandLine): void => {
  const items = retention
    .command('decisions')
    .description('list what a run decided for each tag, and why')
    .argument('<project>')
    .argument('<run>', 'number of a run', parseId)
    .addOption(new Option('--decision <decision>', 'only these').choices(['keep', 'remove']))
  withListOptions(items).action((project: string, id: string, options: ItemOptions) =>
    withApi(commandLine, async (client) => {
      const { decision, limit: atMost } = options
      const question = { params: { project, id }, query: { decision }, atMost }
      const listing = await client.collect('getProjectsRetentionRunsItems', question)
      const none = 'There are no such decisions.'
      printListing(commandLine, { listing, options, columns: ITEM_COLUMNS, none })
    }),
  )
}

/** The verbs of `warden project retention` that are about runs. */
export function addRetentionRunVerbs(retention: Command, commandLine: CommandLine): void {
  runVerb(retention, commandLine)
  runsVerb(retention, commandLine)
  itemsVerb(retention, commandLine)
}
