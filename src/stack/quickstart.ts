import { rmdirSync } from 'node:fs'
import { findEngineObstacle, findImagesObstacle } from './docker-engine.ts'
import { type Interruption, watchInterruption } from './interruption.ts'
import { type QuickstartIo, report, say } from './quickstart-io.ts'
import {
  parseQuickstartOptions,
  type QuickstartOptions,
  USAGE,
  UsageError,
} from './quickstart-options.ts'
import { composeInput, serveDocker, stopContainers } from './serve-docker.ts'
import { servePackages } from './serve-packages.ts'
import { StackError } from './stack-error.ts'
import { claimDir, dropState, judge, type Run, readState, type State, stopState } from './state.ts'

async function stopAll(
  options: QuickstartOptions,
  io: QuickstartIo,
  state: State,
): Promise<readonly string[]> {
  if (state.way === 'packages') return stopState(options.dir, state)
  // First who waits for the containers, then they themselves: their processes are the engine's.
  await stopState(options.dir, { ...state, parts: [] })
  await stopContainers(composeInput(options, io))
  // Where the engine lives in a machine of its own, the processes in it are not known.
  return state.parts.length > 0 ? state.parts.map(({ name }) => name) : ['the containers']
}

async function stop(options: QuickstartOptions, io: QuickstartIo): Promise<number> {
  const { dir, json } = options
  const state = readState(dir)
  const stopped = state === undefined ? [] : await stopAll(options, io, state)
  const text = stopped.length === 0 ? `Nothing runs in ${dir}.` : `Stopped ${stopped.join(', ')}.`
  io.stdout.write(json ? `${JSON.stringify({ dir, stopped })}\n` : `${text}\n`)
  return 0
}

/** A second start is told what runs; programs get the same line again. */
async function answerRunning(
  options: QuickstartOptions,
  io: QuickstartIo,
  { run, parts }: { readonly run: Run; readonly parts: State['parts'] },
): Promise<number> {
  const { dir, port, networkHost, tls } = options
  const { hostname, port: runningPort, protocol } = new URL(run.url)
  const differs =
    (port !== undefined && port !== Number(runningPort || '80')) ||
    (networkHost !== undefined && networkHost !== hostname) ||
    (tls && protocol !== 'https:')
  if (differs || !(options.json || options.detach)) {
    throw new StackError(
      `It runs already in ${dir}, at ${run.url}. Stop that first with --stop, or take another folder with --dir and another port with --port.`,
    )
  }
  say(io, 'It runs already, with the settings of its start; for others stop it first with --stop.')
  await report(options, io, { run, parts })
  return 0
}

/** What was asked for, else containers where an engine has all it needs, else packages. */
async function serve(
  options: QuickstartOptions,
  io: QuickstartIo,
  interruption: Interruption,
): Promise<number> {
  if (options.way === 'packages') return servePackages(options, io, interruption)
  const obstacle =
    (await findEngineObstacle(io.env)) ?? (await findImagesObstacle(composeInput(options, io)))
  if (obstacle === undefined) return serveDocker(options, io, interruption)
  if (options.way === 'docker') {
    throw new StackError(`--with docker is not possible: ${obstacle}. Try --with packages.`)
  }
  say(io, `Using packages, not Docker: ${obstacle}.`)
  return servePackages(options, io, interruption)
}

/** Forgets a start that failed, together with a folder that nothing came into. */
function leave(dir: string): void {
  dropState(dir)
  try {
    rmdirSync(dir)
  } catch {
    // There is data in it, of this start or of an earlier one.
  }
}

async function claimAndServe(options: QuickstartOptions, io: QuickstartIo): Promise<number> {
  claimDir(options.dir)
  const interruption = watchInterruption(io.env)
  try {
    return await serve(options, io, interruption)
  } catch (error) {
    leave(options.dir)
    throw error
  } finally {
    interruption.dispose()
  }
}

async function start(options: QuickstartOptions, io: QuickstartIo): Promise<number> {
  const { dir } = options
  const state = readState(dir)
  const situation = judge(state)
  if (situation === 'starting') {
    throw new StackError(`Another quickstart is starting in ${dir}; wait for it, or use --stop.`)
  }
  if (state?.run !== undefined && situation === 'running') {
    return answerRunning(options, io, { run: state.run, parts: state.parts })
  }
  if (state !== undefined) {
    const stopped = await stopAll(options, io, state)
    if (stopped.length > 0) say(io, `Stopped what an earlier start left: ${stopped.join(', ')}.`)
  }
  return claimAndServe(options, io)
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
    return options.stop ? await stop(options, io) : await start(options, io)
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
