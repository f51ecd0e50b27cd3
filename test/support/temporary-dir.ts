import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder of our own with a short path (sockets allow 107 bytes). */
export const makeTemporaryDir = (): string => mkdtempSync(join(tmpdir(), 'rw-'))

const passing: string[] = []

/** The same for a test that makes many: it goes when its test file has ended. */
export function makePassingDir(): string {
  const dir = makeTemporaryDir()
  if (passing.length === 0) {
    process.once('exit', () => {
      for (const each of passing) removeDir(each)
    })
  }
  passing.push(dir)
  return dir
}

export const removeDir = (dir: string): void =>
  rmSync(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
