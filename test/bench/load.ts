import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

const CONNECTIONS = 16

export interface Load {
  readonly url: string
  /** Lua that defines `request`, for wrk; a plain GET of the URL where it is left out. */
  readonly script?: string
  readonly authorization?: string | undefined
  readonly seconds: number
}

/**
 * Closed-loop load from a process of its own.
 *
 * @returns answers a second
 * @throws Error when an answer is not 2xx
 */
export async function measureRate(dir: string, load: Load): Promise<number> {
  const path = join(dir, 'load.lua')
  writeFileSync(path, load.script ?? '')
  const { stdout } = await run('wrk', [
    '--threads=1',
    `--connections=${CONNECTIONS}`,
    `--duration=${load.seconds}s`,
    '--timeout=10s',
    `--script=${path}`,
    ...(load.authorization ? ['--header', `Authorization: ${load.authorization}`] : []),
    load.url,
  ])
  const failed =
    /Non-2xx or 3xx responses: (\d+)/.exec(stdout) ?? /Socket errors: (.*)/.exec(stdout)
  if (failed) throw new Error(`${load.url}: ${failed[0]}`)
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1])
}

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}
