import { randomInt } from 'node:crypto'
import { inBatches, withAnyKey } from '../database/bulk.ts'
import { databaseNow, inMilliseconds } from '../database/clock.ts'
import type { Database } from '../database/open-database.ts'

/** Something that may have changed at the registry: a tag or a digest of a repository. */
export interface DirtyMark {
  readonly repository: string
  readonly reference: string
  /** Whether we were told that it is gone: then its absence needs less time to be believed. */
  readonly isDeletion?: boolean
  /** When we were told of a push. */
  readonly pushedAt?: Date | undefined
  readonly actor?: string | undefined
}

export interface DirtyReference extends Required<DirtyMark> {
  /** Grows with each mark; one that came since the reading began makes it differ. */
  readonly marks: number
  readonly tries: number
}

interface DirtyRow {
  readonly repository: string
  readonly reference: string
  readonly is_deletion: number
  readonly pushed_at: Date | null
  readonly actor: string | null
  readonly marks: number
  readonly tries: number
}

const MOST_FIRST = 2 ** 31

/**
 * What counting marks begins at: by chance, so that a reader who was held up does not take what was
 * marked anew, after another had read it, for what they have read themselves.
 */
export const firstMark = (): number => randomInt(1, MOST_FIRST)

/** Says that references are to be read again, at once or after so long. */
export async function markDirty(
  database: Database,
  marks: readonly DirtyMark[],
  afterMs = 0,
): Promise<void> {
  const due_at = inMilliseconds(database, afterMs)
  const rows = marks
    .toSorted((a, b) =>
      `${a.repository}:${a.reference}` < `${b.repository}:${b.reference}` ? -1 : 1,
    )
    .map((mark) => ({
      repository: mark.repository,
      reference: mark.reference,
      is_deletion: mark.isDeletion ? 1 : 0,
      pushed_at: mark.pushedAt ?? null,
      actor: mark.actor ?? null,
      marks: firstMark(),
      due_at,
    }))
  for (const batch of inBatches(rows)) {
    await database('dirty_references')
      .insert(batch)
      .onConflict()
      .merge({
        marks: database.raw('marks + 1'),
        // Until it was read: what was told last need not be what was done last.
        is_deletion: database.raw('GREATEST(is_deletion, VALUES(is_deletion))'),
        actor: database.raw('COALESCE(VALUES(actor), actor)'),
        pushed_at: database.raw('COALESCE(VALUES(pushed_at), pushed_at)'),
        tries: 0,
        due_at: database.raw('VALUES(due_at)'),
      })
  }
}

/** Those that are due, the longest waiting first. */
export async function listDirty(
  database: Database,
  most: number,
): Promise<readonly DirtyReference[]> {
  const rows: DirtyRow[] = await database('dirty_references')
    .where('due_at', '<=', databaseNow(database))
    .orderBy('due_at')
    .limit(most)
    .select('repository', 'reference', 'is_deletion', 'pushed_at', 'actor', 'marks', 'tries')
  return rows.map((row) => ({
    repository: row.repository,
    reference: row.reference,
    isDeletion: row.is_deletion === 1,
    pushedAt: row.pushed_at ?? undefined,
    actor: row.actor ?? undefined,
    marks: row.marks,
    tries: row.tries,
  }))
}

const keyOf = ({ repository, reference, marks }: DirtyReference) => ({
  repository,
  reference,
  marks,
})

/** Takes the marks away, but not from what was marked again in the meantime. */
export async function removeDirty(
  database: Database,
  read: readonly DirtyReference[],
): Promise<void> {
  for (const batch of inBatches(read)) {
    await database('dirty_references')
      .where(withAnyKey(batch.map(keyOf)))
      .delete()
  }
}

/** Lets it wait, but not what was marked again in the meantime. */
export async function postponeDirty(
  database: Database,
  read: readonly DirtyReference[],
  { milliseconds, isFailure }: { readonly milliseconds: number; readonly isFailure: boolean },
): Promise<void> {
  for (const batch of inBatches(read)) {
    await database('dirty_references')
      .where(withAnyKey(batch.map(keyOf)))
      .update({
        tries: database.raw(isFailure ? 'tries + 1' : 'tries'),
        due_at: inMilliseconds(database, milliseconds),
      })
  }
}

/** At most `most`: a long queue is told as that. */
export async function countDirty(database: Database, most: number): Promise<number> {
  // A beginning, so that the index is not read whole.
  const rows = database('dirty_references')
    .where('due_at', '>', new Date(0))
    .orderBy('due_at')
    .limit(most)
    .select('due_at')
  const row = await database.count({ count: '*' }).from(rows.as('waiting')).first()
  return Number(row?.count ?? 0)
}
