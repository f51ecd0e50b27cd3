import { readFileSync } from 'node:fs'

/** A process that cannot be mistaken for a later one that was given the same pid. */
export interface ProcessIdentity {
  readonly pid: number
  /** Boot of the machine and clock ticks from it to the start of the process. */
  readonly startedAt: string
}

const STATE_FIELD = 0
const START_FIELD = 19

const readText = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

/** Fields of /proc/PID/stat after the command, which may itself hold spaces and brackets. */
const statFields = (pid: number): readonly string[] | undefined => {
  const text = readText(`/proc/${pid}/stat`)
  return text?.slice(text.lastIndexOf(')') + 2).split(' ')
}

/**
 * Tells who a process is while it runs.
 *
 * @returns undefined when there is no such process, or when it ended and only waits to be collected
 */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  const fields = statFields(pid)
  const ticks = fields?.[START_FIELD]
  if (fields === undefined || ticks === undefined || fields[STATE_FIELD] === 'Z') return undefined
  const boot = readText('/proc/sys/kernel/random/boot_id')?.trim() ?? 'unknown'
  return { pid, startedAt: `${boot}/${ticks}` }
}

export const isRunning = ({ pid, startedAt }: ProcessIdentity): boolean =>
  identifyProcess(pid)?.startedAt === startedAt

function send(target: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(target, signal)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

/** Signals a process; with `SIGKILL` its whole group as well. One that is gone is no fault. */
export function signalProcess(pid: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (signal === 'SIGKILL') send(-pid, signal)
  send(pid, signal)
}
