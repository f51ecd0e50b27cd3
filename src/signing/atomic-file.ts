import { randomBytes } from 'node:crypto'
import { link, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

interface NewFile {
  readonly path: string
  readonly content: string
  /** Permission bits, such as 0o600. */
  readonly mode: number
}

/** No write takes as long, so an older file beside its target was left by one that was killed. */
const LEFTOVER_AGE_MS = 60_000
const TEMPORARY_SUFFIX = /^\.[0-9a-f]{12}$/
/** What file systems and platforms answer that cannot sync a folder. */
const UNSYNCABLE = ['EACCES', 'EINVAL', 'EISDIR', 'ENOTSUP', 'EPERM']
const MOST_ATTEMPTS = 5

const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined

/** Makes names in a folder outlive a power cut, as far as its file system can. */
async function syncFolder(path: string): Promise<void> {
  try {
    const handle = await open(path, 'r')
    await handle.sync().finally(() => handle.close())
  } catch (error) {
    if (!UNSYNCABLE.includes(String(codeOf(error)))) throw error
  }
}

async function writeBeside({ path, content, mode }: NewFile): Promise<string> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}`
  const handle = await open(temporary, 'wx', mode)
  try {
    await handle.writeFile(content)
    await handle.sync()
    return temporary
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  } finally {
    await handle.close()
  }
}

/** Makes a folder and its parents; `mode` is for the last one. */
export async function makeFolder(path: string, mode: number): Promise<void> {
  const parent = dirname(path)
  const firstParent = await mkdir(parent, { recursive: true })
  const made = await mkdir(path, { recursive: true, mode })
  if (made !== undefined) await syncFolder(parent)
  if (firstParent === undefined) return
  const above = dirname(firstParent)
  for (let folder = parent; folder !== above; folder = dirname(folder)) {
    await syncFolder(dirname(folder))
  }
}

/** @returns undefined when there is no such file */
export async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

/** Puts a whole file in place of whatever is there, or leaves that as it is. */
export async function replaceFile(file: NewFile): Promise<void> {
  const temporary = await writeBeside(file)
  await rename(temporary, file.path)
  await syncFolder(dirname(file.path))
}

/** @returns false when the file exists already; two that race agree on the winner's content */
export async function createFile(file: NewFile): Promise<boolean> {
  const temporary = await writeBeside(file)
  try {
    await link(temporary, file.path)
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  } finally {
    await rm(temporary, { force: true })
    await syncFolder(dirname(file.path))
  }
}

/**
 * Reads a file, or makes it first. All who race get the same content, and it is safe from a power
 * cut when they get it.
 */
export async function readOrCreate({
  path,
  mode,
  make,
}: Pick<NewFile, 'path' | 'mode'> & { readonly make: () => string }): Promise<string> {
  // Who made the file may remove it again between the two looks.
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt += 1) {
    const content = await readIfPresent(path)
    if (content !== undefined) {
      await syncFolder(dirname(path))
      return content
    }
    await createFile({ path, content: make(), mode })
  }
  throw new Error(`${path} vanishes as often as it is made; see what else works on that folder`)
}

/**
 * Removes what writes of this file left beside it when they were killed: it may be a secret, or
 * even another name of the file itself.
 */
export async function removeLeftovers(path: string, now: Date): Promise<void> {
  const [folder, name] = [dirname(path), basename(path)]
  const names = await readdir(folder).catch(() => [])
  for (const found of names) {
    if (!found.startsWith(name) || !TEMPORARY_SUFFIX.test(found.slice(name.length))) continue
    const leftover = join(folder, found)
    const facts = await stat(leftover).catch(() => undefined)
    if (facts === undefined || now.getTime() - facts.ctimeMs < LEFTOVER_AGE_MS) continue
    await rm(leftover, { force: true })
  }
}
