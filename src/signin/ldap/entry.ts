import type { Entry } from 'ldapts'

type Value = string | Buffer

const GUID_LENGTH = 16

/** Values of an attribute, whose name servers spell as they like; none where it is not there. */
export function valuesOf(entry: Entry, attribute: string): readonly Value[] {
  const name = Object.keys(entry).find((key) => key.toLowerCase() === attribute.toLowerCase())
  const found = name === undefined ? [] : entry[name]
  return Array.isArray(found) ? found : found === undefined ? [] : [found]
}

/** Those that are text. */
export const textsOf = (entry: Entry, attribute: string): readonly string[] =>
  valuesOf(entry, attribute).flatMap((value) => (typeof value === 'string' ? [value] : []))

const isGuid = (attribute: string): boolean => attribute.toLowerCase() === 'objectguid'

/** Attributes of which bytes are wanted, in the spelling of the only server that has them. */
export const BINARY_ATTRIBUTES = ['objectGUID']

/** Active Directory keeps the first three groups of a GUID with their bytes the other way round. */
function guidText(bytes: Buffer): string {
  const turned = Buffer.concat([
    Buffer.from(bytes.subarray(0, 4)).reverse(),
    Buffer.from(bytes.subarray(4, 6)).reverse(),
    Buffer.from(bytes.subarray(6, 8)).reverse(),
    bytes.subarray(8),
  ])
  return turned.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

function guidBytes(text: string): Buffer {
  const bytes = Buffer.from(text.replaceAll('-', ''), 'hex')
  return Buffer.from(guidText(bytes).replaceAll('-', ''), 'hex')
}

/** What an account can be kept under. */
const ID_FORM = /^[\x20-\x7e]{1,255}$/

function idText(attribute: string, value: Value): string {
  if (typeof value === 'string') return value.trim().toLowerCase()
  return isGuid(attribute) && value.length === GUID_LENGTH ? guidText(value) : value.toString('hex')
}

/**
 * The unchanging id of an entry as a text in lower case; undefined where there is no single one, or
 * none that an account can be kept under.
 */
export function idOf(entry: Entry, attribute: string): string | undefined {
  const [value, ...others] = valuesOf(entry, attribute)
  if (value === undefined || others.length > 0) return undefined
  const id = idText(attribute, value)
  return ID_FORM.test(id) ? id : undefined
}

/** What the directory compares the attribute with to find an id again. */
export const idValue = (attribute: string, id: string): string | Buffer =>
  isGuid(attribute) ? guidBytes(id) : id
