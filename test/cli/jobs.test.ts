import test from 'ava'
import { runCli } from '../../src/cli/run.ts'
import { enqueueJob } from '../../src/jobs/enqueue-job.ts'
import { until } from '../support/jobs-world.ts'
import { ADMIN, type Service, startService } from '../support/service.ts'
import { type CommandInput, createCommandLine, type Result, signedIn, warden } from './command.ts'

let service: Service

test.before(async () => {
  service = await startService({ registryUrl: 'http://127.0.0.1:9' })
})
test.after.always(() => service.stop())
test.beforeEach(() => service.database('jobs').delete().then())

const job = (args: readonly string[], input: CommandInput = {}): Promise<Result> =>
  warden(['job', ...args], { ...input, env: signedIn(service.url, ADMIN) })

const enqueue = (): Promise<number> =>
  enqueueJob(service.database, { kind: 'unknown', payload: {} })

const change = (id: number, columns: object) =>
  service.database('jobs').where({ id }).update(columns)

test.serial('job list shows jobs to people, and JSON to programs', async (t) => {
  t.is((await job(['list'])).stderr, 'There are no such jobs.\n')
  const id = await enqueue()
  await change(id, { done: 1, total: 4 })
  const { stdout } = await job(['list', '--state', 'waiting'])
  t.regex(stdout, new RegExp(`${id} +unknown +waiting +1 of 4 +0 of 5`))
  const { items } = JSON.parse((await job(['list', '--kind', 'unknown', '--json'])).stdout)
  t.is(items[0].id, id)
})

test.serial('job show tells the log and the error', async (t) => {
  const id = await enqueue()
  const log = JSON.stringify([{ time: '2026-01-31T08:00:00.000Z', line: 'half of it\u001b[2J' }])
  await change(id, { log, error: 'no luck' })
  const { stdout, stderr } = await job(['show', String(id)])
  t.regex(stdout, /error +no luck/)
  t.is(stderr, '2026-01-31T08:00:00.000Z half of it?[2J\n')
})

test.serial('job cancel says what came of it', async (t) => {
  const id = await enqueue()
  t.is((await job(['cancel', String(id)])).stderr, `The job ${id} is cancelled.\n`)
  const other = await enqueue()
  await change(other, { state: 'running', lease_ends_at: new Date(Date.now() + 60_000) })
  t.is((await job(['cancel', String(other)])).stderr, `The job ${other} is told to stop.\n`)
  t.is((await job(['cancel', '999999'])).code, 3)
  t.is((await job(['cancel', 'x'])).code, 2)
})

test.serial('job wait shows how far it is, and ends with the job', async (t) => {
  const id = await enqueue()
  await change(id, {
    state: 'running',
    lease_ends_at: new Date(Date.now() + 60_000),
    done: 1,
    total: 4,
  })
  const { commandLine, stderr } = createCommandLine({
    env: signedIn(service.url, ADMIN),
    typed: [],
  })
  const upper = { serve: () => Promise.resolve(), version: 'test' }
  const code = runCli(commandLine, upper, ['job', 'wait', String(id)])
  await until('it shows how far it is', () =>
    /\r\[#{8}-{22}\] 25 % \(1 of 4 steps\)/.test(stderr()),
  )
  await change(id, { state: 'done', ended_at: new Date(), done: 4 })
  t.is(await code, 0)
  t.regex(stderr(), new RegExp(`\nThe job ${id} \\(unknown\\) is done\\.\n$`))
})

test.serial('job wait fails with the reason when the job does', async (t) => {
  const id = await enqueue()
  await change(id, { state: 'failed', ended_at: new Date(), error: 'no luck' })
  const { code, stderr } = await job(['wait', String(id)])
  t.is(code, 1)
  t.is(stderr, `the job ${id} (unknown) has failed: no luck\n`)
  const { stdout } = await job(['wait', String(id), '--json'])
  t.is(JSON.parse(stdout).state, 'failed')
})
