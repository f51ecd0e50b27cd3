const KEY_LENGTH = 255
const DIGITS = 16
const VERSION = /^v?(\d{1,16})(?:\.(\d{1,16}))?(?:\.(\d{1,16}))?(?:-([0-9A-Za-z.-]+))?$/

/** Behind every prerelease of the same version. */
const RELEASE = '~'

const pad = (digits: string): string => digits.padStart(DIGITS, '0')

/** Numbers before words, and numbers by their value, as the specification of versions has it. */
const keyOfPart = (part: string): string => (/^\d{1,16}$/.test(part) ? `0${pad(part)}` : `1${part}`)

/**
 * A text that sorts tags by version when bytes are compared: `1.9` before `1.10`, `2.0.0-rc.1` before
 * `2.0.0`. What is no version sorts before all that are; of a very long prerelease the end is cut.
 *
 * @see https://semver.org/#spec-item-11
 */
export function versionKey(tag: string): string {
  const [isVersion, major, minor = '0', patch = '0', prerelease] = VERSION.exec(tag) ?? []
  if (isVersion === undefined || major === undefined) return ''
  const core = [major, minor, patch].map(pad).join('.')
  // A space sorts before all that parts are made of, so that fewer parts come first.
  const end = prerelease?.split('.').map(keyOfPart).join(' ')
  return `${core}${end === undefined ? RELEASE : `-${end}`}`.slice(0, KEY_LENGTH)
}
