import { randomBytes } from 'node:crypto'
import test from 'ava'
import { openChunks, sealChunks } from '../../../src/maintenance/backup/chunks.ts'
import { makeHeader, openHeader } from '../../../src/maintenance/backup/header.ts'

const CHUNK = 64 * 1024
const FRAME = 4 + CHUNK + 16
const header = await makeHeader({
  passphrase: 'a long enough one',
  madeBy: 'test',
  now: new Date(),
})

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function gather(source: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = []
  for await (const bytes of source) all.push(bytes)
  return Buffer.concat(all)
}

/** What is behind the header's line. */
async function seal(plain: Buffer): Promise<Buffer> {
  const sealed = await gather(sealChunks(inPieces(plain, 10_000), header))
  return sealed.subarray(header.line.length + 1)
}

const open = (sealed: Buffer, key = header) => gather(openChunks(inPieces(sealed, 7777), key))

for (const length of [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK]) {
  test(`${length} bytes come back as they were`, async (t) => {
    const plain = randomBytes(length)
    t.deepEqual(await open(await seal(plain)), plain)
  })
}

const plain = randomBytes(3 * CHUNK + 100)
const changes: Readonly<Record<string, (sealed: Buffer) => Buffer>> = {
  'one flipped bit': (sealed) => {
    const other = Buffer.from(sealed)
    other.writeUInt8(other.readUInt8(FRAME + 100) ^ 1, FRAME + 100)
    return other
  },
  'a flipped bit of a length': (sealed) => {
    const other = Buffer.from(sealed)
    other.writeUInt8(other.readUInt8(3) ^ 1, 3)
    return other
  },
  'an end that is cut off': (sealed) => sealed.subarray(0, sealed.length - 1),
  'a last part that is missing': (sealed) => sealed.subarray(0, 3 * FRAME),
  'nothing at all': () => Buffer.alloc(0),
  'a part that is missing in the middle': (sealed) =>
    Buffer.concat([sealed.subarray(0, FRAME), sealed.subarray(2 * FRAME)]),
  'two parts in the other order': (sealed) =>
    Buffer.concat([
      sealed.subarray(FRAME, 2 * FRAME),
      sealed.subarray(0, FRAME),
      sealed.subarray(2 * FRAME),
    ]),
  'a part that comes twice': (sealed) => Buffer.concat([sealed.subarray(0, FRAME), sealed]),
  'something behind the end': (sealed) => Buffer.concat([sealed, sealed.subarray(3 * FRAME)]),
}

for (const [what, change] of Object.entries(changes)) {
  test(`R36: ${what} is found`, async (t) => {
    await t.throwsAsync(open(change(await seal(plain))), { message: /^this backup is damaged: / })
  })
}

test('R36: a changed first line opens nothing, whatever the passphrase', async (t) => {
  const sealed = await seal(plain)
  const line = Buffer.from(header.line.toString().replace('"madeBy":"test"', '"madeBy":"best"'))
  const key = await openHeader(line, 'a long enough one')
  await t.throwsAsync(open(sealed, key), { message: /^this backup is damaged: its part 1 / })
})
