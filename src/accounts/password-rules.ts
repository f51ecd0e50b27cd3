import { ZxcvbnFactory } from '@zxcvbn-ts/core'
import { adjacencyGraphs, dictionary } from '@zxcvbn-ts/language-common'
import { AppError } from '../errors.ts'

const SHORTEST = 8
/** A hash takes as long as its input: a cap is a cap on work. */
export const LONGEST_PASSWORD = 128

/** First passwords that products of this field came with, beside the list of common ones. */
const FACTORY_PASSWORDS = [
  'harbor12345',
  'adminadmin',
  'admin1234',
  'admin12345',
  'passw0rd!',
  'p@ssw0rd!',
  'password!',
  'portusportus',
  'registry-warden',
]

/** Guessing it takes a few milliseconds for so many characters, and ever longer for more. */
const MOST_SCORED = 32
/** Of 4: a million guesses and more. */
const LEAST_SCORE = 2

const KEPT_MS = 60_000

let strength: ZxcvbnFactory | undefined
let forgetting: NodeJS.Timeout | undefined

/**
 * Made at first use, and given up a minute after the last: it takes a moment and some megabytes, and
 * new passwords are rare.
 */
function strengthMeter(): ZxcvbnFactory {
  clearTimeout(forgetting)
  forgetting = setTimeout(() => {
    strength = undefined
  }, KEPT_MS).unref()
  strength ??= new ZxcvbnFactory({ dictionary, graphs: adjacencyGraphs })
  return strength
}

const isEasyToGuess = (password: string, username: string): boolean => {
  const hints = [username, 'registry', 'warden', 'docker', 'harbor']
  return strengthMeter().check(password.slice(0, MOST_SCORED), hints).score < LEAST_SCORE
}

const known: ReadonlySet<string> = new Set([
  ...dictionary['passwords-common'].map(String),
  ...FACTORY_PASSWORDS,
])

function faultOf(password: string, username: string): string | undefined {
  if (password.length < SHORTEST) return `it has fewer than ${SHORTEST} characters`
  if (password.length > LONGEST_PASSWORD) return `it has more than ${LONGEST_PASSWORD} characters`
  if (/\p{Cc}/u.test(password)) return 'it holds a control character'
  const lower = password.toLowerCase()
  if (lower.includes(username) && lower.length < username.length + 4) {
    return 'it is little more than the user name'
  }
  if (known.has(lower)) return 'it is on a list of well-known passwords'
  if (isEasyToGuess(password, username)) return 'it is easy to guess'
  return undefined
}

/**
 * @param pointer where in the request it stands
 * @throws AppError PASSWORD_REFUSED (400) that says why, without the password
 */
export function requireGoodPassword(
  password: string,
  username: string,
  pointer = 'password',
): void {
  const fault = faultOf(password, username)
  if (fault === undefined) return
  throw new AppError('PASSWORD_REFUSED', {
    detail: `the password is not accepted: ${fault}; choose another one`,
    faults: [{ pointer, detail: fault }],
  })
}
