import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { plainEnvironment, requireCommand } from '../../src/stack/commands.ts'
import { type Part, startPart } from '../../src/stack/part.ts'
import { type ProgramResult, runProgram } from '../../src/stack/run-program.ts'
import { findCompose } from '../support/compose-binary.ts'
import type { Place } from './enclosure.ts'

const READY_TIMEOUT_MS = 90_000
const TIMEOUT_MS = 600_000

export type Run = (args: readonly string[], env?: NodeJS.ProcessEnv) => Promise<ProgramResult>

/** A Docker engine with networks, and its client with Compose. */
export interface Engine extends Part {
  /** As `docker …` at a prompt. */
  readonly docker: Run
  /** The same; what it does not do is thrown. @returns stdout */
  readonly must: (...args: readonly string[]) => Promise<string>
  /** Folder of the client's configuration. */
  readonly configDir: string
  readonly environment: NodeJS.ProcessEnv
}

async function makeConfig(dir: string): Promise<string> {
  const configDir = join(dir, 'docker-config')
  const plugin = join(configDir, 'cli-plugins/docker-compose')
  mkdirSync(join(configDir, 'cli-plugins'), { recursive: true })
  if (!existsSync(plugin)) symlinkSync((await findCompose()) ?? '', plugin)
  return configDir
}

const engineArgs = ({ dir, cgroup, mtu }: Place, host: string): readonly string[] => [
  ...['--data-root', join(dir, 'engine')],
  ...['--exec-root', join(dir, 'run')],
  ...['--pidfile', join(dir, 'dockerd.pid')],
  ...['--host', host],
  ...['--config-file', join(dir, 'daemon.json')],
  ...['--cgroup-parent', `/${cgroup}`],
  ...['--mtu', String(mtu)],
]

/** Starts dockerd with everything it keeps below one folder. */
export async function startEngine(place: Place): Promise<Engine> {
  const { dir } = place
  const host = `unix://${join(dir, 'docker.sock')}`
  // Numbers of processes mean nothing outside of the enclosure that they are from.
  for (const name of ['dockerd.pid', 'run'])
    rmSync(join(dir, name), { recursive: true, force: true })
  const configDir = await makeConfig(dir)
  writeFileSync(join(dir, 'daemon.json'), '{}')
  const environment = {
    ...plainEnvironment(process.env),
    DOCKER_HOST: host,
    DOCKER_CONFIG: configDir,
    // The builder of the engine itself: buildx is not everywhere.
    DOCKER_BUILDKIT: '0',
  }
  const docker: Run = (args, env = {}) =>
    runProgram([requireCommand('docker', process.env), ...args], {
      env: { ...environment, ...env },
      timeoutMs: TIMEOUT_MS,
    })
  const part = await startPart({
    name: 'dockerd',
    command: requireCommand('dockerd', process.env),
    args: engineArgs(place, host),
    env: plainEnvironment(process.env),
    dir,
    logPath: join(dir, 'dockerd.log'),
    isReady: async () => (await docker(['info'])).code === 0,
    readyTimeoutMs: READY_TIMEOUT_MS,
  })
  const must: Engine['must'] = async (...args) => {
    const { code, stdout, output } = await docker(args)
    if (code !== 0) throw new Error(`docker ${args.join(' ')}: ${output}`)
    return stdout
  }
  return { ...part, docker, must, configDir, environment }
}
