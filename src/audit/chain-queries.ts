import { databaseNow, inSeconds, secondsAgo } from '../database/clock.ts'
import type { Database } from '../database/open-database.ts'
import type { Link } from './types.ts'

const ROW = 1
const TERM_SECONDS = 15

/** The one row that knows how far the chain is. */
export interface ChainHead extends Link {
  readonly proof: string
  /** Number of the last row that was forwarded. */
  readonly forwarded: number
}

export async function findChainKeyId(database: Database): Promise<string | undefined> {
  const row = await database('audit_chain').where({ id: ROW }).first('key_id')
  return row?.key_id
}

/** Does nothing where there is a chain. */
export async function insertChain(
  database: Database,
  { keyId, head, proof }: { readonly keyId: string; readonly head: Link; readonly proof: string },
): Promise<void> {
  await database('audit_chain')
    .insert({
      id: ROW,
      key_id: keyId,
      seal: head.seal,
      mac: head.mac,
      proof,
      forwarded: 0,
      holder: null,
      expires_at: new Date(0),
    })
    .onConflict('id')
    .ignore()
}

export async function findHead(database: Database): Promise<ChainHead | undefined> {
  return database('audit_chain').where({ id: ROW }).first('seal', 'mac', 'proof', 'forwarded')
}

/**
 * Takes the chain for 15 seconds, or for 15 more, by the database's own clock.
 *
 * @returns whether it is this holder's now
 */
export async function takeChain(database: Database, holder: string): Promise<boolean> {
  const taken = await database('audit_chain')
    .where({ id: ROW })
    .andWhere((either) =>
      either.where({ holder }).orWhere('expires_at', '<', databaseNow(database)),
    )
    .update({
      holder,
      expires_at: inSeconds(database, TERM_SECONDS),
    })
  return taken === 1
}

export async function releaseChain(database: Database, holder: string): Promise<void> {
  await database('audit_chain')
    .where({ id: ROW, holder })
    .update({ holder: null, expires_at: secondsAgo(database, 1) })
}

/**
 * Locks the chain until the transaction ends.
 *
 * @returns undefined when it is not the holder's any more
 */
export async function lockHead(
  transaction: Database,
  holder: string,
): Promise<ChainHead | undefined> {
  return transaction('audit_chain')
    .where({ id: ROW, holder })
    .where('expires_at', '>', databaseNow(transaction))
    .forUpdate()
    .first('seal', 'mac', 'proof', 'forwarded')
}

export async function updateHead(
  transaction: Database,
  { seal, mac }: Link,
  proof: string,
): Promise<void> {
  await transaction('audit_chain').where({ id: ROW }).update({ seal, mac, proof })
}

/** Never goes back, and does nothing for a holder that lost the chain. */
export async function updateForwarded(
  database: Database,
  seal: number,
  holder: string,
): Promise<void> {
  await database('audit_chain')
    .where({ id: ROW, holder })
    .where('forwarded', '<', seal)
    .update({ forwarded: seal })
}
