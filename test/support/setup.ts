import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import type { ExecutionContext } from 'ava'
import { runCli } from '../../src/cli/run.ts'

/** Runs `warden setup` in this process. */
export async function setup(
  ...args: string[]
): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const exitCode = await runCli(
    { env: {}, stdin: new PassThrough(), stdout, stderr, isTerminal: false },
    { serve: async () => undefined, version: '0.0.0' },
    ['setup', ...args],
  )
  const text = (stream: PassThrough): string => String(stream.read() ?? '')
  return { exitCode, stdout: text(stdout), stderr: text(stderr) }
}

export function makeDir(t: ExecutionContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'warden-setup-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

/** Options that fill every folder below one. */
export const everything = (dir: string, publicUrl = 'https://registry.example.com'): string[] => [
  `--certs=${dir}/certs`,
  `--tls-authority=${dir}/tls-authority`,
  `--tls=${dir}/tls`,
  '--host=registry.example.com',
  `--secrets=${dir}/secrets`,
  `--registry-config=${dir}/secrets/registry/config.yml`,
  `--public-url=${publicUrl}`,
]

export const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8)
export const read = (...parts: string[]): string => readFileSync(join(...parts), 'utf8')

/** Every file below a folder with its content. */
export const contents = (dir: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(dir, { recursive: true, encoding: 'utf8' })
      .filter((name) => statSync(join(dir, name)).isFile())
      .sort()
      .map((name) => [name, read(dir, name)]),
  )
