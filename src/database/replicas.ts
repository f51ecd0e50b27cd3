import { readCausally } from './causal-read.ts'
import { databaseNow, secondsAgo } from './clock.ts'
import type { Database } from './open-database.ts'

/** One running process of this service, as it last said of itself. */
export interface Replica {
  readonly id: string
  readonly version: string
  /** SHA-256 of its signing leaf's certificate, in hex. */
  readonly leafFingerprint: string
  readonly leafEpoch: number
  readonly leafNotBefore: Date
  readonly leafNotAfter: Date
  readonly startedAt: Date
  readonly seenAt: Date
}

const FORGET_AFTER_SECONDS = 3600

export async function reportReplica(database: Database, replica: Replica): Promise<void> {
  await database('replicas')
    .insert({
      id: replica.id,
      version: replica.version,
      leaf_fingerprint: replica.leafFingerprint,
      leaf_epoch: replica.leafEpoch,
      leaf_not_before: replica.leafNotBefore,
      leaf_not_after: replica.leafNotAfter,
      started_at: replica.startedAt,
      seen_at: databaseNow(database),
    })
    .onConflict('id')
    .merge(['leaf_fingerprint', 'leaf_epoch', 'leaf_not_before', 'leaf_not_after', 'seen_at'])
  await database('replicas')
    .where('seen_at', '<', secondsAgo(database, FORGET_AFTER_SECONDS))
    .delete()
}

export async function removeReplica(database: Database, id: string): Promise<void> {
  await database('replicas').where({ id }).delete()
}

/** The processes that spoke within the last minute, the longest running first. */
export async function listReplicas(database: Database): Promise<readonly Replica[]> {
  const rows = await database('replicas')
    .where('seen_at', '>', secondsAgo(database, 60))
    .orderBy([{ column: 'started_at' }, { column: 'id' }])
    .select('*')
  return rows.map((row) => ({
    id: row.id,
    version: row.version,
    leafFingerprint: row.leaf_fingerprint,
    leafEpoch: row.leaf_epoch,
    leafNotBefore: row.leaf_not_before,
    leafNotAfter: row.leaf_not_after,
    startedAt: row.started_at,
    seenAt: row.seen_at,
  }))
}

/** Some processes that did not say that they stop, also those that died within the last hour. */
export async function listReplicaIds(database: Database, most: number): Promise<readonly string[]> {
  const query = database('replicas').where('id', '>', '').orderBy('id').limit(most).select('id')
  const rows = await readCausally<{ readonly id: string }>(database, query)
  return rows.map(({ id }) => id)
}
