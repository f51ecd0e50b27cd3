import { setTimeout as sleep } from 'node:timers/promises'
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { Client } from '../client/api.ts'
import type { Schemas } from '../client/generated.ts'
import { JOB_STATES, type JobState } from '../jobs/types.ts'
import { createProgress } from './audit-progress.ts'
import { CommandError, type CommandLine } from './command-line.ts'
import {
  type Column,
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

const LOOK_EVERY_MS = 1000

const progressOf = ({ progress }: Schemas['Job']): string | null =>
  progress === null ? null : `${progress.done} of ${progress.total}`

const COLUMNS: readonly Column<Schemas['Job']>[] = [
  { head: 'job', cell: ({ id }) => id },
  { head: 'kind', cell: ({ kind }) => kind },
  {
    head: 'state',
    cell: ({ state, cancelRequested }) =>
      state === 'running' && cancelRequested ? 'running, to be cancelled' : state,
  },
  { head: 'progress', cell: progressOf },
  { head: 'attempts', cell: ({ attempts, mostAttempts }) => `${attempts} of ${mostAttempts}` },
  { head: 'created', cell: ({ createdAt }) => createdAt },
  { head: 'ended', cell: ({ endedAt }) => endedAt },
]

const MORE_COLUMNS: readonly Column<Schemas['JobWithLog']>[] = [
  ...COLUMNS,
  { head: 'not before', cell: ({ runAt }) => runAt },
  { head: 'began', cell: ({ startedAt }) => startedAt },
  { head: 'error', cell: ({ error }) => error },
]

function parseId(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('must be the number of a job')
}

interface FilterOptions extends ListOptions {
  readonly kind?: string
  readonly state?: JobState
}

const listVerb = (job: Command, commandLine: CommandLine): void => {
  const list = job
    .command('list')
    .description('list the jobs, the newest first')
    .option('--kind <kind>', 'only those of this kind')
    .addOption(new Option('--state <state>', 'only those in this state').choices(JOB_STATES))
  withListOptions(list).action((options: FilterOptions) =>
    withApi(commandLine, async (client) => {
      const { kind, state, limit } = options
      const listing = await client.collect('getJobs', { query: { kind, state }, atMost: limit })
      const none = 'There are no such jobs.'
      printListing(commandLine, { listing, options, columns: COLUMNS, none })
    }),
  )
}

const showVerb = (job: Command, commandLine: CommandLine): void => {
  const show = job.command('show').description('show a job and its log')
  withJson(show.argument('<id>', 'number of the job', parseId)).action(
    (id: number, options: JsonOption) =>
      withApi(commandLine, async (client) => {
        const { data: item } = await client.call('getJobsById', { params: { id: String(id) } })
        printOne(commandLine, { item, options, columns: MORE_COLUMNS })
        if (options.json) return
        for (const { time, line } of item.log) say(commandLine, `${time} ${line}`)
      }),
  )
}

const cancelVerb = (job: Command, commandLine: CommandLine): void => {
  const cancel = job.command('cancel').description('cancel a job; one that runs is told to stop')
  withJson(cancel.argument('<id>', 'number of the job', parseId)).action(
    (id: number, options: JsonOption) =>
      withApi(commandLine, async (client) => {
        const params = { id: String(id) }
        const { data: result } = await client.call('postJobsCancel', { params })
        const is = result.state === 'cancelled' ? 'is cancelled' : 'is told to stop'
        reportDone(commandLine, { result, options, sentences: [`The job ${id} ${is}.`] })
      }),
  )
}

const ENDED: ReadonlySet<string> = new Set(['done', 'failed', 'cancelled'])

async function waitFor(
  client: Client,
  id: number,
  onLook: (job: Schemas['JobWithLog']) => void,
): Promise<Schemas['JobWithLog']> {
  for (;;) {
    const { data: job } = await client.call('getJobsById', { params: { id: String(id) } })
    onLook(job)
    if (ENDED.has(job.state)) return job
    await sleep(LOOK_EVERY_MS)
  }
}

/** Waits until a job has ended, and shows how far it is. */
export async function waitForJob(
  commandLine: CommandLine,
  client: Client,
  { id, isJson, unit }: { readonly id: number; readonly isJson: boolean; readonly unit: string },
): Promise<Schemas['JobWithLog']> {
  const bar = createProgress(commandLine, isJson, unit)
  const show = ({ progress }: Schemas['JobWithLog']): void => {
    if (progress !== null) bar.show(progress)
  }
  return await waitFor(client, id, show).finally(bar.end)
}

async function wait(
  commandLine: CommandLine,
  id: number,
  { json: isJson = false }: JsonOption,
): Promise<void> {
  const ended = await withApi(commandLine, (client) =>
    waitForJob(commandLine, client, { id, isJson, unit: 'steps' }),
  )
  if (isJson) printJson(commandLine, ended)
  const { kind, state, error } = ended
  if (state !== 'done') {
    const is = state === 'failed' ? 'has failed' : 'was cancelled'
    const why = error === null ? '' : `: ${error}`
    throw new CommandError(`the job ${id} (${kind}) ${is}${why}`)
  }
  if (!isJson) say(commandLine, `The job ${id} (${kind}) is done.`)
}

const waitVerb = (job: Command, commandLine: CommandLine): void => {
  const command = job
    .command('wait')
    .description('wait until a job has ended; exits with 1 when it is not done then')
  withJson(command.argument('<id>', 'number of the job', parseId)).action(
    (id: number, options: JsonOption) => wait(commandLine, id, options),
  )
}

/** `warden job …`. */
export function addJobVerbs(program: Command, commandLine: CommandLine): void {
  const job = program.command('job').description('work that the service does by itself')
  listVerb(job, commandLine)
  showVerb(job, commandLine)
  cancelVerb(job, commandLine)
  waitVerb(job, commandLine)
}
