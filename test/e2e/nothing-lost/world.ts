import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Database, openDatabase } from '../../../src/database/open-database.ts'
import type { Part } from '../../../src/stack/part.ts'
import { LOOPBACK } from '../../../src/stack/ports.ts'
import { keepSecret } from '../../../src/stack/secrets.ts'
import { basic } from '../../support/service.ts'
import { makeTemporaryDir, removeDir } from '../../support/temporary-dir.ts'
import { type Client, createClient } from './client.ts'
import { type CollectorProcess, watchCollector } from './collector-process.ts'
import { ADMIN, choosePlace, type Frail, type Place, START, startProxy } from './parts.ts'

/** Two processes of the service behind nginx, a registry and a database, all real. */
export interface World {
  readonly client: Client
  readonly database: Database
  /** Of the registry. */
  readonly storageDir: string
  /** Kills it, and starts it again after so long. */
  readonly kill: (part: Frail, awayMs: number) => Promise<void>
  /** Lets it stand still for so long. */
  readonly freeze: (part: Frail, awayMs: number) => Promise<void>
  /** Lets ten minutes pass for what waits, while nothing runs that could still be at it. */
  readonly sleepANight: () => Promise<void>
  /** Lets the pauses pass that jobs make before they try again. */
  readonly hastenJobs: () => Promise<void>
  /** Lets the time pass after which what is missing is believed to be gone. */
  readonly passGrace: () => Promise<void>
  /** Lets a day pass for all that is there, after which what has no tag may go. */
  readonly grow: () => Promise<void>
  /** The registry's own collector, while one runs. */
  readonly collector: CollectorProcess
  /** Kills the process of the service that waits for a collector, and starts it again. */
  readonly killOwner: (collectorPid: number) => Promise<void>
  /** The ends of the logs. */
  readonly logs: () => string
  readonly stop: () => Promise<void>
}

const TEN_MINUTES = 'INTERVAL 10 MINUTE'
const PASSED = [
  `UPDATE holds SET expires_at = expires_at - ${TEN_MINUTES}, deadline_at = deadline_at - ${TEN_MINUTES}`,
  `UPDATE tag_removals SET expires_at = expires_at - ${TEN_MINUTES}`,
  `UPDATE manifest_removals SET expires_at = expires_at - ${TEN_MINUTES}`,
  `UPDATE jobs SET lease_ends_at = lease_ends_at - ${TEN_MINUTES}, run_at = run_at - ${TEN_MINUTES}`,
  `UPDATE leases SET expires_at = expires_at - ${TEN_MINUTES}`,
]
const HASTENED = [
  `UPDATE jobs SET run_at = run_at - ${TEN_MINUTES} WHERE state = 'waiting' AND attempts > 0`,
]
/** A little more than the grace of what is missing. */
const MISSED = [
  'UPDATE tags SET missing_since = missing_since - INTERVAL 11 MINUTE',
  'UPDATE dirty_references SET due_at = due_at - INTERVAL 11 MINUTE',
]

/** It is the last comparison that may have found something of which nobody was told. */
const GROWN = [
  'UPDATE repository_manifests SET pushed_at = pushed_at - INTERVAL 30 HOUR, created_at = created_at - INTERVAL 30 HOUR, pulled_at = pulled_at - INTERVAL 30 HOUR',
  'UPDATE events SET received_at = received_at - INTERVAL 30 HOUR, applied_at = applied_at - INTERVAL 30 HOUR WHERE applied_at IS NOT NULL',
  'UPDATE project_days SET day = day - INTERVAL 3 DAY ORDER BY day',
  'UPDATE reconcile_runs SET ended_at = ended_at - INTERVAL 30 HOUR',
]

interface Parts {
  readonly start: (name: Frail) => Promise<void>
  readonly end: (name: Frail) => Promise<void>
  readonly pidOf: (name: Frail) => number
  readonly all: ReadonlyMap<string, Part>
  readonly stop: () => Promise<void>
}

