import { join } from 'node:path'
import {
  type ComposeInput,
  composeRunner,
  dockerRunner,
  type RunDocker,
} from './compose-project.ts'
import type { Interruption } from './interruption.ts'
import { assertPortFree } from './ports.ts'
import { identifyProcess } from './process-identity.ts'
import { type QuickstartIo, report, say } from './quickstart-io.ts'
import { DEFAULT_PORT, type QuickstartOptions } from './quickstart-options.ts'
import { makePrivateDir, writePrivateFile } from './secrets.ts'
import { StackError } from './stack-error.ts'
import { dropState, identifySelf, type Run, type State, writeState } from './state.ts'

const UP = ['up', '--build', '--detach', '--wait', '--wait-timeout', '300']
const PASSWORD_FILE = '/etc/registry-warden/secrets/admin-password'
const FACTS =
  '{{.State.Pid}} {{range $name, $network := .NetworkSettings.Networks}}{{$network.IPAddress}} {{end}}'

export const composeInput = (options: QuickstartOptions, io: QuickstartIo): ComposeInput => ({
  env: io.env,
  dir: options.dir,
  port: options.port ?? DEFAULT_PORT,
  networkHost: options.networkHost,
})

interface Container {
  readonly name: string
  readonly pid: number
  readonly address: string
}

/** First process and first address of the container of a service. */
async function inspect(input: ComposeInput, compose: RunDocker, name: string): Promise<Container> {
  const { stdout: id } = await compose(['ps', '--quiet', name])
  const { stdout } = await dockerRunner(input.env)(['inspect', '--format', FACTS, id])
  const [pid = '0', address = ''] = stdout.trim().split(/\s+/)
  return { name, pid: Number(pid), address }
}

const identify = ({ name, pid }: Container): State['parts'] => {
  const identity = identifyProcess(pid)
  return identity === undefined ? [] : [{ name, ...identity }]
}

/** Where the engine does not run on this machine itself, only the published port is reachable. */
const inside = ({ address }: Container, port: number, url: string): string =>
  address === '' || process.platform !== 'linux' ? url : `http://${address}:${port}`

async function describe(
  input: ComposeInput,
  compose: RunDocker,
): Promise<{ readonly run: Run; readonly parts: State['parts'] }> {
  const url = `http://${input.networkHost ?? 'localhost'}:${input.port}`
  const [database, warden, registry, nginx] = await Promise.all([
    inspect(input, compose, 'mysql'),
    inspect(input, compose, 'warden'),
    inspect(input, compose, 'registry'),
    inspect(input, compose, 'nginx'),
  ])
  const firstPasswordPath = join(makePrivateDir(join(input.dir, 'secrets')), 'first-admin-password')
  const password = await compose(['exec', '-T', 'warden', 'cat', PASSWORD_FILE])
  if (password.code === 0) writePrivateFile(firstPasswordPath, `${password.stdout}\n`)
  return {
    run: {
      url,
      wardenUrl: inside(warden, 5080, url),
      registryUrl: inside(registry, 5000, url),
      adminUser: input.env.WARDEN_ADMIN_USER || 'admin',
      firstPasswordPath,
    },
    parts: [{ ...database, name: 'database' }, warden, registry, nginx].flatMap(identify),
  }
}

async function up(compose: RunDocker, signal: AbortSignal): Promise<void> {
  const { code, output } = await compose(UP, { detached: true, signal })
  if (code === 0) return
  signal.throwIfAborted()
  const said = output.split('\n').slice(-15).join('\n')
  const { output: logs } = await compose(['logs', '--no-color', '--tail', '15', 'warden'])
  throw new StackError(`${said}\n${logs}\ndocker compose up failed; what it said stands above.`)
}

/** Stops and removes the containers; the volumes with the data stay. */
export async function stopContainers(input: ComposeInput): Promise<void> {
  const { code, output } = await composeRunner(input)(['down'], { detached: true })
  if (code !== 0) throw new StackError(`${output}\ndocker compose down failed.`)
}

/**
 * Quickstart through compose/.
 *
 * @throws StackError when it does not come up; the containers are stopped then
 */
export async function serveDocker(
  options: QuickstartOptions,
  io: QuickstartIo,
  interruption: Interruption,
): Promise<number> {
  const { dir } = options
  const input = composeInput(options, io)
  const compose = composeRunner(input)
  await assertPortFree(input.networkHost === undefined ? '127.0.0.1' : '0.0.0.0', input.port)
  writeState(dir, { format: 1, way: 'docker', keeper: identifySelf(), parts: [] })
  say(io, 'Building the image and starting containers (docker compose up) …')
  try {
    await up(compose, interruption.signal)
    const facts = await describe(input, compose)
    writeState(dir, { format: 1, way: 'docker', keeper: identifySelf(), ...facts })
    await report(options, io, facts)
    if (options.detach) {
      writeState(dir, { format: 1, way: 'docker', ...facts })
      return 0
    }
  } catch (error) {
    await stopContainers(input)
    throw error
  }
  say(io, '\nCtrl-C stops everything; the data stays in volumes of the engine.')
  await interruption.happened
  say(io, 'Stopping …')
  await stopContainers(input)
  dropState(dir)
  return 0
}
