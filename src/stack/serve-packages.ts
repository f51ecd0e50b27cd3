import type { Interruption } from './interruption.ts'
import { installMissing, SERVER_REQUIREMENTS } from './packages.ts'
import type { Part } from './part.ts'
import { type QuickstartIo, report, say } from './quickstart-io.ts'
import { DEFAULT_PORT, type QuickstartOptions } from './quickstart-options.ts'
import { type Stack, startStack } from './start-stack.ts'
import { dropState, identifySelf, type Run, type State, writeState } from './state.ts'

const partsOf = (parts: readonly Part[]): State['parts'] =>
  parts.map(({ name, identity }) => ({ name, ...identity }))

const runOf = (stack: Stack): Run => ({
  url: stack.url,
  wardenUrl: stack.wardenUrl,
  registryUrl: stack.registryUrl,
  adminUser: stack.adminUser,
  firstPasswordPath: stack.firstPasswordPath,
})

async function start(
  options: QuickstartOptions,
  io: QuickstartIo,
  signal: AbortSignal,
): Promise<Stack> {
  const { dir, networkHost, tls } = options
  await installMissing({ env: io.env, say: (line) => say(io, line) }, SERVER_REQUIREMENTS)
  signal.throwIfAborted()
  say(io, `Starting in ${dir} …`)
  const started: Part[] = []
  return startStack({
    env: io.env,
    dir,
    port: options.port ?? DEFAULT_PORT,
    networkHost,
    tls,
    signal,
    onPart: (part) => {
      started.push(part)
      writeState(dir, {
        format: 1,
        way: 'packages',
        keeper: identifySelf(),
        parts: partsOf(started),
      })
      say(io, `  ${part.name} answers (process ${part.pid}, log ${part.logPath})`)
    },
  })
}

function detach({ dir, parts }: Stack, run: Run): number {
  writeState(dir, { format: 1, way: 'packages', run, parts: partsOf(parts) })
  for (const part of parts) part.release()
  return 0
}

/** Runs until the user ends it, or a part ends by itself. */
async function keep(stack: Stack, io: QuickstartIo, interruption: Interruption): Promise<number> {
  const end = await Promise.race([
    interruption.happened.then(() => undefined),
    ...stack.parts.map(async (part) => ({ part, reason: await part.ended })),
  ])
  if (end === undefined) {
    say(io, 'Stopping …')
    await stack.stop()
    say(io, `Stopped. What was pushed stays in ${stack.dir}.`)
    return 0
  }
  const { part, reason } = end
  say(io, `${part.name} ended by itself (${reason}). The end of its log ${part.logPath}:`)
  say(io, part.lastLines())
  say(io, 'Stopping the others …')
  await stack.stop()
  return 1
}

/**
 * Quickstart as private processes of installed packages.
 *
 * @throws StackError when something cannot be started; nothing is left running then
 */
export async function servePackages(
  options: QuickstartOptions,
  io: QuickstartIo,
  interruption: Interruption,
): Promise<number> {
  const stack = await start(options, io, interruption.signal)
  const run = runOf(stack)
  const parts = partsOf(stack.parts)
  writeState(options.dir, { format: 1, way: 'packages', keeper: identifySelf(), run, parts })
  await report(options, io, { run, parts })
  if (options.detach) {
    say(io, 'It goes on running; stop it with the same command and --stop instead of --detach.')
    return detach(stack, run)
  }
  say(io, `\nCtrl-C stops everything; the data stays in ${options.dir}.`)
  const code = await keep(stack, io, interruption)
  dropState(options.dir)
  return code
}
