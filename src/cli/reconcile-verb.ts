import type { Command } from 'commander'
import type { Schemas } from '../client/generated.ts'
import { CommandError, type CommandLine } from './command-line.ts'
import { waitForJob } from './job-verbs.ts'
import { type Column, type JsonOption, printOne, reportDone, withJson } from './listing.ts'
import { printJson } from './output.ts'
import { withApi } from './session.ts'

interface ReconcileOptions extends JsonOption {
  readonly wait?: boolean
  readonly status?: boolean
  readonly releaseBrake?: boolean
}

type State = Schemas['Reconcile']

const foundBy = ({ lastRun }: State): string | null =>
  lastRun === null
    ? null
    : `${lastRun.drift.added} added, ${lastRun.drift.moved} moved, ${lastRun.drift.missing} missing`

const COLUMNS: readonly Column<State>[] = [
  { head: 'state', cell: ({ state }) => state },
  { head: 'job', cell: ({ job }) => job && `${job.id}, ${job.state}` },
  { head: 'error', cell: ({ job }) => job?.error ?? null },
  { head: 'last run', cell: ({ lastRun }) => lastRun?.endedAt ?? null },
  { head: 'repositories', cell: ({ lastRun }) => lastRun?.repositories ?? null },
  { head: 'tags', cell: ({ lastRun }) => lastRun?.tags ?? null },
  { head: 'drift', cell: foundBy },
  { head: 'not read', cell: ({ lastRun }) => lastRun?.failures ?? null },
  { head: 'lost events', cell: ({ lostEvents }) => lostEvents },
  { head: 'brake', cell: ({ brake }) => (brake.engaged ? `on: ${brake.detail}` : 'off') },
  {
    head: 'vanished within seven days',
    cell: ({ brake: { vanished, limits } }) =>
      `${vanished.repositories} of ${limits.repositories} repositories, ${vanished.tags} of ${limits.tags} tags`,
  },
]

const showStatus = (commandLine: CommandLine, options: JsonOption): Promise<void> =>
  withApi(commandLine, async (client) => {
    const { data: item } = await client.call('getMaintenanceReconcile', {})
    printOne(commandLine, { item, options, columns: COLUMNS })
  })

const releaseBrake = (commandLine: CommandLine, options: JsonOption): Promise<void> =>
  withApi(commandLine, async (client) => {
    const { data: result } = await client.call('postMaintenanceReconcileBrake', {})
    const sentences = ['The brake is released; what was held back is looked at again.']
    reportDone(commandLine, { result, options, sentences })
  })

const start = (commandLine: CommandLine, options: JsonOption): Promise<void> =>
  withApi(commandLine, async (client) => {
    const { data: result } = await client.call('postMaintenanceReconcile', {})
    const sentences = [
      `The index is being compared with the registry by job ${result.jobId}; \`warden job wait ${result.jobId}\` waits for it.`,
    ]
    reportDone(commandLine, { result, options, sentences })
  })

async function startAndWait(commandLine: CommandLine, options: JsonOption): Promise<void> {
  const { job, state } = await withApi(commandLine, async (client) => {
    const { data } = await client.call('postMaintenanceReconcile', {})
    const ended = await waitForJob(commandLine, client, {
      id: data.jobId,
      isJson: options.json ?? false,
      unit: 'repositories',
    })
    return { job: ended, state: (await client.call('getMaintenanceReconcile', {})).data }
  })
  if (options.json) printJson(commandLine, state)
  if (job.state !== 'done') {
    const is = job.state === 'failed' ? 'has failed' : 'was cancelled'
    throw new CommandError(`the job ${job.id} ${is}${job.error === null ? '' : `: ${job.error}`}`)
  }
  if (!options.json) printOne(commandLine, { item: state, options, columns: COLUMNS })
}

/** `warden reconcile`. */
export function addReconcileVerb(program: Command, commandLine: CommandLine): void {
  const command = program
    .command('reconcile')
    .description('compare the index with the registry, and set it right')
    .option('--wait', 'wait until it is done, and show what was found')
    .option('--status', 'only show how the last run went, and whether the brake is on')
    .option('--release-brake', 'let what is gone from the registry leave the index again')
  withJson(command).action((options: ReconcileOptions) => {
    const asked = [options.wait, options.status, options.releaseBrake].filter(Boolean).length
    if (asked > 1) command.error('--wait, --status and --release-brake are one or the other')
    if (options.status) return showStatus(commandLine, options)
    if (options.releaseBrake) return releaseBrake(commandLine, options)
    return options.wait ? startAndWait(commandLine, options) : start(commandLine, options)
  })
}
