import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { type Database, openDatabase } from '../../src/database/open-database.ts'
import { createJobs, type Jobs, type JobsDeps } from '../../src/jobs/create-jobs.ts'
import { createMetrics } from '../../src/metrics/create-metrics.ts'
import { createTestDatabase } from './database.ts'

const quiet = { warn: () => undefined, error: () => undefined }
export const quietLog = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
}

/** A lease that a test can wait for. */
export const LEASE_SECONDS = 2

/** A worker in a process of its own, which tells what it does. */
export interface WorkerProcess {
  readonly told: readonly string[]
  readonly waitFor: (text: string) => Promise<void>
  readonly signal: (name: NodeJS.Signals) => void
  readonly ended: Promise<unknown>
}

/** A migrated database, and workers on it. */
export interface JobsWorld {
  readonly database: Database
  readonly create: (deps: Pick<JobsDeps, 'kinds'> & Partial<JobsDeps>) => Jobs
  /** One that works until the end of the world. */
  readonly work: (deps: Pick<JobsDeps, 'kinds'> & Partial<JobsDeps>) => Jobs
  readonly fork: () => WorkerProcess
  readonly stop: () => Promise<void>
}

/** Waits for a condition, looking again and again. */
export async function until(what: string, look: () => Promise<boolean> | boolean): Promise<void> {
  const deadlineMs = performance.now() + 20_000
  while (!(await look())) {
    if (performance.now() > deadlineMs) throw new Error(`it never came to this: ${what}`)
    await new Promise((again) => setTimeout(again, 20))
  }
}

function toWorker(child: ChildProcess): WorkerProcess {
  const told: string[] = []
  child.on('message', (message) => void told.push(String(message)))
  return {
    told,
    waitFor: (text) => until(`a worker tells ${text}`, () => told.includes(text)),
    signal: (name) => void child.kill(name),
    ended: once(child, 'exit'),
  }
}

export async function startJobsWorld(): Promise<JobsWorld> {
  const { config, drop } = await createTestDatabase()
  const database = openDatabase(config, quiet)
  await database.raw(
    'CREATE TABLE effects (job_id BIGINT, step INT, worker VARCHAR(20), PRIMARY KEY (job_id, step))',
  )
  const children: ChildProcess[] = []
  const stops: (() => Promise<void>)[] = []
  const create: JobsWorld['create'] = (deps) =>
    createJobs({
      database,
      log: quietLog,
      now: () => new Date(),
      metrics: createMetrics(),
      schedules: [],
      concurrency: 4,
      leaseSeconds: LEASE_SECONDS,
      ...deps,
    })
  return {
    database,
    create,
    work: (deps) => {
      const jobs = create(deps)
      stops.push(jobs.start())
      return jobs
    },
    fork: () => {
      const child = fork(resolve('dist/test/support/job-worker.js'), [JSON.stringify(config)])
      children.push(child)
      return toWorker(child)
    },
    stop: async () => {
      for (const child of children) child.kill('SIGKILL')
      await Promise.all(stops.map((stop) => stop()))
      await database.destroy()
      await drop()
    },
  }
}
