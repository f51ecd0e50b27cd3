import type { CommandLine } from './command-line.ts'
import { say } from './output.ts'

const BAR_WIDTH = 30
const REDRAW_EVERY_MS = 100
const LINE_EVERY_MS = 5000

export interface Progress {
  readonly step: () => void
  /** Leaves the terminal clean for what is said next. */
  readonly end: () => void
}

const SILENT: Progress = { step: () => undefined, end: () => undefined }

/** How far a long piece of work is: a bar on a terminal, lines elsewhere, nothing to programs. */
export function createProgress(
  commandLine: CommandLine,
  {
    label,
    total,
    isSilent,
  }: { readonly label: string; readonly total: number; readonly isSilent: boolean },
): Progress {
  if (isSilent || total === 0) return SILENT
  const { stderr, isTerminal } = commandLine
  const everyMs = isTerminal ? REDRAW_EVERY_MS : LINE_EVERY_MS
  let done = 0
  let saidAtMs = performance.now()
  const draw = (): void => {
    const filled = Math.round((BAR_WIDTH * done) / total)
    const bar = `${'#'.repeat(filled)}${'-'.repeat(BAR_WIDTH - filled)}`
    stderr.write(`\r${label} [${bar}] ${done}/${total}`)
  }
  const tell = (): void => say(commandLine, `${label}: ${done} of ${total}`)
  return {
    step: () => {
      done++
      const nowMs = performance.now()
      if (nowMs - saidAtMs < everyMs && done < total) return
      saidAtMs = nowMs
      if (isTerminal) draw()
      else tell()
    },
    end: () => {
      if (isTerminal) stderr.write('\r\u001b[K')
    },
  }
}
