import { watchInterruption } from './interruption.ts'
import { type QuickstartIo, report, say } from './quickstart-io.ts'
import {
  parseQuickstartOptions,
  type QuickstartOptions,
  USAGE,
  UsageError,
} from './quickstart-options.ts'
import { servePackages } from './serve-packages.ts'
import { StackError } from './stack-error.ts'
import { claimDir, dropState, judge, type Run, readState, type State, stopState } from './state.ts'

async function stop(options: QuickstartOptions, io: QuickstartIo): Promise<number> {
  const { dir, json } = options
  const state = readState(dir)
  const stopped = state === undefined ? [] : await stopState(dir, state)
  const text = stopped.length === 0 ? `Nothing runs in ${dir}.` : `Stopped ${stopped.join(', ')}.`
  io.stdout.write(json ? `${JSON.stringify({ dir, stopped })}\n` : `${text}\n`)
  return 0
}

/** A second start is told what runs; programs get the same line again. */
function answerRunning(options: QuickstartOptions, io: QuickstartIo, state: State, run: Run) {
  const { dir, port, networkHost } = options
  const { hostname, port: runningPort } = new URL(run.url)
  const differs =
    (port !== undefined && port !== Number(runningPort)) ||
    (networkHost !== undefined && networkHost !== hostname)
  if (differs || !(options.json || options.detach)) {
    throw new StackError(
      `It runs already in ${dir}, at ${run.url}. Stop that first with --stop, or take another folder with --dir and another port with --port.`,
    )
  }
  report(options, io, { run, parts: state.parts })
  return 0
}

async function startOrAnswer(options: QuickstartOptions, io: QuickstartIo): Promise<number> {
  const { dir } = options
  const state = readState(dir)
  const situation = judge(state)
  if (situation === 'starting') {
    throw new StackError(`Another quickstart is starting in ${dir}; wait for it, or use --stop.`)
  }
  if (state?.run !== undefined && situation === 'running') {
    return answerRunning(options, io, state, state.run)
  }
  if (state !== undefined) {
    const stopped = await stopState(dir, state)
    if (stopped.length > 0) say(io, `Stopped what an earlier start left: ${stopped.join(', ')}.`)
  }
  claimDir(dir)
  const interruption = watchInterruption(io.env)
  try {
    return await servePackages(options, io, interruption)
  } catch (error) {
    dropState(dir)
    throw error
  } finally {
    interruption.dispose()
  }
}

/**
 * `warden quickstart`: everything behind one address, from one command.
 *
 * @param argv what follows `quickstart`
 * @returns exit code: 0 done, 1 failed, 2 wrong use
 */
export async function runQuickstart(argv: readonly string[], io: QuickstartIo): Promise<number> {
  // A reader that went away (a closed pipe) must not end us before the parts are stopped.
  for (const stream of [io.stdout, io.stderr]) stream.on('error', () => undefined)
  try {
    const options = parseQuickstartOptions(argv)
    if (options.help) {
      io.stdout.write(USAGE)
      return 0
    }
    return options.stop ? await stop(options, io) : await startOrAnswer(options, io)
  } catch (error) {
    if (error instanceof UsageError) {
      say(io, `${error.message}\n\n${USAGE}`)
      return 2
    }
    // Errors of the system (no right to write the folder, disk full) name the file themselves.
    if (!(error instanceof StackError || (error instanceof Error && 'code' in error))) throw error
    say(io, error.message)
    return 1
  }
}
