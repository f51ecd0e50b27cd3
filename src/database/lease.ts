import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { databaseNow, inSeconds, secondsAgo } from './clock.ts'
import type { Database } from './open-database.ts'

const TERM_SECONDS = 15
const HEARTBEAT_MS = 4000
const RETRY_MS = 500

/** Says whether the lease is still held, by the word of the last heartbeat. */
export interface Lease {
  readonly holder: string
  /** @throws Error when the lease was lost: another process may be at the same work already */
  check(): void
}

async function createLeaseTable(database: Database): Promise<void> {
  await database.raw(
    `CREATE TABLE IF NOT EXISTS leases (
      name VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
      holder CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NULL,
      expires_at DATETIME(3) NOT NULL
    )`,
  )
}

/** Makes the row that is then taken and released. */
export async function prepareLease(database: Database, name: string): Promise<void> {
  await createLeaseTable(database)
  await database('leases')
    .insert({ name, holder: null, expires_at: new Date(0) })
    .onConflict('name')
    .ignore()
}

/** One conditional UPDATE by the database's own clock: portable to every cluster, and never won twice. */
export async function takeLease(
  database: Database,
  name: string,
  holder: string,
): Promise<boolean> {
  const taken = await database('leases')
    .where({ name })
    .andWhere((either) =>
      either.where({ holder }).orWhere('expires_at', '<', databaseNow(database)),
    )
    .update({
      holder,
      expires_at: inSeconds(database, TERM_SECONDS),
    })
  return taken === 1
}

export async function releaseLease(
  database: Database,
  name: string,
  holder: string,
): Promise<void> {
  await database('leases')
    .where({ name, holder })
    .update({ holder: null, expires_at: secondsAgo(database, 1) })
}

/** Whether some process holds the lease now. */
export async function isLeaseTaken(database: Database, name: string): Promise<boolean> {
  await createLeaseTable(database)
  const row = await database('leases')
    .where({ name })
    .andWhere('expires_at', '>', databaseNow(database))
    .first('name')
  return row !== undefined
}

function keepLease(database: Database, name: string, holder: string) {
  let lost = false
  let renewedAtMs = performance.now()
  const beat = async (): Promise<void> => {
    const startedAtMs = performance.now()
    const held = await takeLease(database, name, holder).catch(() => undefined)
    if (held === true) renewedAtMs = startedAtMs
    if (held === false) lost = true
  }
  const timer = setInterval(() => void beat(), HEARTBEAT_MS)
  const check = (): void => {
    if (lost || performance.now() - renewedAtMs > TERM_SECONDS * 1000) {
      throw new Error(`the lease "${name}" was lost to another process; start again`)
    }
  }
  return { check, stop: () => clearInterval(timer) }
}

/**
 * Does `work` while this process alone holds the named lease; waits for it as long as it takes.
 * A holder that died is followed by the next one when its term of 15 seconds is over.
 *
 * @param onWait called once when another process holds the lease
 */
export async function withLease<T>(
  { database, onWait }: { readonly database: Database; readonly onWait: () => void },
  name: string,
  work: (lease: Lease) => Promise<T>,
): Promise<T> {
  const holder = randomUUID()
  await prepareLease(database, name)
  for (let tries = 0; !(await takeLease(database, name, holder)); tries++) {
    if (tries === 1) onWait()
    await sleep(RETRY_MS)
  }
  const kept = keepLease(database, name, holder)
  try {
    return await work({ holder, check: kept.check })
  } finally {
    kept.stop()
    await releaseLease(database, name, holder).catch(() => undefined)
  }
}
