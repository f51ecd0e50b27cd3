/** One `type=value` of a name: the type in lower case, the value without its escapes. */
export interface DnPart {
  readonly type: string
  readonly value: string
}

/** The parts of a name from the entry upward; mostly each level has one. */
export type Dn = readonly (readonly DnPart[])[]

const TYPE = /^[A-Za-z][A-Za-z0-9-]*$|^\d+(?:\.\d+)*$/
/** An escaped byte, an escaped sign, or what may stand as it is. */
const PIECE = /\\([0-9A-Fa-f]{2})|\\([ "#+,;<=>\\])|([^\\"+,;<>=\0]|=)/y
const MOST_LENGTH = 4000

interface Cursor {
  readonly text: string
  at: number
}

function readType(cursor: Cursor): string | undefined {
  const equals = cursor.text.indexOf('=', cursor.at)
  const type = cursor.text.slice(cursor.at, Math.max(cursor.at, equals)).trim()
  if (equals === -1 || !TYPE.test(type)) return undefined
  cursor.at = equals + 1
  return type.toLowerCase()
}

function readValue(cursor: Cursor): string {
  const pieces: Buffer[] = []
  let kept = 0
  for (;;) {
    PIECE.lastIndex = cursor.at
    const [piece, byte, sign, plain] = PIECE.exec(cursor.text) ?? []
    if (piece === undefined) break
    cursor.at += piece.length
    pieces.push(byte === undefined ? Buffer.from(sign ?? plain ?? '') : Buffer.from(byte, 'hex'))
    // Spaces at the end count only where they are escaped.
    if (plain !== ' ') kept = pieces.length
  }
  const leading = pieces.findIndex((piece) => piece.toString() !== ' ')
  return Buffer.concat(pieces.slice(Math.max(0, leading), kept)).toString('utf8')
}

/** @returns undefined where no part of a name stands */
function readPart(cursor: Cursor): DnPart | undefined {
  const type = readType(cursor)
  return type === undefined ? undefined : { type, value: readValue(cursor) }
}

/**
 * Reads a distinguished name. The old form with quotes is not taken.
 *
 * @returns undefined when it is not a name
 * @see https://www.rfc-editor.org/rfc/rfc4514
 */
export function parseDn(text: string): Dn | undefined {
  if (text.length > MOST_LENGTH) return undefined
  const cursor: Cursor = { text, at: 0 }
  const levels: DnPart[][] = [[]]
  for (let sign = '+'; sign !== ''; cursor.at++) {
    if (sign === ',') levels.push([])
    const part = readPart(cursor)
    sign = text.charAt(cursor.at)
    if (part === undefined || !['', ',', '+'].includes(sign)) return undefined
    levels.at(-1)?.push(part)
  }
  return levels
}

const normalizeValue = (value: string): string =>
  value.normalize('NFKC').trim().replace(/\s+/g, ' ').toLowerCase()

const normalizeLevel = (level: Dn[number]): string =>
  JSON.stringify(level.map(({ type, value }) => [type, normalizeValue(value)]).sort())

/** A text that is the same for all spellings of one name; for comparing, never to be sent. */
export const normalizeDn = (dn: Dn): string => dn.map(normalizeLevel).join()

/** Whether both are the same name, however they are spelt. */
export function isSameDn(a: string, b: string): boolean {
  const [first, second] = [parseDn(a), parseDn(b)]
  return first !== undefined && second !== undefined && normalizeDn(first) === normalizeDn(second)
}

/** Whether the name lies beneath the base, or is it. */
export const isBeneath = (dn: Dn, base: Dn): boolean =>
  dn.length >= base.length && normalizeDn(dn.slice(dn.length - base.length)) === normalizeDn(base)
