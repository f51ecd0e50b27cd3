import type { QuickstartOptions } from './quickstart-options.ts'
import { jsonLine, readyText } from './quickstart-report.ts'
import type { Run, State } from './state.ts'

export interface QuickstartIo {
  readonly env: NodeJS.ProcessEnv
  readonly stdout: NodeJS.WritableStream
  readonly stderr: NodeJS.WritableStream
}

/** Progress and faults go to stderr; stdout belongs to the result. */
export const say = (io: QuickstartIo, line: string): void => {
  io.stderr.write(`${line}\n`)
}

/** The result: addresses, administrator, first password. */
export function report(
  options: QuickstartOptions,
  io: QuickstartIo,
  { run, parts }: { readonly run: Run; readonly parts: State['parts'] },
): void {
  const text = options.json
    ? jsonLine(run, parts, options.dir)
    : readyText(run, options.networkHost)
  io.stdout.write(text)
}
