import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { plainEnvironment, requireCommand } from '../../src/stack/commands.ts'
import { type Part, startPart } from '../../src/stack/part.ts'
import { type CommandResult, runCommand } from './run-command.ts'

const READY_TIMEOUT_MS = 30_000

/** A containerd of our own: it moves images, and runs nothing. */
export interface Containerd extends Part {
  readonly ctr: (args: readonly string[]) => Promise<CommandResult>
}

/** Plugins that would look for a network, a runtime or another file system on this machine. */
const NOT_NEEDED = [
  'io.containerd.grpc.v1.cri',
  'io.containerd.snapshotter.v1.aufs',
  'io.containerd.snapshotter.v1.btrfs',
  'io.containerd.snapshotter.v1.devmapper',
  'io.containerd.snapshotter.v1.overlayfs',
  'io.containerd.snapshotter.v1.zfs',
]

/** Starts containerd with root, state and socket below one folder; needs root. */
export async function startContainerd(dir: string): Promise<Containerd> {
  mkdirSync(dir, { recursive: true })
  const socket = join(dir, 'containerd.sock')
  const configPath = join(dir, 'config.toml')
  writeFileSync(
    configPath,
    `version = 2
root = "${join(dir, 'root')}"
state = "${join(dir, 'state')}"
disabled_plugins = ${JSON.stringify(NOT_NEEDED)}
[grpc]
address = "${socket}"
[ttrpc]
address = "${socket}.ttrpc"
`,
  )
  const ctr: Containerd['ctr'] = (args) => runCommand('ctr', ['--address', socket, ...args])
  const part = await startPart({
    name: 'containerd',
    command: requireCommand('containerd', process.env),
    args: ['--config', configPath],
    env: plainEnvironment(process.env),
    dir,
    logPath: join(dir, 'containerd.log'),
    isReady: async () => (await ctr(['version'])).code === 0,
    readyTimeoutMs: READY_TIMEOUT_MS,
  })
  return { ...part, ctr }
}
