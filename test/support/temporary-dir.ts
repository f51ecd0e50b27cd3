import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder of our own with a short path (sockets allow 107 bytes). */
export const makeTemporaryDir = (): string => mkdtempSync(join(tmpdir(), 'rw-'))

export const removeDir = (dir: string): void =>
  rmSync(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
