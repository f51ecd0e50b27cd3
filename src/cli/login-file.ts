import { open, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'
import { z } from 'zod'
import { makeFolder, replaceFile } from '../signing/atomic-file.ts'
import { CommandError } from './command-line.ts'

const placeSchema = z.object({ url: z.string(), username: z.string() })

const loginSchema = z.union([
  placeSchema.extend({ password: z.string() }),
  placeSchema.extend({ token: z.string() }),
])

/** What `warden login` keeps for the commands after it. */
export type Login = z.output<typeof loginSchema>

/** A relative XDG_CONFIG_HOME does not count: so its specification says. */
export function loginPath({ XDG_CONFIG_HOME: folder, HOME: home }: NodeJS.ProcessEnv): string {
  const base = folder && isAbsolute(folder) ? folder : join(home || homedir(), '.config')
  return join(base, 'registry-warden', 'login.json')
}

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code

const unreadable = (path: string, reason: string): CommandError =>
  new CommandError(`${path} cannot be read (${reason}); remove it and run: warden login`)

async function readWithMode(path: string): Promise<{ text: string; mode: number } | undefined> {
  try {
    const handle = await open(path)
    try {
      return { text: await handle.readFile('utf8'), mode: (await handle.stat()).mode }
    } finally {
      await handle.close()
    }
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw unreadable(path, error instanceof Error ? error.message : String(error))
  }
}

function parseLogin(text: string): Login | undefined {
  try {
    return loginSchema.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

/**
 * Reads what `warden login` kept.
 *
 * @returns undefined when nobody is signed in; `isExposed` when other people may read the file
 * @throws CommandError when the file is there and cannot be read
 */
export async function readLogin(
  path: string,
): Promise<{ readonly login: Login; readonly isExposed: boolean } | undefined> {
  const file = await readWithMode(path)
  if (file === undefined) return undefined
  const login = parseLogin(file.text)
  if (login === undefined) throw unreadable(path, 'it does not hold what warden login writes')
  return { login, isExposed: (file.mode & 0o077) !== 0 }
}

/** Puts the whole file in place at once, for its owner alone. */
export async function writeLogin(path: string, login: Login): Promise<void> {
  await makeFolder(dirname(path), 0o700)
  await replaceFile({ path, content: `${JSON.stringify(login, null, 2)}\n`, mode: 0o600 })
}

/** @returns false when there was none */
export async function removeLogin(path: string): Promise<boolean> {
  try {
    await rm(path)
    return true
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false
    throw error
  }
}
