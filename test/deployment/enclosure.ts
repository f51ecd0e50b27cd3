import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { findCommand, requireCommand } from '../../src/stack/commands.ts'
import { runProgram } from '../../src/stack/run-program.ts'
import { waitFor } from '../support/wait-for.ts'

/** What the program inside is told of where it is. */
export interface Place {
  /** Everything that is kept, the engine's data too, stands below it. */
  readonly dir: string
  /** Of the enclosure on its network; two, to be two clients. */
  readonly addresses: readonly [string, string]
  /** Where the engine makes control groups. */
  readonly cgroup: string
  readonly mtu: number
}

const FORWARD = '/proc/sys/net/ipv4/ip_forward'
const CGROUPS = '/sys/fs/cgroup'

async function must(...command: readonly string[]): Promise<string> {
  const [name = '', ...args] = command
  const path = requireCommand(name, process.env)
  const { code, output } = await runProgram([path, ...args], { env: process.env })
  if (code !== 0) throw new Error(`${command.join(' ')}: ${output}`)
  return output
}

const netOf = (pid: number | 'self'): string => readlinkSync(`/proc/${pid}/ns/net`)

/** Size of a packet on the way out of this machine. */
async function outerMtu(): Promise<number> {
  const [, device = 'lo'] = /\bdev (\S+)/.exec(await must('ip', 'route', 'show', 'default')) ?? []
  return Number(readFileSync(`/sys/class/net/${device}/mtu`, 'utf8'))
}

type Undo = () => Promise<unknown>

/** A cable from this machine into the enclosure, and the way from there to the world. */
async function connect(pid: number, place: Place, subnet: string): Promise<readonly Undo[]> {
  const [outer, inner] = [`rw${pid}o`, `rw${pid}i`]
  const within = (...args: readonly string[]) =>
    must('nsenter', `--net=/proc/${pid}/ns/net`, ...args)
  const mtu = String(place.mtu)
  await must(
    'ip',
    'link',
    'add',
    outer,
    'mtu',
    mtu,
    'type',
    'veth',
    'peer',
    'name',
    inner,
    'mtu',
    mtu,
  )
  await must('ip', 'link', 'set', inner, 'netns', String(pid))
  await must('ip', 'address', 'add', `${subnet}.1/24`, 'dev', outer)
  await must('ip', 'link', 'set', outer, 'up')
  await within('ip', 'link', 'set', 'lo', 'up')
  for (const address of place.addresses) {
    await within('ip', 'address', 'add', `${address}/24`, 'dev', inner)
  }
  await within('ip', 'link', 'set', inner, 'up')
  await within('ip', 'route', 'add', 'default', 'via', `${subnet}.1`)
  const rules = [
    ['-t', 'nat', 'POSTROUTING', '-s', `${subnet}.0/24`, '-j', 'MASQUERADE'],
    ['-t', 'filter', 'FORWARD', '-i', outer, '-j', 'ACCEPT'],
    ['-t', 'filter', 'FORWARD', '-o', outer, '-j', 'ACCEPT'],
  ] as const
  const apply = (how: '-I' | '-D', [, table, ...rule]: (typeof rules)[number]) =>
    must('iptables', '--wait', '-t', table, how, ...rule)
  for (const rule of rules) await apply('-I', rule)
  return rules.map((rule) => () => apply('-D', rule))
}

function removeCgroup(dir: string): void {
  if (!existsSync(dir)) return
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    if (entry.isDirectory()) removeCgroup(join(dir, entry.name))
  }
  rmdirSync(dir)
}

/** The engine leaves the groups of its containers behind. @returns false while one is in use */
function removeCgroups(name: string): boolean {
  const roots = [CGROUPS, ...readdirSync(CGROUPS).map((controller) => join(CGROUPS, controller))]
  try {
    for (const root of roots) removeCgroup(join(root, name))
    return true
  } catch {
    return false
  }
}

const enter = (place: Place, args: readonly string[]): ChildProcess =>
  spawn(
    requireCommand('unshare', process.env),
    [
      '--mount',
      '--net',
      '--pid',
      '--fork',
      '--kill-child',
      '--mount-proc',
      // Reaps what the engine leaves behind.
      findCommand('docker-init', process.env) ?? requireCommand('tini', process.env),
      '--',
      process.execPath,
      '--enable-source-maps',
      resolve(import.meta.dirname, 'inside.js'),
      ...args,
    ],
    {
      detached: true,
      stdio: ['pipe', 'inherit', 'inherit'],
      env: { ...process.env, TEST_PLACE: JSON.stringify(place) },
    },
  )

/**
 * Runs `inside.js` with mounts, processes and a network of its own: what it mounts, starts and tells
 * the kernel's firewall is gone when it ends, however it ends. Needs root.
 *
 * @returns its exit code
 */
export async function runEnclosed(
  dir: string,
  args: readonly string[],
  signal: AbortSignal,
): Promise<number> {
  const subnet = `198.18.${process.pid % 256}`
  const place: Place = {
    dir,
    addresses: [`${subnet}.2`, `${subnet}.3`],
    cgroup: `registry-warden-${process.pid}`,
    mtu: await outerMtu(),
  }
  mkdirSync(dir, { recursive: true })
  const child = enter(place, args)
  const ended = once(child, 'close') as Promise<[number | null]>
  const { pid = 0 } = child
  signal.addEventListener('abort', () => child.kill('SIGKILL'))
  const undo: Undo[] = []
  try {
    await waitFor(async () => netOf(pid) !== netOf('self'), { what: 'a network of its own' })
    const couldForward = readFileSync(FORWARD, 'utf8').trim() === '1'
    if (!couldForward) {
      await must('sysctl', '-q', '-w', 'net.ipv4.ip_forward=1')
      undo.push(() => must('sysctl', '-q', '-w', 'net.ipv4.ip_forward=0'))
    }
    undo.push(...(await connect(pid, place, subnet)))
    child.stdin?.end('go\n')
    const [code] = await ended
    return code ?? 1
  } finally {
    child.kill('SIGKILL')
    await ended
    for (const step of undo.toReversed()) await step()
    // Its processes go a moment after the first of them.
    await waitFor(async () => removeCgroups(place.cgroup), { what: 'the end of the groups' })
  }
}
