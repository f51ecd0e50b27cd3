import { type Command, InvalidArgumentError } from 'commander'
import type { Client } from '../client/api.ts'
import type { Schemas } from '../client/generated.ts'
import { confirm } from './ask.ts'
import { CommandError, type CommandLine } from './command-line.ts'
import { waitForJob } from './job-verbs.ts'
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
import { printJson, say } from './output.ts'
import { withApi } from './session.ts'

type Run = Schemas['Collection']
type Report = Schemas['CollectionReport']
type State = Schemas['Collecting']

const RUN_COLUMNS: readonly Column<Run>[] = [
  { head: 'run', cell: ({ id }) => id },
  { head: 'kind', cell: ({ dryRun }) => (dryRun ? 'dry' : 'real') },
  { head: 'state', cell: ({ state }) => state },
  { head: 'blobs', cell: ({ blobs }) => blobs },
  { head: 'bytes', cell: ({ bytes }) => formatSize(bytes) },
  { head: 'untagged', cell: ({ untaggedCount }) => untaggedCount },
  { head: 'gaps', cell: ({ gapCount }) => gapCount },
  { head: 'seconds held', cell: ({ heldSeconds }) => heldSeconds },
  { head: 'by', cell: ({ actor }) => actor },
  { head: 'created', cell: ({ createdAt }) => createdAt },
]

const REPORT_COLUMNS: readonly Column<Run>[] = [
  ...RUN_COLUMNS,
  { head: 'blobs of unknown size', cell: ({ unknownBlobs }) => unknownBlobs },
  { head: 'ended', cell: ({ endedAt }) => endedAt },
  { head: 'job', cell: ({ jobId }) => jobId },
  { head: 'error', cell: ({ error }) => error },
]

const STATE_COLUMNS: readonly Column<State>[] = [
  { head: 'configured', cell: ({ configured }) => (configured ? 'yes' : 'no') },
  { head: 'schedule', cell: ({ schedule }) => schedule },
  { head: 'next run', cell: ({ nextRunAt }) => nextRunAt },
  { head: 'limit', cell: ({ limitSeconds }) => `${limitSeconds} seconds` },
  { head: 'writes held since', cell: ({ fence }) => fence?.since ?? null },
  { head: 'held until', cell: ({ fence }) => fence?.deadline ?? null },
  { head: 'stuck', cell: ({ fence }) => fence?.stuck ?? null },
  { head: 'last run', cell: ({ lastRun }) => lastRun && `${lastRun.id}, ${lastRun.state}` },
]

function parseId(text: string): string {
  if (/^[1-9]\d{0,14}$/.test(text)) return text
  throw new InvalidArgumentError('must be the number of a run')
}

const readReport = async (client: Client, id: string): Promise<Report> =>
  (await client.call('getMaintenanceGcRunsById', { params: { id } })).data

function printReport(commandLine: CommandLine, report: Report, options: JsonOption): void {
  if (options.json) {
    printJson(commandLine, report)
    return
  }
  printOne(commandLine, { item: report, options, columns: REPORT_COLUMNS })
  for (const note of report.notes) say(commandLine, note)
  const verb = report.dryRun ? 'would go' : 'went'
  for (const { repository, digest } of report.untagged) {
    say(commandLine, `untagged, ${verb}: ${repository}@${digest}`)
  }
  for (const { repository, manifest, blob } of report.gaps) {
    say(commandLine, `gap: ${repository}@${manifest} needs ${blob}; push the image again`)
  }
}

interface CollectOptions extends JsonOption {
  readonly dryRun?: boolean
}

async function collect(
  commandLine: CommandLine,
  { dryRun = false, ...options }: CollectOptions,
): Promise<void> {
  const report = await withApi(commandLine, async (client) => {
    const { data: run } = await client.call('postMaintenanceGc', { body: { dryRun } })
    const isJson = options.json ?? false
    await waitForJob(commandLine, client, { id: run.jobId, isJson, unit: 'blobs' })
    return readReport(client, String(run.id))
  })
  printReport(commandLine, report, options)
  const { id, state, error, gapCount } = report
  if (state !== 'done') {
    throw new CommandError(`the run ${id} is ${state}${error === null ? '' : `: ${error}`}`)
  }
  if (gapCount > 0) throw new CommandError(`the run ${id} found ${gapCount} gaps`)
}

const statusVerb = (gc: Command, commandLine: CommandLine): void => {
  const status = gc.command('status').description('show what is configured, and what is held')
  withJson(status).action((options: JsonOption) =>
    withApi(commandLine, async (client) => {
      const { data: item } = await client.call('getMaintenanceGc', {})
      printOne(commandLine, { item, options, columns: STATE_COLUMNS })
      if (options.json) return
      for (const obstacle of item.obstacles) say(commandLine, `not now: ${obstacle}`)
    }),
  )
}

const runsVerb = (gc: Command, commandLine: CommandLine): void => {
  const runs = gc.command('runs').description('list the runs, the newest first')
  withListOptions(runs).action((options: ListOptions) =>
    withApi(commandLine, async (client) => {
      const listing = await client.collect('getMaintenanceGcRuns', { atMost: options.limit })
      const none = 'There were no runs.'
      printListing(commandLine, { listing, options, columns: RUN_COLUMNS, none })
    }),
  )
}

const showVerb = (gc: Command, commandLine: CommandLine): void => {
  const show = gc.command('show').description('show a run: what was swept, and what is amiss')
  withJson(show.argument('<run>', 'number of a run', parseId)).action(
    (id: string, options: JsonOption) =>
      withApi(commandLine, async (client) => {
        printReport(commandLine, await readReport(client, id), options)
      }),
  )
}

const releaseVerb = (gc: Command, commandLine: CommandLine): void => {
  const release = gc
    .command('release')
    .description('let writes go on after a collector whose end nobody saw')
    .option('--yes', 'do not ask whether you are sure')
  withJson(release).action((options: JsonOption & { readonly yes?: boolean }) =>
    withApi(commandLine, async (client) => {
      const question =
        'Have you seen that no collector runs on the storage? Pushes may be lost else.'
      await confirm(commandLine, { question, isAgreed: options.yes === true })
      const { data: result } = await client.call('postMaintenanceGcRelease', {})
      reportDone(commandLine, { result, options, sentences: ['Writes go on.'] })
    }),
  )
}

const HELP = `
Examples:
  warden gc --dry-run
  warden gc
  warden gc status`

/** `warden gc …`. */
export function addCollectVerbs(program: Command, commandLine: CommandLine): void {
  const gc = program
    .command('gc')
    .description('collect garbage: blobs that no manifest needs; writes wait, pulls go on')
    .option('--dry-run', 'only tell what would go; holds nobody up')
    // What stands behind a verb below it is that verb's.
    .enablePositionalOptions()
    .addHelpText('after', HELP)
  withJson(gc).action((options: CollectOptions) => collect(commandLine, options))
  statusVerb(gc, commandLine)
  runsVerb(gc, commandLine)
  showVerb(gc, commandLine)
  releaseVerb(gc, commandLine)
}
