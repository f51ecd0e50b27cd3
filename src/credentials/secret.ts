import { createHash, randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'

/** What a secret is for; people and scanners of leaked secrets see it by its beginning. */
const PREFIXES = { accessToken: 'rwt_', robot: 'rwr_', identityToken: 'rwi_' } as const

export type SecretKind = keyof typeof PREFIXES

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const RANDOM_BYTES = 32
/** 62 to the power of 43 is more than 2 to the power of 256. */
const RANDOM_LENGTH = 43
const CHECKSUM_LENGTH = 6
const SECRET = /^(rw[tri]_)[0-9A-Za-z]{49}$/

function toText(value: bigint, length: number): string {
  let rest = value
  let text = ''
  for (let digit = 0; digit < length; digit++) {
    text = ALPHABET.charAt(Number(rest % 62n)) + text
    rest /= 62n
  }
  return text
}

const checksumOf = (text: string): string => toText(BigInt(crc32(text)), CHECKSUM_LENGTH)

/** Makes a secret: a prefix that tells what it is, 256 random bits, and a checksum of all that. */
export function createSecret(kind: SecretKind): string {
  const bits = BigInt(`0x${randomBytes(RANDOM_BYTES).toString('hex')}`)
  const text = PREFIXES[kind] + toText(bits, RANDOM_LENGTH)
  return text + checksumOf(text)
}

/**
 * What a text claims to be by its form; undefined for all that is no secret of ours, such as a
 * password. A wrong checksum is `broken`: nothing has to be looked up for it.
 */
export function readSecret(text: string): { kind: SecretKind; isBroken: boolean } | undefined {
  const [, prefix] = SECRET.exec(text) ?? []
  const kind = (Object.keys(PREFIXES) as SecretKind[]).find((name) => PREFIXES[name] === prefix)
  if (kind === undefined) return undefined
  const isBroken = checksumOf(text.slice(0, -CHECKSUM_LENGTH)) !== text.slice(-CHECKSUM_LENGTH)
  return { kind, isBroken }
}

/** Whether a text begins like a secret of ours, whole or not: copied in part, or with a space before. */
export const beginsLikeSecret = (text: string): boolean => /^rw[tri]_/.test(text.trimStart())

/** SHA-256 in hex: enough for 256 random bits, which nobody guesses (decision 4). */
export const hashSecret = (secret: string): string =>
  createHash('sha256').update(secret).digest('hex')
