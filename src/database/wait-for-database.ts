import { setTimeout as sleep } from 'node:timers/promises'
import { isDatabaseLost } from './database-error.ts'
import type { Database } from './open-database.ts'

const PING_TIMEOUT_MS = 1000
const FIRST_PAUSE_MS = 250
const LONGEST_PAUSE_MS = 5000

/** @throws when the database does not answer within a second */
export async function pingDatabase(database: Database): Promise<void> {
  await database.raw('SELECT 1').timeout(PING_TIMEOUT_MS, { cancel: false })
}

export interface WaitDeps {
  readonly database: Database
  readonly log: (message: string) => void
}

/** @returns why the database did not answer, or undefined when it did */
async function tryPing(database: Database): Promise<Error | undefined> {
  try {
    await pingDatabase(database)
    return undefined
  } catch (error) {
    if (!isDatabaseLost(error)) throw error
    return error instanceof Error ? error : new Error(String(error))
  }
}

/**
 * Waits until the database answers, saying so again and again, since a server in compose starts
 * later than we do.
 *
 * @throws Error when it did not answer for `limitSeconds`, with its last reason
 */
export async function waitForDatabase(
  { database, log }: WaitDeps,
  { where, limitSeconds }: { readonly where: string; readonly limitSeconds: number },
): Promise<void> {
  const deadlineMs = performance.now() + limitSeconds * 1000
  let pauseMs = FIRST_PAUSE_MS
  for (let lost = await tryPing(database); lost; lost = await tryPing(database)) {
    const leftMs = deadlineMs - performance.now()
    if (leftMs <= 0) {
      throw new Error(
        `the database at ${where} did not answer for ${limitSeconds} s (${lost.message}); start it, or check WARDEN_DB_HOST, WARDEN_DB_PORT, WARDEN_DB_USER and its password`,
        { cause: lost },
      )
    }
    log(`waiting for the database at ${where}: ${lost.message}`)
    await sleep(Math.min(pauseMs, leftMs))
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)
  }
}
