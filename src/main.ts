#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import type { CommandLine } from './cli/command-line.ts'

const packageSchema = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
) as { readonly version: string }

/** Whoever reads may have enough, such as `head`: what was asked for is still done to its end. */
function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
}
process.stdout.on('error', ignoreClosedPipe)
process.stderr.on('error', ignoreClosedPipe)

const commandLine: CommandLine = {
  env: process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  isTerminal: process.stderr.isTTY === true,
}

// Each way loads what it needs: a command is not to wait for all that a service is made of.
async function serve(): Promise<void> {
  const service = await import('./serve.ts')
  await service.serve(process.env, packageSchema.version)
}

async function run(args: readonly string[]): Promise<number> {
  const [verb, ...rest] = args
  // `npm run quickstart`: it starts processes like this one, so it is no verb of theirs.
  if (verb === 'quickstart') {
    const { runQuickstart } = await import('./stack/quickstart.ts')
    return runQuickstart(rest, commandLine)
  }
  const { runCli } = await import('./cli/run.ts')
  const upper = { serve, version: packageSchema.version }
  return runCli(commandLine, upper, args)
}

process.exitCode = await run(process.argv.slice(2))
