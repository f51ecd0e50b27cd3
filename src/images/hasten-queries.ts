import { inBatches, withAnyKey } from '../database/bulk.ts'
import { inMilliseconds } from '../database/clock.ts'
import type { Database } from '../database/open-database.ts'
import type { DirtyMark } from './dirty-queries.ts'

/** Has what waits for longer read after so long; what is not marked is let be. */
export async function hastenDirty(
  database: Database,
  references: readonly Pick<DirtyMark, 'repository' | 'reference'>[],
  afterMs: number,
): Promise<void> {
  const due_at = inMilliseconds(database, afterMs)
  for (const batch of inBatches(references)) {
    await database('dirty_references')
      .where(withAnyKey(batch.map(({ repository, reference }) => ({ repository, reference }))))
      .where('due_at', '>', due_at)
      .update({ due_at })
  }
}
