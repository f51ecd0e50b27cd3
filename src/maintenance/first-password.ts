import { randomBytes, randomInt } from 'node:crypto'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

const PASSWORD_LENGTH = 20
/** Without letters that look alike, and without signs that a shell or a command line would obey. */
const ALPHABET = 'abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789'

/** Where the random first password goes: to a terminal, or into a file for its owner alone (R2). */
export interface FirstPasswordPlace {
  readonly path: string
  /** Undefined when there is no terminal. */
  readonly terminal: ((text: string) => void) | undefined
}

export interface FirstPassword {
  readonly password: string
  /** Shows it, or gives the file its name; called when this process made the installation. */
  readonly reveal: (username: string) => Promise<void>
  readonly discard: () => Promise<void>
}

/** A password that its administrator chose: it is shown to nobody. */
export const chosenPassword = (password: string): FirstPassword => ({
  password,
  reveal: async () => undefined,
  discard: async () => undefined,
})

/**
 * Makes a random first password. Its file is written before the database takes its hash, under
 * another name, so that no password is lost to a crash between the two.
 */
export async function createFirstPassword({
  path,
  terminal,
}: FirstPasswordPlace): Promise<FirstPassword> {
  const password = Array.from(
    { length: PASSWORD_LENGTH },
    () => ALPHABET[randomInt(ALPHABET.length)],
  ).join('')
  if (terminal !== undefined) {
    const reveal = async (username: string): Promise<void> =>
      terminal(
        `\nThe first administrator is ${username}, the password is ${password}\nIt is shown this once.\n\n`,
      )
    return { password, reveal, discard: async () => undefined }
  }
  const early = `${path}.${randomBytes(6).toString('hex')}`
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await writeFile(early, `${password}\n`, { mode: 0o600, flag: 'wx' })
  return {
    password,
    reveal: () => rename(early, path),
    discard: () => rm(early, { force: true }),
  }
}
