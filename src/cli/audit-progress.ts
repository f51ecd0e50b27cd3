import type { CommandLine } from './command-line.ts'
import { say } from './output.ts'

const WIDTH = 30
const LINE_EVERY_MS = 5000
const DRAW_EVERY_MS = 100

export interface Progress {
  readonly done: number
  readonly total: number
}

export interface ProgressReport {
  readonly show: (progress: Progress) => void
  /** Makes room for what is said next. */
  readonly end: () => void
}

const SILENT: ProgressReport = { show: () => undefined, end: () => undefined }

const percentOf = ({ done, total }: Progress): number =>
  total === 0 ? 100 : Math.floor((done / total) * 100)

type Describe = (progress: Progress) => string

const describeIn =
  (unit: string): Describe =>
  (progress) =>
    `${percentOf(progress)} % (${progress.done} of ${progress.total} ${unit})`

function createBar({ stderr }: CommandLine, describe: Describe): ProgressReport {
  let drawnAtMs = Number.NEGATIVE_INFINITY
  let isDrawn = false
  const show = (progress: Progress): void => {
    const isDue = performance.now() - drawnAtMs >= DRAW_EVERY_MS || progress.done === progress.total
    if (!isDue) return
    drawnAtMs = performance.now()
    isDrawn = true
    const full = Math.round((percentOf(progress) / 100) * WIDTH)
    stderr.write(`\r[${'#'.repeat(full)}${'-'.repeat(WIDTH - full)}] ${describe(progress)}`)
  }
  return { show, end: () => void (isDrawn && stderr.write('\n')) }
}

function createLines(commandLine: CommandLine, describe: Describe): ProgressReport {
  let saidAtMs = performance.now()
  const show = (progress: Progress): void => {
    if (performance.now() - saidAtMs < LINE_EVERY_MS) return
    saidAtMs = performance.now()
    say(commandLine, describe(progress))
  }
  return { show, end: () => undefined }
}

/** A bar at a terminal, a line once in a while elsewhere, nothing where JSON was asked for. */
export function createProgress(
  commandLine: CommandLine,
  isJson: boolean,
  unit = 'rows',
): ProgressReport {
  if (isJson) return SILENT
  const describe = describeIn(unit)
  return commandLine.isTerminal
    ? createBar(commandLine, describe)
    : createLines(commandLine, describe)
}
