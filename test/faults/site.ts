import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Part } from '../../src/stack/part.ts'
import { LOOPBACK } from '../../src/stack/ports.ts'
import { isRunning } from '../../src/stack/process-identity.ts'
import { makeTemporaryDir, removeDir } from '../support/temporary-dir.ts'
import { chooseOneDatabase } from './databases.ts'
import {
  choosePlace,
  type PartName,
  type Place,
  type PlaceOptions,
  start,
  WARDENS,
} from './parts.ts'

/** Of the database's data folder; the server takes a third of it when it is new. */
const DISK_MEGABYTES = 400
/** While it is slow it runs for a tenth of the time. */
const SLOW_MS = { stopped: 180, running: 20 }

/** Three wardens behind nginx, a registry and what the wardens keep their state in, all real. */
export interface Site {
  readonly place: Place
  readonly registryUrl: string
  readonly wardenUrls: readonly string[]
  /** The folder of the database, when it is a disk of its own that can be filled. */
  readonly diskDir: string | undefined
  readonly start: (name: PartName) => Promise<void>
  /** Ends it at once, with all that it started. */
  readonly kill: (name: PartName) => Promise<void>
  /** Ends it as whoever runs it would: `SIGTERM`, or what lets nginx finish. */
  readonly end: (name: PartName) => Promise<void>
  readonly hasEnded: (name: PartName) => boolean
  /** To all processes of a part. */
  readonly signal: (name: PartName, signal: NodeJS.Signals) => void
  /** To its first process alone. */
  readonly tell: (name: PartName, signal: NodeJS.Signals) => void
  readonly slow: (name: PartName, forMs: number) => Promise<void>
  /** The ends of the logs. */
  readonly logs: () => string
  readonly stop: () => Promise<void>
}

/** It may have ended by itself. */
function send(target: number, signal: NodeJS.Signals): void {
  try {
    process.kill(target, signal)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

async function slowDown(signal: (sent: NodeJS.Signals) => void, forMs: number): Promise<void> {
  const untilMs = performance.now() + forMs
  while (performance.now() < untilMs) {
    signal('SIGSTOP')
    await sleep(SLOW_MS.stopped)
    signal('SIGCONT')
    await sleep(SLOW_MS.running)
  }
}

/** @returns undefined where nothing may be mounted */
function mountDisk(dir: string): string | undefined {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const options = `size=${DISK_MEGABYTES}m,mode=0700`
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'registry-warden-faults', dir], {
      stdio: 'ignore',
    })
    return dir
  } catch {
    return undefined
  }
}

function removePlace({ dir }: Place, diskDir: string | undefined): void {
  if (diskDir !== undefined) execFileSync('umount', ['--lazy', diskDir])
  removeDir(dir)
}

type Running = Omit<Site, 'place' | 'registryUrl' | 'wardenUrls' | 'diskDir'>

/** @param remove takes away what is left when all have ended */
function keepParts(place: Place, remove: () => void): Running {
  const parts = new Map<PartName, Part>()
  const partOf = (name: PartName): Part => {
    const part = parts.get(name)
    if (part === undefined) throw new Error(`${name} does not run`)
    return part
  }
  const kill = async (name: PartName): Promise<void> => {
    send(-partOf(name).pid, 'SIGKILL')
    await partOf(name).ended
  }
  const signal: Site['signal'] = (name, sent) => send(-partOf(name).pid, sent)
  return {
    start: async (name) => void parts.set(name, await start(place, name)),
    kill,
    end: async (name) => {
      send(partOf(name).pid, name === 'nginx' ? 'SIGQUIT' : 'SIGTERM')
      await partOf(name).ended
    },
    hasEnded: (name) => !isRunning(partOf(name).identity),
    signal,
    tell: (name, sent) => send(partOf(name).pid, sent),
    slow: (name, forMs) => slowDown((sent) => signal(name, sent), forMs),
    logs: () => [...parts].map(([name, { lastLines }]) => `${name}:\n${lastLines()}`).join('\n'),
    // By force: their data is thrown away.
    stop: async () => {
      await Promise.all([...parts.keys()].map(kill))
      remove()
    },
  }
}

export interface SiteOptions extends Partial<PlaceOptions> {
  /** Whether the one database gets a disk of its own, where that can be mounted. */
  readonly hasDisk: boolean
}

/** @param options with one database, unless they say what else */
export async function startSite(options: SiteOptions): Promise<Site> {
  const place = await choosePlace(makeTemporaryDir(), {
    chooseDatabases: chooseOneDatabase,
    ...options,
  })
  const diskDir = options.hasDisk ? mountDisk(join(place.dir, 'database')) : undefined
  const running = keepParts(place, () => removePlace(place, diskDir))
  try {
    for (const name of place.databases.names) await running.start(name)
    // The first one makes what the others need.
    await running.start('warden-1')
    const others = [...WARDENS.slice(1), 'registry'] as const
    await Promise.all(others.map(running.start))
    await running.start('nginx')
  } catch (error) {
    await running.stop()
    throw error
  }
  return {
    ...running,
    place,
    registryUrl: `http://${LOOPBACK}:${place.ports.registry}`,
    wardenUrls: WARDENS.map((name) => `http://${LOOPBACK}:${place.wardens[name].open}`),
    diskDir,
  }
}
