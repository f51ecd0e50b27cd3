import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { countTests, describeFailures, type TestCounts } from './count-tests.ts'
import type { TestServer } from './database.ts'
import type { Selection } from './select-tests.ts'

export const AVA = 'node_modules/ava/entrypoints/cli.mjs'

export interface Outcome {
  readonly code: number
  readonly output: string
}

export interface RunOptions {
  readonly env: NodeJS.ProcessEnv
  /** Whether it is shown as it comes. */
  readonly isShown: boolean
  readonly signal: AbortSignal
}

export async function runNodeProgram(
  args: readonly string[],
  { env, isShown, signal }: RunOptions,
): Promise<Outcome> {
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  signal.addEventListener('abort', () => child.kill('SIGTERM'))
  const chunks: Buffer[] = []
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      if (isShown) process.stdout.write(chunk)
    })
  }
  const [code] = (await once(child, 'close')) as [number | null]
  return { code: code ?? 1, output: Buffer.concat(chunks).toString('utf8') }
}

/** What tells tests where their databases are. */
export const testEnvironment = (server: TestServer): NodeJS.ProcessEnv => ({
  ...process.env,
  ...(process.stdout.isTTY ? { FORCE_COLOR: '1' } : {}),
  TEST_DATABASE_HOST: server.host,
  TEST_DATABASE_PORT: String(server.port),
  TEST_DATABASE_USER: server.user,
  TEST_DATABASE_PASSWORD: server.password,
})

/** Shown as it comes, or at its end where something else is shown meanwhile. */
async function runAva(
  { files, flags }: Selection,
  options: RunOptions,
): Promise<TestCounts & { readonly failures: string }> {
  const { code, output } = await runNodeProgram([AVA, ...flags, ...files], options)
  if (!options.isShown) process.stdout.write(output)
  return { ...countTests(output, code), failures: code === 0 ? '' : describeFailures(output) }
}

/** Runs groups of tests, one after the other. @returns whether some passed and none failed */
export async function runGroups(
  groups: readonly (readonly Selection[])[],
  { env, signal }: Omit<RunOptions, 'isShown'>,
): Promise<boolean> {
  const total = { passed: 0, failed: 0, skipped: 0, failures: '' }
  for (const group of groups) {
    if (signal.aborted) break
    const counts = await Promise.all(
      group.map((selection, index) => runAva(selection, { env, isShown: index === 0, signal })),
    )
    for (const { passed, failed, skipped, failures } of counts) {
      total.passed += passed
      total.failed += failed
      total.skipped += skipped
      total.failures += failures
    }
  }
  const { passed, failed, skipped, failures } = total
  const note = skipped > 0 ? `, ${skipped} skipped` : ''
  // Thousands of lines may stand between a failure and the end.
  if (failures !== '') process.stdout.write(`\nWhat failed, once more:\n${failures}`)
  process.stdout.write(`\n${passed} passed, ${failed} failed${note}\n`)
  return failed === 0 && passed > 0
}
