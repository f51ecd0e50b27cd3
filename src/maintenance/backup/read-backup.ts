import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { BackupError } from './backup-error.ts'
import { openChunks } from './chunks.ts'
import { type BackupKey, LONGEST_HEADER, openHeader } from './header.ts'
import { type BackupRecord, parseRecord } from './records.ts'

const NEWLINE = 0x0a

const reasonOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT'
    ? 'is not there'
    : `cannot be read: ${error instanceof Error ? error.message : String(error)}`

async function readHeaderLine(path: string): Promise<Buffer> {
  const handle = await open(path, 'r').catch((error: unknown) => {
    throw new BackupError(`the backup ${path} ${reasonOf(error)}`)
  })
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(LONGEST_HEADER), 0, LONGEST_HEADER)
    const end = buffer.subarray(0, bytesRead).indexOf(NEWLINE)
    // One that is cut off within its first line is none.
    return buffer.subarray(0, end === -1 ? bytesRead : end)
  } finally {
    await handle.close()
  }
}

/** @throws BackupError for what is no backup, another passphrase, or a form of later versions */
export const openBackup = async (
  path: string,
  passphrase: string | undefined,
): Promise<BackupKey> => openHeader(await readHeaderLine(path), passphrase)

async function* splitLines(source: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let held: Buffer[] = []
  for await (const bytes of source) {
    let begin = 0
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, begin)) {
      yield Buffer.concat([...held, bytes.subarray(begin, end)]).toString('utf8')
      held = []
      begin = end + 1
    }
    held.push(bytes.subarray(begin))
  }
  if (held.some(({ length }) => length > 0)) throw new BackupError('this backup ends within a line')
}

/**
 * Reads the records of a backup one by one; none is kept.
 *
 * @throws BackupError at the first part that is not as it was written
 */
export async function readRecords(
  path: string,
  key: BackupKey,
  take: (record: BackupRecord) => Promise<void> | void,
): Promise<void> {
  await pipeline(
    createReadStream(path, { start: key.line.length + 1 }),
    (source: AsyncIterable<Buffer>) => openChunks(source, key),
    createGunzip(),
    splitLines,
    async (lines: AsyncIterable<string>) => {
      for await (const line of lines) await take(parseRecord(line))
    },
  )
}
