import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { type Database, openDatabase } from '../../src/database/open-database.ts'
import { findFreePort } from '../../src/stack/ports.ts'
import { startWarden, type Warden } from '../../src/stack/warden.ts'
import { writeScript } from '../support/collect-world.ts'
import { pullStatus, pushImage } from '../support/image.ts'
import { findProgram } from '../support/processes.ts'
import { ADMIN, startTestStack, type TestStack } from '../support/stack.ts'
import { makeTemporaryDir, removeDir } from '../support/temporary-dir.ts'
import { waitFor } from '../support/wait-for.ts'

const GC = '/maintenance/gc'
const IMAGE = { as: ADMIN, repository: 'library/app' } as const

let dir: string
let stack: TestStack
let database: Database
let second: Warden | undefined

/** Begins the registry's collector when it is let go; until then it has the lock. */
const script = (): string => `#!/bin/sh
echo begun >> ${dir}/begun
while [ ! -e ${dir}/go ]; do sleep 0.05; done
exec docker-registry "$@"
`

test.before(async () => {
  dir = makeTemporaryDir()
  const program = writeScript(join(dir, 'collector'), script())
  stack = await startTestStack({
    WARDEN_GC_COMMAND: JSON.stringify([program, 'garbage-collect', join(dir, 'registry.yml')]),
    WARDEN_GC_LOCK: join(dir, 'collector.lock'),
    WARDEN_GC_LIMIT_SECONDS: '60',
    WARDEN_RECONCILE_CRON: '0 0 1 1 *',
  })
  writeFileSync(
    join(dir, 'registry.yml'),
    `version: 0.1\nstorage: {filesystem: {rootdirectory: ${stack.dir}/registry/data}}\nhttp: {addr: '127.0.0.1:1'}\n`,
  )
  const { host, port, user, password, database: name } = stack.database
  const settings = { host, port, user, password, name, tls: 'off', poolMax: 2 } as never
  database = openDatabase(settings, { warn: () => undefined, error: () => undefined })
})
test.after.always(async () => {
  writeFileSync(join(dir, 'go'), '')
  await database?.destroy()
  await second?.stop()
  await stack?.remove()
  removeDir(dir)
})

const api = async (method: string, path: string, json?: unknown) => {
  const { status, text } = await stack.api(method, path, json === undefined ? {} : { json })
  return { status, body: JSON.parse(text) }
}

const setOverdue = (seconds: number) =>
  database('holds')
    .where({ kind: 'collecting' })
    .update({ deadline_at: database.raw('UTC_TIMESTAMP(3) - INTERVAL ? SECOND', [seconds]) })

const begun = (): boolean => existsSync(join(dir, 'begun'))

async function startBegun(): Promise<number> {
  rmSync(join(dir, 'begun'), { force: true })
  rmSync(join(dir, 'go'), { force: true })
  const { body } = await api('POST', GC, {})
  await waitFor(async () => begun(), { mostMs: 60_000, what: 'the collector' })
  return body.id
}

/** One more replica on the same database, storage and certificates. */
async function startSecond(): Promise<Warden> {
  const { host, port, user, database: name } = stack.database
  return startWarden({
    env: { ...process.env, ...collectorOf(), WARDEN_RECONCILE_CRON: '0 0 1 1 *' },
    dir: join(dir, 'second'),
    logPath: join(dir, 'second.log'),
    port: await findFreePort(),
    publicUrl: stack.url,
    registryUrl: stack.registryUrl,
    certsDir: stack.certsDir,
    firstPasswordPath: stack.firstPasswordPath,
    database: {
      host,
      port,
      user,
      name,
      passwordPath: join(stack.dir, 'secrets', 'database-password'),
    },
  })
}

const collectorOf = () => ({
  WARDEN_GC_COMMAND: JSON.stringify([
    join(dir, 'collector'),
    'garbage-collect',
    join(dir, 'registry.yml'),
  ]),
  WARDEN_GC_LOCK: join(dir, 'collector.lock'),
  WARDEN_GC_LIMIT_SECONDS: '60',
})

const look = (id: number) =>
  database('collections').where({ id }).first('phase', 'error', 'opened_at', 'epoch')

const countFences = async (): Promise<number> =>
  (await database('holds').where({ kind: 'collecting' })).length

const collectors = (): readonly number[] => findProgram(join(dir, 'collector.lock'), 'timeout')

/** Who began the collector that runs. */
const ownerOf = (pid: number): number =>
  Number(/^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])

const waitUntilFailed = (id: number) =>
  waitFor(async () => (await look(id))?.phase === 'failed', {
    mostMs: 100_000,
    what: 'the take-over of the job',
  })

test.serial(
  'R24: a worker that was stopped and goes on changes nothing, and no second collector begins',
  async (t) => {
    t.timeout(300_000)
    const places = { url: stack.url, registryUrl: stack.url }
    await pushImage(places, { ...IMAGE, tags: ['1'] })
    const { body: job } = await api('POST', '/maintenance/reconcile', {})
    const ended = async () => (await api('GET', `/jobs/${job.jobId}`)).body.state === 'done'
    await waitFor(ended, { mostMs: 60_000, what: 'the comparison' })
    const id = await startBegun()
    process.kill(stack.warden.pid, 'SIGSTOP')
    second = await startSecond()
    await waitUntilFailed(id)
    const before = await look(id)
    t.regex(before?.error, /^its worker went away while the collector ran; writes stay held/)
    t.is(collectors().length, 1)
    process.kill(stack.warden.pid, 'SIGCONT')
    await waitFor(async () => collectors().length === 0, { mostMs: 90_000, what: 'its end' })
    t.is(await countFences(), 1)
    t.deepEqual(await look(id), before)
    await setOverdue(61)
    await waitFor(async () => (await countFences()) === 0, { mostMs: 20_000, what: 'the opening' })
    t.is(await pullStatus(places, { ...IMAGE, tag: '1' }), 200)
  },
)

test.serial(
  'R25: after kill -9 of the worker writes stay held until its collector was ended by the limit',
  async (t) => {
    t.timeout(300_000)
    const id = await startBegun()
    const [pid = 0] = collectors()
    const owner = ownerOf(pid)
    t.true(owner === stack.warden.pid || owner === second?.pid)
    process.kill(owner, 'SIGKILL')
    await waitUntilFailed(id)
    t.is(await countFences(), 1)
    t.deepEqual(collectors(), [pid])
    await setOverdue(61)
    const isOpen = async () => (await countFences()) === 0
    await waitFor(isOpen, { mostMs: 120_000, what: 'the opening' })
    t.deepEqual(collectors(), [])
    t.not((await look(id))?.opened_at, null)
    t.is(readFileSync(join(dir, 'begun'), 'utf8'), 'begun\n')
  },
)
