// `npm test`: installs the real servers and clients that are missing, starts one database for all
// tests, and runs AVA: everything beside each other, then what drives whole stacks alone.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type Mariadb, startMariadb } from '../src/stack/mariadb.ts'
import { CLIENT_REQUIREMENTS, installMissing, SERVER_REQUIREMENTS } from '../src/stack/packages.ts'
import { countTests, describeFailures, type TestCounts } from './support/count-tests.ts'
import { prepareTemplate } from './support/database.ts'
import { type Selection, selectTests } from './support/select-tests.ts'

const BIOME = 'node_modules/@biomejs/biome/bin/biome'
const AVA = 'node_modules/ava/entrypoints/cli.mjs'

const say = (line: string): void => {
  process.stderr.write(`${line}\n`)
}

const interruption = new AbortController()
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => interruption.abort())
}

/** Clients of registries are a wish: tests that need a missing one skip aloud, and fail with CI=true. */
async function installParts(): Promise<void> {
  const deps = { env: process.env, say }
  try {
    await installMissing(deps, [...SERVER_REQUIREMENTS, ...CLIENT_REQUIREMENTS])
  } catch (error) {
    say(error instanceof Error ? error.message : String(error))
    await installMissing(deps, SERVER_REQUIREMENTS)
  }
}

interface Outcome {
  readonly code: number
  readonly output: string
}

async function run(
  args: readonly string[],
  { env, show }: { readonly env: NodeJS.ProcessEnv; readonly show: boolean },
): Promise<Outcome> {
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  interruption.signal.addEventListener('abort', () => child.kill('SIGTERM'))
  const chunks: Buffer[] = []
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      if (show) process.stdout.write(chunk)
    })
  }
  const [code] = (await once(child, 'close')) as [number | null]
  return { code: code ?? 1, output: Buffer.concat(chunks).toString('utf8') }
}

/** Silent when all is well. */
async function lint(): Promise<boolean> {
  const { code, output } = await run([BIOME, 'ci'], { env: process.env, show: false })
  if (code !== 0) say(`${output.trimEnd()}\nbiome ci failed; what it said stands above.`)
  return code === 0
}

const testEnvironment = (database: Mariadb): NodeJS.ProcessEnv => ({
  ...process.env,
  ...(process.stdout.isTTY ? { FORCE_COLOR: '1' } : {}),
  TEST_DATABASE_HOST: database.host,
  TEST_DATABASE_PORT: String(database.port),
  TEST_DATABASE_USER: database.user,
  TEST_DATABASE_PASSWORD: database.password,
})

/** Shown as it comes, or at its end where something else is shown meanwhile. */
async function runAva(
  { files, flags }: Selection,
  { env, isShown }: { readonly env: NodeJS.ProcessEnv; readonly isShown: boolean },
): Promise<TestCounts & { readonly failures: string }> {
  const { code, output } = await run([AVA, ...flags, ...files], { env, show: isShown })
  if (!isShown) process.stdout.write(output)
  return { ...countTests(output, code), failures: code === 0 ? '' : describeFailures(output) }
}

async function runAll(groups: readonly (readonly Selection[])[], env: NodeJS.ProcessEnv) {
  const total = { passed: 0, failed: 0, skipped: 0, failures: '' }
  for (const group of groups) {
    if (interruption.signal.aborted) break
    const counts = await Promise.all(
      group.map((selection, index) => runAva(selection, { env, isShown: index === 0 })),
    )
    for (const { passed, failed, skipped, failures } of counts) {
      total.passed += passed
      total.failed += failed
      total.skipped += skipped
      total.failures += failures
    }
  }
  return total
}

async function main(args: readonly string[]): Promise<number> {
  const groups = selectTests(args)
  if (groups.length === 0) {
    say(`no test file matches: ${args.join(' ')}`)
    return 2
  }
  await installParts()
  const clean = args.length > 0 || (await lint())
  const dir = mkdtempSync(join(tmpdir(), 'registry-warden-test-'))
  const database = await startMariadb({
    env: process.env,
    dir: join(dir, 'database'),
    logPath: join(dir, 'database.log'),
    secretsDir: join(dir, 'secrets'),
    account: 'every-database',
  })
  try {
    await prepareTemplate(database)
    const counts = await runAll(groups, testEnvironment(database))
    const { passed, failed, skipped, failures } = counts
    const note = skipped > 0 ? `, ${skipped} skipped` : ''
    // Thousands of lines may stand between a failure and the end.
    if (failures !== '') process.stdout.write(`\nWhat failed, once more:\n${failures}`)
    process.stdout.write(`\n${passed} passed, ${failed} failed${note}\n`)
    return failed === 0 && passed > 0 && clean && !interruption.signal.aborted ? 0 : 1
  } finally {
    await database.stop()
    rmSync(dir, { recursive: true, force: true })
  }
}

if (!existsSync(resolve(AVA))) say('run this from the top folder of the project: npm test')
process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  say(error instanceof Error ? (error.stack ?? error.message) : String(error))
  return 1
})
