import { randomBytes } from 'node:crypto'
import { chmod, lchown, readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { createFile, makeFolder, replaceFile } from '../signing/atomic-file.ts'
import { CommandError } from './command-line.ts'

const SECRET_BYTES = 24

export const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT'

/** @returns undefined when there is no such file */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

/**
 * Sees to it that a random secret stands in all of these files, the same in each: every service
 * mounts a folder of its own, and some share a secret. A file that is there is never touched.
 *
 * @param paths the first one that exists gives the others their content
 * @returns the secret
 */
export async function keepSharedSecret(paths: readonly string[]): Promise<string> {
  const present = await Promise.all(paths.map(readIfThere))
  const content =
    present.find((text) => text !== undefined) ??
    `${randomBytes(SECRET_BYTES).toString('base64url')}\n`
  for (const path of paths) {
    await makeFolder(dirname(path), 0o700)
    await createFile({ path, content, mode: 0o600 })
  }
  return content.trim()
}

/** Puts a private file in place of whatever is there. */
export async function replacePrivateFile(path: string, content: string): Promise<void> {
  await makeFolder(dirname(path), 0o700)
  await replaceFile({ path, content, mode: 0o600 })
}

async function setOwner(path: string, uid: number): Promise<void> {
  try {
    // Of a link itself, never of what it points to: the folder may belong to somebody else.
    await lchown(path, uid, uid)
  } catch (error) {
    if (isMissing(error)) return
    const reason = error instanceof Error ? error.message : String(error)
    throw new CommandError(`user ${uid} cannot be made the owner: ${reason}; run setup as root`)
  }
}

/**
 * Closes a folder to everybody but its owner.
 *
 * @param uid user and group who get the folder and the files in it; undefined leaves them alone
 */
export async function givePrivateFolder(dir: string, uid: number | undefined): Promise<void> {
  if (uid !== undefined) {
    for (const name of await readdir(dir)) await setOwner(join(dir, name), uid)
    await setOwner(dir, uid)
  }
  await chmod(dir, 0o700)
}
