import { randomBytes } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { access, link, open, rename, rm } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { BackupError } from './backup-error.ts'
import { sealChunks } from './chunks.ts'
import type { BackupKey } from './header.ts'

const PRIVATE = 0o600

export interface BackupPlace {
  readonly path: string
  /** Whether a file that is there may go. */
  readonly replaces: boolean
}

const taken = (path: string): BackupError =>
  new BackupError(`${path} is there already; take another name, or replace it with --force`)

const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined

/** Before any work is done. @throws BackupError when a file is there that is to stay */
export async function refuseTaken({ path, replaces }: BackupPlace): Promise<void> {
  if (replaces) return
  const isThere = await access(path).then(
    () => true,
    () => false,
  )
  if (isThere) throw taken(path)
}

async function syncFile(path: string): Promise<void> {
  const handle = await open(path, 'r')
  await handle.sync().finally(() => handle.close())
}

async function giveName(temporary: string, { path, replaces }: BackupPlace): Promise<void> {
  if (replaces) return rename(temporary, path)
  try {
    await link(temporary, path)
  } catch (error) {
    throw codeOf(error) === 'EEXIST' ? taken(path) : error
  }
  await rm(temporary)
}

/**
 * Writes lines into a new backup. It has its name when it is whole and on the disk, and only its owner
 * reads it; a part of one is removed.
 *
 * @param finish called when all is written, before the file gets its name
 */
export async function writeBackupFile(
  place: BackupPlace,
  {
    key,
    lines,
    finish,
  }: {
    readonly key: BackupKey
    readonly lines: AsyncIterable<string>
    readonly finish: () => Promise<void>
  },
): Promise<void> {
  await refuseTaken(place)
  const temporary = `${place.path}.${randomBytes(6).toString('hex')}`
  try {
    const seal = (source: AsyncIterable<Buffer>) => sealChunks(source, key)
    const target = createWriteStream(temporary, { flags: 'wx', mode: PRIVATE })
    await pipeline(lines, createGzip(), seal, target)
    await syncFile(temporary)
    await finish()
    await giveName(temporary, place)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}
