import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { identifyProcess, type ProcessIdentity, signalProcess } from './process-identity.ts'
import { StackError } from './stack-error.ts'
import { waitUntil } from './wait-until.ts'

const STOP_TIMEOUT_MS = 40_000
const TAIL_BYTES = 4096
const TAIL_LINES = 15

/** A private process of ours, running. */
export interface Part {
  readonly name: string
  readonly pid: number
  readonly identity: ProcessIdentity
  readonly logPath: string
  /** Settles when the process ends, with the reason as a phrase: `exit code 1`, `signal SIGKILL`. */
  readonly ended: Promise<string>
  /** The last lines that this run wrote. */
  readonly lastLines: () => string
  /** Asks it to end, and ends it by force when it takes longer than 40 seconds. */
  readonly stop: () => Promise<void>
  /** Lets our own process end while this one goes on. */
  readonly release: () => void
}

export interface PartSpec {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly env: NodeJS.ProcessEnv
  readonly dir: string
  readonly logPath: string
  /** Whether it really answers. */
  readonly isReady: () => Promise<boolean>
  readonly readyTimeoutMs: number
  readonly signal?: AbortSignal | undefined
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0

/** The end of a log file: at most 15 lines, none from before the given offset. */
export function lastLinesOf(path: string, fromByte = 0): string {
  const size = sizeOf(path)
  const start = Math.max(fromByte, size - TAIL_BYTES)
  const buffer = Buffer.alloc(Math.max(0, size - start))
  if (buffer.length === 0) return ''
  const file = openSync(path, 'r')
  try {
    readSync(file, buffer, 0, buffer.length, start)
  } finally {
    closeSync(file)
  }
  return buffer.toString('utf8').trimEnd().split('\n').slice(-TAIL_LINES).join('\n')
}

const endOf = (child: ChildProcess): Promise<string> =>
  new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('exit', (code, signal) =>
      resolve(signal === null ? `exit code ${code}` : `signal ${signal}`),
    )
  })

/** Ends a process: asked first, by force when the time is over. */
export async function stopProcess(
  identity: ProcessIdentity,
  isGone: () => boolean,
  timeoutMs = STOP_TIMEOUT_MS,
): Promise<void> {
  if (isGone()) return
  signalProcess(identity.pid, 'SIGTERM')
  if (await waitUntil(isGone, { timeoutMs })) return
  if (!isGone()) signalProcess(identity.pid, 'SIGKILL')
  await waitUntil(isGone, { timeoutMs: 5000 })
}

function launch(spec: PartSpec): Part {
  mkdirSync(dirname(spec.logPath), { recursive: true, mode: 0o700 })
  const offset = sizeOf(spec.logPath)
  const log = openSync(spec.logPath, 'a', 0o600)
  // A session of its own: Ctrl-C at the terminal reaches us alone, and we stop the parts in order.
  const child = spawn(spec.command, spec.args, {
    cwd: spec.dir,
    env: spec.env,
    detached: true,
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  const ended = endOf(child)
  const { pid } = child
  if (pid === undefined) throw new StackError(`${spec.name} cannot be started: ${spec.command}`)
  const identity = identifyProcess(pid) ?? { pid, startedAt: 'unknown' }
  return {
    name: spec.name,
    pid,
    identity,
    logPath: spec.logPath,
    ended,
    lastLines: () => lastLinesOf(spec.logPath, offset),
    stop: () => stopProcess(identity, () => child.exitCode !== null || child.signalCode !== null),
    release: () => child.unref(),
  }
}

async function assertReady(spec: PartSpec, part: Part): Promise<void> {
  let end: string | undefined
  void part.ended.then((reason) => {
    end = reason
  })
  const ready = await waitUntil(async () => end !== undefined || (await spec.isReady()), {
    timeoutMs: spec.readyTimeoutMs,
    signal: spec.signal,
  })
  if (ready && end === undefined) return
  const seconds = Math.round(spec.readyTimeoutMs / 1000)
  const what =
    end === undefined ? `did not answer within ${seconds} seconds` : `ended while starting (${end})`
  throw new StackError(`${spec.name} ${what}. Its log is ${spec.logPath}:\n${part.lastLines()}`)
}

/**
 * Starts a private process and waits until it really answers; one that does not is stopped again.
 *
 * @throws StackError with the last lines of its log
 */
export async function startPart(spec: PartSpec): Promise<Part> {
  spec.signal?.throwIfAborted()
  const part = launch(spec)
  try {
    await assertReady(spec, part)
    return part
  } catch (error) {
    await part.stop()
    throw error
  }
}
