import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { findCommand, requireCommand } from '../../src/stack/commands.ts'
import { makeTemporaryDir, removeDir } from './temporary-dir.ts'

export const COLLECTOR_SECRET = 'collector-of-tests-71'

/** What the image of the registry has of busybox. Debian's has no `flock`: that is util-linux's here. */
const APPLETS = [
  'sh',
  'touch',
  'wget',
  'timeout',
  'tail',
  'head',
  'wc',
  'cat',
  'rm',
  'sleep',
  'mktemp',
]

export interface CollectorPlaces {
  /** Storage of the registry. */
  readonly dataDir: string
  /** Private listener of the service. */
  readonly privateUrl: string
  /** Runs in place of the registry; `docker-registry` otherwise. */
  readonly program?: string | undefined
}

/** The script of the compose service, in a process group of its own. */
export interface CollectorService {
  readonly pid: number
  readonly lock: string
  /** To the script and all that it started. */
  readonly signalAll: (name: NodeJS.Signals) => void
  /** To the script alone. */
  readonly signal: (name: NodeJS.Signals) => void
  readonly isRunning: () => boolean
  readonly ended: Promise<unknown>
}

export interface CollectorStand {
  readonly start: () => CollectorService
  readonly stop: () => Promise<void>
}

const storageConfig = (dataDir: string): string => `version: 0.1
log: {level: error}
storage: {filesystem: {rootdirectory: ${dataDir}}, delete: {enabled: true}}
http: {addr: '127.0.0.1:1'}
`

function makeApplets(dir: string): string {
  const bin = join(dir, 'bin')
  mkdirSync(bin)
  const busybox = requireCommand('busybox', process.env)
  for (const name of APPLETS) symlinkSync(busybox, join(bin, name))
  for (const name of ['flock', 'docker-registry']) {
    symlinkSync(findCommand(name, process.env) ?? name, join(bin, name))
  }
  return bin
}

/** Where the compose service `collector` runs as it does in its container, but for the container. */
export function openCollectorStand(places: CollectorPlaces): CollectorStand {
  const dir = makeTemporaryDir()
  const bin = makeApplets(dir)
  const lock = join(dir, 'collector.lock')
  const secretPath = join(dir, 'secret')
  const configPath = join(dir, 'config.yml')
  writeFileSync(secretPath, `${COLLECTOR_SECRET}\n`, { mode: 0o600 })
  writeFileSync(configPath, storageConfig(places.dataDir))
  const children: ChildProcess[] = []
  const start = (): CollectorService => {
    const child = spawn(join(bin, 'sh'), [resolve('compose/collector/collect.sh')], {
      cwd: dir,
      detached: true,
      stdio: 'ignore',
      env: {
        PATH: bin,
        TMPDIR: dir,
        COLLECTOR_WARDEN_URL: places.privateUrl,
        COLLECTOR_SECRET_FILE: secretPath,
        COLLECTOR_LOCK: lock,
        COLLECTOR_CONFIG: configPath,
        COLLECTOR_REGISTRY: places.program ?? 'docker-registry',
      },
    })
    children.push(child)
    const { pid = 0 } = child
    return {
      pid,
      lock,
      signal: (name) => void process.kill(pid, name),
      signalAll: (name) => {
        try {
          process.kill(-pid, name)
        } catch {
          // All of them have ended.
        }
      },
      isRunning: () => child.exitCode === null && child.signalCode === null,
      ended: once(child, 'exit'),
    }
  }
  const stop = async (): Promise<void> => {
    for (const { pid } of children) {
      if (pid === undefined) continue
      try {
        process.kill(-pid, 'SIGKILL')
      } catch {
        // It has ended before.
      }
    }
    removeDir(dir)
  }
  return { start, stop }
}
