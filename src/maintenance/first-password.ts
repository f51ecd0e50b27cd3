import { randomInt } from 'node:crypto'
import { lstat, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import {
  makeFolder,
  readIfPresent,
  readOrCreate,
  removeLeftovers,
  replaceFile,
} from '../signing/atomic-file.ts'

const PASSWORD_LENGTH = 20
/** Without letters that look alike, and without signs that a shell or a command line would obey. */
const ALPHABET = 'abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789'
const OTHERS_MAY_WRITE = 0o022

/** Where the random first password goes: to a terminal, or into a file for its owner alone (R2). */
export interface FirstPasswordPlace {
  readonly path: string
  /** Undefined when there is no terminal. */
  readonly terminal: ((text: string) => void) | undefined
}

export interface FirstPassword {
  readonly username: string
  readonly password: string
}

/**
 * A first password waits under this name from before the database takes its hash until somebody
 * was told, so that no kill in between loses it.
 */
const pendingPath = (path: string): string => `${path}.new`

const randomPassword = (): string =>
  Array.from({ length: PASSWORD_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')

/** In a folder such as /tmp, another user could have put a password there that he knows. */
async function refuseForeign(path: string): Promise<void> {
  const folder = await stat(dirname(path))
  if ((folder.mode & OTHERS_MAY_WRITE) === 0) return
  const file = await lstat(path)
  if (file.isFile() && file.uid === process.geteuid?.()) return
  throw new Error(
    `${path} was not made by this user, but would become the first password; remove it, and set WARDEN_FIRST_PASSWORD_PATH to a file in a folder where nobody else may write`,
  )
}

/** @returns undefined when none waits */
export async function readPendingPassword(path: string): Promise<string | undefined> {
  return (await readIfPresent(pendingPath(path)))?.trim()
}

/**
 * Makes a random first password, or reads the one that was made by a start which is under way or
 * was killed. Two processes on one folder get the same.
 *
 * @throws Error when another user of the machine may have made it
 */
export async function preparePendingPassword(path: string): Promise<string> {
  const pending = pendingPath(path)
  await makeFolder(dirname(path), 0o700)
  const make = (): string => `${randomPassword()}\n`
  const password = (await readOrCreate({ path: pending, mode: 0o600, make })).trim()
  await refuseForeign(pending)
  return password
}

/**
 * Shows the password, or gives its file the right name. It goes by what the caller knows, since
 * another process may have removed the waiting one, and a third may have made a new one.
 *
 * @returns where it is, for the log
 */
export async function revealFirstPassword(
  { path, terminal }: FirstPasswordPlace,
  { username, password }: FirstPassword,
): Promise<string> {
  if (terminal === undefined) {
    await replaceFile({ path, content: `${password}\n`, mode: 0o600 })
  } else {
    terminal(
      `\nThe first administrator is ${username}, the password is ${password}\nIt is shown this once.\n\n`,
    )
  }
  await discardPendingPassword(path)
  return terminal === undefined ? path : 'the terminal'
}

export async function discardPendingPassword(path: string): Promise<void> {
  await rm(pendingPath(path), { force: true })
}

/** Removes copies of the password that killed writes left behind. */
export async function removePasswordLeftovers(path: string, now: Date): Promise<void> {
  await removeLeftovers(path, now)
  await removeLeftovers(pendingPath(path), now)
}
