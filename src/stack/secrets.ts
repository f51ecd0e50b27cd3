import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

const SECRET_BYTES = 24

/** A folder that only its owner can enter. */
export function makePrivateDir(dir: string): string {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  chmodSync(dir, 0o700)
  return dir
}

/** Writes a file that only its owner can read; a reader sees the old text or the new one. */
export function writePrivateFile(path: string, text: string): void {
  const temporary = `${path}.${process.pid}.tmp`
  writeFileSync(temporary, text, { mode: 0o600 })
  renameSync(temporary, path)
}

/** The secret in that file (0600), made at random when there is none yet. */
export function keepSecret(path: string): string {
  if (!existsSync(path)) {
    makePrivateDir(dirname(path))
    writePrivateFile(path, `${randomBytes(SECRET_BYTES).toString('base64url')}\n`)
  }
  return readFileSync(path, 'utf8').trim()
}