/** It may have ended by itself. @returns whether it had not */
function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal)
  } catch {
    return false
  }
}

async function startParts(place: Place): Promise<Parts> {
  const all = new Map<string, Part>()
  const start = async (name: Frail): Promise<void> => {
    all.set(name, await START[name](place))
  }
  const stop = async (): Promise<void> => {
    await all.get('nginx')?.stop()
    // By force: their data is thrown away.
    for (const { name, pid, ended } of all.values()) {
      if (name === 'nginx') continue
      send(pid, 'SIGKILL')
      await ended
    }
  }
  const partOf = (name: Frail): Part => {
    const part = all.get(name)
    if (part === undefined) throw new Error(`${name} does not run`)
    return part
  }
  try {
    await start('database')
    await start('service')
    await Promise.all([start('worker'), start('registry')])
    all.set('nginx', await startProxy(place))
  } catch (error) {
    await stop()
    throw error
  }
  const end = async (name: Frail): Promise<void> => {
    send(partOf(name).pid, 'SIGKILL')
    await partOf(name).ended
  }
  return { start, end, pidOf: (name) => partOf(name).pid, all, stop }
}

const open = ({ dir, ports }: Place): Database =>
  openDatabase(
    {
      host: LOOPBACK,
      port: ports.database,
      user: 'warden',
      password: keepSecret(join(dir, 'secrets', 'database-password')),
      name: 'warden',
      tls: 'off',
      ca: undefined,
      poolMax: 4,
      waitSeconds: 10,
      graceSeconds: 300,
    },
    { warn: () => undefined, error: () => undefined },
  )

async function sayAll(database: Database, statements: readonly string[]): Promise<void> {
  for (const statement of statements) await database.raw(statement)
}

async function sleepANight({ end, start }: Parts, database: Database): Promise<void> {
  await Promise.all([end('service'), end('worker')])
  // What the registry took from them has ended by then.
  await sleep(500)
  await sayAll(database, [...PASSED, ...MISSED])
  await Promise.all([start('service'), start('worker')])
}

/** All that lets time pass. */
const createTimes = (parts: Parts, database: Database) => ({
  sleepANight: () => sleepANight(parts, database),
  hastenJobs: () => sayAll(database, HASTENED),
  passGrace: () => sayAll(database, MISSED),
  grow: () => sayAll(database, GROWN),
})

export async function startWorld(): Promise<World> {
  const dir = makeTemporaryDir()
  const place = await choosePlace(dir)
  const parts = await startParts(place).catch((error: unknown) => {
    removeDir(dir)
    throw error
  })
  const { url, ports } = place
  const database = open(place)
  const collector = watchCollector(join(dir, 'registry', 'collector.yml'))
  const registryUrl = `http://${LOOPBACK}:${ports.registry}`
  const client = createClient({ url, registryUrl, authorization: basic(ADMIN) })
  return {
    client,
    database,
    storageDir: join(dir, 'registry/data/docker/registry/v2'),
    kill: async (name, awayMs) => {
      await parts.end(name)
      await sleep(awayMs)
      await parts.start(name)
    },
    freeze: async (name, awayMs) => {
      const pid = parts.pidOf(name)
      send(pid, 'SIGSTOP')
      await sleep(awayMs)
      send(pid, 'SIGCONT')
    },
    ...createTimes(parts, database),
    collector,
    killOwner: async (pid) => {
      const owner = collector.ownerOf(pid)
      const name = (['service', 'worker'] as const).find((one) => parts.pidOf(one) === owner)
      if (name === undefined) return
      await parts.end(name)
      await parts.start(name)
    },
    logs: () =>
      [...parts.all.values()].map(({ name, lastLines }) => `${name}:\n${lastLines()}`).join('\n'),
    stop: async () => {
      await client.close()
      await database.destroy()
      await parts.stop()
      removeDir(dir)
    },
  }
}
