import { databaseNow, inSeconds, secondsAgo } from '../../database/clock.ts'
import type { Database } from '../../database/open-database.ts'

const LEASE = 'ldap sweep'

/** An account of a source, as it is found again there. */
export interface DueAccount {
  readonly id: number
  readonly username: string
  readonly externalId: string
}

/**
 * Accounts of a source whose claims end before a time and which have a token that works without them
 * ever signing in; those that end first before others.
 */
export async function listDueAccounts(
  database: Database,
  { source, before, now, most }: { source: string; before: Date; now: Date; most: number },
): Promise<readonly DueAccount[]> {
  const [rows] = await database.raw(
    `SELECT u.id, u.username, u.external_id
       FROM users u
      WHERE u.source = ? AND u.claims_end_at < ? AND u.deleted_at IS NULL AND u.disabled_at IS NULL
        AND COALESCE(
              (SELECT a.id FROM access_tokens a
                WHERE a.user_id = u.id AND (a.expires_at IS NULL OR a.expires_at > ?) LIMIT 1),
              (SELECT i.id FROM identity_tokens i
                WHERE i.user_id = u.id AND i.expires_at > ? LIMIT 1)) IS NOT NULL
      ORDER BY u.claims_end_at
      LIMIT ?`,
    [source, before, now, now, most],
  )
  return (rows as { id: number; username: string; external_id: string }[]).map(
    ({ id, username, external_id: externalId }) => ({ id, username, externalId }),
  )
}

/** One conditional UPDATE by the database's own clock. @returns whether it is this holder's turn */
export async function takeSweep(
  database: Database,
  { holder, termSeconds }: { readonly holder: string; readonly termSeconds: number },
): Promise<boolean> {
  await database('leases')
    .insert({ name: LEASE, holder: null, expires_at: new Date(0) })
    .onConflict('name')
    .ignore()
  const taken = await database('leases')
    .where({ name: LEASE })
    .andWhere((either) =>
      either.where({ holder }).orWhere('expires_at', '<', databaseNow(database)),
    )
    .update({
      holder,
      expires_at: inSeconds(database, termSeconds),
    })
  return taken === 1
}

export async function releaseSweep(database: Database, holder: string): Promise<void> {
  await database('leases')
    .where({ name: LEASE, holder })
    .update({ holder: null, expires_at: secondsAgo(database, 1) })
}
