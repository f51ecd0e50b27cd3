import { databaseNow } from '../database/clock.ts'
import type { Database } from '../database/open-database.ts'
import type { Checkpoint, CheckpointKind } from './chain.ts'

export async function insertCheckpoint(
  database: Database,
  { kind, seal, mac, proof }: Checkpoint,
): Promise<void> {
  const created_at = databaseNow(database)
  await database('audit_checkpoints').insert({ kind, seal, mac, proof, created_at })
}

/** The furthest one of its kind, with its age in seconds. */
export async function findLastCheckpoint(
  database: Database,
  kind: CheckpointKind,
): Promise<(Checkpoint & { readonly ageSeconds: number }) | undefined> {
  const row = await database('audit_checkpoints')
    .where({ kind })
    .orderBy('seal', 'desc')
    .first('kind', 'seal', 'mac', 'proof', {
      age: database.raw('TIMESTAMPDIFF(SECOND, created_at, UTC_TIMESTAMP(3))'),
    })
  if (row === undefined) return undefined
  const { age, ...checkpoint } = row
  return { ...checkpoint, ageSeconds: Number(age) }
}

/** Those above `after` and at most at `until`, in their order. */
export async function listCheckpoints(
  database: Database,
  { after, until }: { readonly after: number; readonly until: number },
): Promise<readonly Checkpoint[]> {
  return database('audit_checkpoints')
    .where('seal', '>', after)
    .where('seal', '<=', until)
    .orderBy('seal')
    .select('kind', 'seal', 'mac', 'proof')
}

/** What stands before a cut proves nothing any more. */
export async function removeCheckpointsBefore(transaction: Database, seal: number): Promise<void> {
  await transaction('audit_checkpoints').where('seal', '<', seal).delete()
}
