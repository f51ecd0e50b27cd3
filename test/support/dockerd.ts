import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { plainEnvironment, requireCommand } from '../../src/stack/commands.ts'
import { type Part, startPart } from '../../src/stack/part.ts'
import { makeTar } from './layered-image.ts'
import { type CommandResult, runCommand } from './run-command.ts'

const READY_TIMEOUT_MS = 60_000

/** A Docker engine of our own; it cannot run containers with a network, only move images. */
export interface Dockerd extends Part {
  /** Its address, as `DOCKER_HOST`. */
  readonly host: string
  /** Runs the client, with a configuration folder for each person, as on machines of their own. */
  readonly docker: (
    person: string,
    args: readonly string[],
    input?: string,
  ) => Promise<CommandResult>
  /** Makes an image of one small file under that name. */
  readonly importImage: (name: string, text: string) => Promise<void>
}

/** The engine binds its data folder onto itself, and does not always undo that when it ends. */
async function unmountBelow(dir: string): Promise<void> {
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n')
  const targets = mounts.flatMap((line) => line.split(' ')[1] ?? [])
  for (const target of targets.filter((path) => path.startsWith(`${dir}/`)).toReversed()) {
    await runCommand('umount', ['--lazy', target])
  }
}

const engineArguments = (dir: string, host: string): readonly string[] => [
  '--data-root',
  join(dir, 'data'),
  '--exec-root',
  join(dir, 'exec'),
  '--pidfile',
  join(dir, 'dockerd.pid'),
  '--host',
  host,
  '--bridge=none',
  '--iptables=false',
  '--ip-masq=false',
]

/**
 * Starts dockerd with everything it keeps below one folder; needs root.
 *
 * @param within a program, with its arguments, that runs it somewhere else
 */
export async function startDockerd(dir: string, within: readonly string[] = []): Promise<Dockerd> {
  mkdirSync(dir, { recursive: true })
  const host = `unix://${join(dir, 'docker.sock')}`
  const docker: Dockerd['docker'] = (person, args, input = '') =>
    runCommand('docker', args, {
      env: { DOCKER_HOST: host, DOCKER_CONFIG: join(dir, 'clients', person) },
      input,
    })
  const [command = '', ...before] = [...within, requireCommand('dockerd', process.env)]
  const part = await startPart({
    name: 'dockerd',
    command,
    args: [...before, ...engineArguments(dir, host)],
    env: plainEnvironment(process.env),
    dir,
    logPath: join(dir, 'dockerd.log'),
    isReady: async () => (await docker('nobody', ['info'])).code === 0,
    readyTimeoutMs: READY_TIMEOUT_MS,
  })
  return {
    ...part,
    host,
    stop: async () => {
      await part.stop()
      await unmountBelow(dir)
    },
    docker,
    importImage: async (name, text) => {
      const path = join(dir, 'image.tar')
      writeFileSync(path, makeTar('hello.txt', text))
      const { code, output } = await docker('nobody', ['import', path, name])
      if (code !== 0) throw new Error(`docker import failed: ${output}`)
    },
  }
}
