// `npm test`: installs the real servers and clients that are missing, starts one database for all
// tests, and runs AVA: everything beside each other, then what drives whole stacks.
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { startMariadb } from '../src/stack/mariadb.ts'
import { CLIENT_REQUIREMENTS, installMissing, SERVER_REQUIREMENTS } from '../src/stack/packages.ts'
import { prepareTemplate } from './support/database.ts'
import { AVA, runGroups, runNodeProgram, testEnvironment } from './support/run-groups.ts'
import { selectTests } from './support/select-tests.ts'

const BIOME = 'node_modules/@biomejs/biome/bin/biome'

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

/** Silent when all is well. */
async function lint(): Promise<boolean> {
  const { signal } = interruption
  const options = { env: process.env, isShown: false, signal }
  const { code, output } = await runNodeProgram([BIOME, 'ci'], options)
  if (code !== 0) say(`${output.trimEnd()}\nbiome ci failed; what it said stands above.`)
  return code === 0
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
    const { signal } = interruption
    const isGreen = await runGroups(groups, { env: testEnvironment(database), signal })
    return isGreen && clean && !signal.aborted ? 0 : 1
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
