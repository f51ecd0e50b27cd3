import { randomBytes } from 'node:crypto'
import { link, mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

interface NewFile {
  readonly path: string
  readonly content: string
  /** Permission bits, such as 0o600. */
  readonly mode: number
}

async function writeBeside({ path, content, mode }: NewFile): Promise<string> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}`
  const handle = await open(temporary, 'wx', mode)
  try {
    await handle.writeFile(content)
    await handle.sync()
  } finally {
    await handle.close()
  }
  return temporary
}

const isExisting = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'EEXIST'

/** Makes a folder and its parents; `mode` is for the last one. */
export async function makeFolder(path: string, mode: number): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await mkdir(path, { recursive: true, mode })
}

/** Puts a whole file in place of whatever is there, or leaves that as it is. */
export async function replaceFile(file: NewFile): Promise<void> {
  const temporary = await writeBeside(file)
  await rename(temporary, file.path)
}

/** @returns false when the file exists already; two that race agree on the winner's content */
export async function createFile(file: NewFile): Promise<boolean> {
  const temporary = await writeBeside(file)
  try {
    await link(temporary, file.path)
    return true
  } catch (error) {
    if (isExisting(error)) return false
    throw error
  } finally {
    await rm(temporary, { force: true })
  }
}
