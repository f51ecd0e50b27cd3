import { createHash, randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { z } from 'zod'
import { BackupError } from './backup-error.ts'

const FORMAT = 'registry-warden-backup'
const VERSION = 1
/** More than any version of ours writes. */
export const LONGEST_HEADER = 4096
export const SHORTEST_PASSPHRASE = 12

/** As OWASP asks for: 128 MiB and a fifth of a second for each guess. They belong to the version. */
const COST: ScryptOptions = { N: 2 ** 17, r: 8, p: 1, maxmem: 160 * 1024 * 1024 }
const KEY_BYTES = 32

const scryptAsync = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt)

const formatSchema = z.object({ format: z.literal(FORMAT), version: z.int() })
const headerSchema = z.strictObject({
  format: z.literal(FORMAT),
  version: z.literal(VERSION),
  createdAt: z.iso.datetime(),
  /** Version of the service that made it. */
  madeBy: z.string().max(64),
  encrypted: z.boolean(),
  salt: z.string().regex(/^[0-9a-f]{64}$/),
  /** Says whether a passphrase is the right one, and nothing about it. */
  check: z.string().regex(/^[0-9a-f]{64}$/),
})

/** The first line of a backup, for everybody to read; every chunk after it vouches for it, too. */
export type BackupHeader = z.output<typeof headerSchema>

/** What a backup is read or written with. */
export interface BackupKey {
  readonly key: Buffer
  readonly header: BackupHeader
  /** The line as it stands in the file, less its end. */
  readonly line: Buffer
}

async function derive(passphrase: string, salt: string) {
  const bytes = await scryptAsync(passphrase, Buffer.from(salt, 'hex'), 2 * KEY_BYTES, COST)
  const check = createHash('sha256').update(bytes.subarray(KEY_BYTES)).digest()
  return { key: bytes.subarray(0, KEY_BYTES), check }
}

/**
 * A new header and its key. Without a passphrase whoever has the file can read it; what is in it is
 * held against accidents all the same.
 */
export async function makeHeader({
  passphrase,
  madeBy,
  now,
}: {
  readonly passphrase: string | undefined
  readonly madeBy: string
  readonly now: Date
}): Promise<BackupKey> {
  const salt = randomBytes(32).toString('hex')
  const { key, check } = await derive(passphrase ?? '', salt)
  const header: BackupHeader = {
    format: FORMAT,
    version: VERSION,
    createdAt: now.toISOString(),
    madeBy,
    encrypted: passphrase !== undefined,
    salt,
    check: check.toString('hex'),
  }
  return { key, header, line: Buffer.from(JSON.stringify(header)) }
}

function parseHeader(line: Buffer): BackupHeader {
  const text = line.toString('utf8')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new BackupError('this is no backup of registry-warden, or its first line was changed')
  }
  const format = formatSchema.safeParse(value).data
  if (format === undefined) {
    throw new BackupError('this is no backup of registry-warden, or its first line was changed')
  }
  if (format.version !== VERSION) {
    throw new BackupError(
      `this backup has the form ${format.version}, and this version reads the form ${VERSION}; restore it with the version that made it, or a later one`,
    )
  }
  const header = headerSchema.safeParse(value).data
  if (header === undefined) throw new BackupError('the first line of this backup was changed')
  return header
}

const NEEDED =
  'this backup is encrypted; give its passphrase with --passphrase-file or WARDEN_BACKUP_PASSPHRASE_FILE'
const WRONG =
  'the passphrase is not the one of this backup, or the first line of the file was changed'

/** @throws BackupError for what is no backup, a form of later versions, and another passphrase */
export async function openHeader(line: Buffer, passphrase: string | undefined): Promise<BackupKey> {
  const header = parseHeader(line)
  if (header.encrypted && passphrase === undefined) throw new BackupError(NEEDED)
  const { key, check } = await derive(header.encrypted ? (passphrase ?? '') : '', header.salt)
  if (timingSafeEqual(check, Buffer.from(header.check, 'hex'))) return { key, header, line }
  throw new BackupError(header.encrypted ? WRONG : 'the first line of this backup was changed')
}
