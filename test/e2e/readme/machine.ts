import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { requireCommand } from '../../../src/stack/commands.ts'
import { waitFor } from '../../support/wait-for.ts'

const READY_MS = 20_000
const MODULES = 'node_modules'
/** Not what a clone has, but for what `npm run quickstart` would make first. */
const LEFT_OUT: ReadonlySet<string> = new Set([MODULES, '.git', '.quickstart'])
/** By which `compose/prepare.mjs` knows that they are those of the lock file. */
const MODULES_MARK = join(MODULES, '.prepared-lock-hash')

/**
 * In namespaces of its own: a loopback on which every port is free, an /etc whose changes nobody else
 * sees, and the modules, which nothing can harm. It ends, with all that runs in it, when its input does.
 */
const INSIDE = `set -e
etc=$1 modules=$2 root=$3
read -r pid _ < /proc/self/stat
mount -t proc proc /proc
busybox ip link set lo up
mount -t tmpfs tmpfs "$etc"
mkdir "$etc/upper" "$etc/work"
mount -t overlay overlay -o "lowerdir=/etc,upperdir=$etc/upper,workdir=$etc/work" /etc
mount --bind "$modules" "$root/node_modules"
mount -o remount,bind,ro "$root/node_modules"
echo "$pid"
cat
exit 0`

/** A machine for one person, as far as quickstart, an engine and clients can tell. */
export interface Machine {
  /** A clone of this project. */
  readonly root: string
  /** The program, with its arguments, that runs another one there. */
  readonly within: readonly string[]
  readonly stop: () => Promise<void>
}

function makeClone(root: string): void {
  if (!existsSync(MODULES_MARK)) {
    throw new Error('run node compose/prepare.mjs first: there is no network to fetch modules from')
  }
  const isOfClone = (path: string): boolean => !LEFT_OUT.has(basename(path))
  cpSync(resolve('.'), root, { recursive: true, filter: isOfClone })
  mkdirSync(join(root, MODULES))
}

/** Needs root. @param dir where all is kept */
export async function startMachine(dir: string): Promise<Machine> {
  const [root, etc] = [join(dir, 'registry-warden'), join(dir, 'etc')]
  makeClone(root)
  mkdirSync(etc)
  const spaces = ['--mount', '--net', '--pid', '--fork', '--kill-child']
  const script = ['bash', '-c', INSIDE, 'bash', etc, resolve(MODULES), root]
  const child = spawn(requireCommand('unshare', process.env), [...spaces, ...script])
  const ended = once(child, 'close')
  let [said, complaint] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    complaint += chunk.toString()
  })
  const isUp = async () => {
    if (child.exitCode !== null) throw new Error(`no machine of its own: ${complaint}`)
    return /^(\d+)\n/.exec(said)?.[1]
  }
  const { found: pid } = await waitFor(isUp, { mostMs: READY_MS, what: 'the machine' })
  const nsenter = requireCommand('nsenter', process.env)
  return {
    root,
    within: [nsenter, '--target', pid, '--mount', '--net', '--pid'],
    stop: async () => {
      child.stdin.end()
      await ended
    },
  }
}
