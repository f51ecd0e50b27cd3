import type { QuickstartOptions } from './quickstart-options.ts'
import { findFirstPassword, jsonLine, readyText } from './quickstart-report.ts'
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
export async function report(
  { dir, json }: QuickstartOptions,
  io: QuickstartIo,
  { run, parts }: { readonly run: Run; readonly parts: State['parts'] },
): Promise<void> {
  const all = { run, parts, dir, password: await findFirstPassword(run) }
  io.stdout.write(json ? jsonLine(all) : readyText(all))
}
