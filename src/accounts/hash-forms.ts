/** What a stored hash can be. New ones are argon2id; bcrypt comes in by import alone. */
export type HashForm = 'argon2' | 'bcrypt'

const BCRYPT = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/
const LOWEST_COST = 4
/** Some 200 ms of a core; each step above doubles it, for whoever sends passwords (R17). */
const HIGHEST_COST = 12

export const hashForm = (hash: string): HashForm => (hash.startsWith('$2') ? 'bcrypt' : 'argon2')

/** The three names stand for the same work; the library knows two of them. */
export const normalizeBcrypt = (hash: string): string => hash.replace(/^\$2y\$/, '$2b$')

const RESET = 'give the user a new password here, or write the line anew with: htpasswd -B'

const FOREIGN: readonly (readonly [RegExp, string])[] = [
  [/^\$apr1\$/, `is MD5 of Apache (apr1), which the registry does not take either; ${RESET}`],
  [/^\{SHA\}/i, `is SHA-1 without salt; ${RESET}`],
  [/^\{SSHA\}/i, `is SHA-1; ${RESET}`],
  [/^\$1\$/, `is MD5 of crypt; ${RESET}`],
  [/^\$[56]\$/, `is SHA-2 of crypt; ${RESET}`],
  [/^\$2/, `is bcrypt, but not a whole one; ${RESET}`],
  [/^[./A-Za-z0-9]{13}$/, `is DES of crypt, or plain text; ${RESET}`],
]

/**
 * Says what is wrong with a hash of an htpasswd file.
 *
 * @returns undefined for bcrypt of a bearable cost; never any of the hash itself
 */
export function faultOfImportedHash(hash: string): string | undefined {
  const cost = Number(BCRYPT.exec(hash)?.[1])
  if (Number.isInteger(cost)) {
    if (cost > HIGHEST_COST) {
      return `has the bcrypt cost ${cost}, and every sign-in would take seconds; at most ${HIGHEST_COST} is taken; ${RESET}`
    }
    return cost < LOWEST_COST ? `has the bcrypt cost ${cost}, which no library takes` : undefined
  }
  return (
    FOREIGN.find(([form]) => form.test(hash))?.[1] ?? `has no form that is known here; ${RESET}`
  )
}
