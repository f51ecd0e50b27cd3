import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { identifyProcess } from '../../src/stack/process-identity.ts'
import { type CommandResult, runCommand } from './run-command.ts'

export interface QuickstartLine {
  readonly url: string
  readonly wardenUrl: string
  readonly registryUrl: string
  readonly adminUser: string
  readonly adminPassword?: string
  readonly dir: string
  readonly pids: Readonly<Record<'database' | 'warden' | 'registry' | 'nginx', number>>
}

const MAIN = 'dist/src/main.js'
const WAIT_MS = 60_000

/** Runs the command to its end, with packages. */
export const quickstart = (...args: readonly string[]): Promise<CommandResult> =>
  runCommand(process.execPath, [MAIN, 'quickstart', '--with', 'packages', ...args])

export const parseLine = (stdout: string): QuickstartLine =>
  JSON.parse(stdout.trim()) as QuickstartLine

/** Those of the processes that still run. */
export const runningOf = (pids: QuickstartLine['pids']): readonly string[] =>
  Object.entries(pids).flatMap(([name, pid]) => (identifyProcess(pid) ? [name] : []))

export interface Foreground {
  readonly child: ChildProcess
  readonly line: QuickstartLine
  /** Settles with exit code and everything that it said. */
  readonly ended: Promise<{ readonly code: number | null; readonly output: string }>
}

/** Starts it in the foreground, and waits for its line. */
export async function startForeground(...args: readonly string[]): Promise<Foreground> {
  const child = spawn(
    process.execPath,
    [MAIN, 'quickstart', '--with', 'packages', '--json', ...args],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let [stdout, output] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk.toString()
  })
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, output }))
  const deadline = performance.now() + WAIT_MS
  while (!stdout.includes('\n')) {
    if (child.exitCode !== null || performance.now() > deadline) {
      throw new Error(`quickstart did not get ready: ${output}`)
    }
    await sleep(50)
  }
  return { child, line: parseLine(stdout), ended }
}
