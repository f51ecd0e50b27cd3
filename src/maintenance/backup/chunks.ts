import { createCipheriv, createDecipheriv, createHash } from 'node:crypto'
import { BackupError } from './backup-error.ts'
import type { BackupKey } from './header.ts'

const ALGORITHM = 'aes-256-gcm'
const CHUNK_BYTES = 64 * 1024
const TAG_BYTES = 16
const LENGTH_BYTES = 4
const NONCE_BYTES = 12
const LARGEST_FRAME = CHUNK_BYTES + TAG_BYTES

type Bytes = AsyncIterable<Buffer>

/**
 * The nonce of a chunk is its number and whether it is the last: one that is left out, moved, or put
 * after the end does not open. A key is of one file alone, so that no nonce comes twice.
 */
function nonceOf(number: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(NONCE_BYTES)
  nonce.writeBigUInt64BE(BigInt(number), 0)
  nonce.writeUInt8(isLast ? 1 : 0, NONCE_BYTES - 1)
  return nonce
}

/** Cuts bytes in pieces of one size; only the last may be shorter. */
async function* cut(source: Bytes, size: number): AsyncGenerator<Buffer> {
  let held: Buffer[] = []
  let length = 0
  for await (const bytes of source) {
    held.push(bytes)
    length += bytes.length
    if (length < size) continue
    let rest = Buffer.concat(held)
    for (; rest.length >= size; rest = rest.subarray(size)) yield rest.subarray(0, size)
    held = [rest]
    length = rest.length
  }
  yield Buffer.concat(held)
}

/** Seals what comes, after the header: a length before each chunk, authenticated as all else is. */
export async function* sealChunks(source: Bytes, { key, line }: BackupKey): AsyncGenerator<Buffer> {
  const vouched = createHash('sha256').update(line).digest()
  let number = 0
  const seal = (plain: Buffer, isLast: boolean): Buffer => {
    const cipher = createCipheriv(ALGORITHM, key, nonceOf(number++, isLast))
    cipher.setAAD(vouched)
    const sealed = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()])
    const length = Buffer.alloc(LENGTH_BYTES)
    length.writeUInt32BE(sealed.length)
    return Buffer.concat([length, sealed])
  }
  yield Buffer.concat([line, Buffer.from('\n')])
  let before: Buffer | undefined
  for await (const plain of cut(source, CHUNK_BYTES)) {
    if (before !== undefined) yield seal(before, false)
    before = plain
  }
  yield seal(before ?? Buffer.alloc(0), true)
}

const damaged = (number: number): BackupError =>
  new BackupError(
    `this backup is damaged: its part ${number + 1} was changed, moved or cut off; nothing was restored`,
  )

/** The frame at the beginning of some bytes; undefined where more of it is to come. */
function firstFrame(bytes: Buffer, number: number): Buffer | undefined {
  if (bytes.length < LENGTH_BYTES) return undefined
  const length = bytes.readUInt32BE()
  if (length < TAG_BYTES || length > LARGEST_FRAME) throw damaged(number)
  const end = LENGTH_BYTES + length
  return bytes.length < end ? undefined : bytes.subarray(LENGTH_BYTES, end)
}

/** The frames behind the header, whole ones. */
async function* readFrames(source: Bytes): AsyncGenerator<Buffer> {
  let held: Buffer = Buffer.alloc(0)
  let number = 0
  for await (const bytes of source) {
    held = Buffer.concat([held, bytes])
    for (let frame = firstFrame(held, number); frame; frame = firstFrame(held, number)) {
      yield frame
      held = held.subarray(LENGTH_BYTES + frame.length)
      number++
    }
  }
  if (held.length > 0) throw damaged(number)
}

/**
 * Opens what `sealChunks` sealed.
 *
 * @param source all behind the line of the header
 * @throws BackupError at the first chunk that is not as it was written, and where the last is missing
 */
export async function* openChunks(source: Bytes, { key, line }: BackupKey): AsyncGenerator<Buffer> {
  const vouched = createHash('sha256').update(line).digest()
  const open = (frame: Buffer, number: number, isLast: boolean): Buffer | undefined => {
    const decipher = createDecipheriv(ALGORITHM, key, nonceOf(number, isLast), {
      authTagLength: TAG_BYTES,
    })
    decipher.setAAD(vouched)
    decipher.setAuthTag(frame.subarray(-TAG_BYTES))
    const plain = decipher.update(frame.subarray(0, -TAG_BYTES))
    try {
      decipher.final()
      return plain
    } catch {
      return undefined
    }
  }
  let number = 0
  let before: Buffer | undefined
  for await (const frame of readFrames(source)) {
    if (before !== undefined) {
      const plain = open(before, number, false)
      if (plain === undefined) throw damaged(number)
      yield plain
      number++
    }
    before = frame
  }
  const plain = before && open(before, number, true)
  if (plain === undefined) throw damaged(number)
  yield plain
}
