import type { Database } from '../database/open-database.ts'
import { repeat } from '../database/repeat.ts'
import { AT_ONCE, applyEvents, type NotePushed } from './apply-events.ts'
import { removeManyUnreadable, removeOldSources, removeOldUnreadable } from './intake-queries.ts'
import { removeExpiredPullMarks } from './mark-queries.ts'
import { removeAppliedEvents } from './queries.ts'

const APPLY_EVERY_MS = 200
const MOST_BATCHES = 200
const TRIM_EVERY_MS = 30_000
const TRIMMED_AT_ONCE = 2000
const MOST_TRIMS = 200
/** The registry sends an event again within seconds when it did not hear our answer. */
const KEEP_APPLIED_SECONDS = 3600
const KEEP_UNREADABLE_DAYS = 30
/** Of some kilobytes each: a registry that is broken sends nothing else. */
const KEEP_UNREADABLE = 10_000
const KEEP_SOURCES_DAYS = 7

export interface KeepInboxDeps {
  readonly database: Database
  readonly notePushed: NotePushed
  readonly isLeader: () => Promise<boolean>
  readonly onApplied: (events: number) => void
  readonly onFailure: (error: unknown) => void
}

/** Lets go, some at a time, what was kept for long enough or is too much. */
export async function trimInbox({
  database,
  isLeader,
}: Pick<KeepInboxDeps, 'database' | 'isLeader'>): Promise<void> {
  if (!(await isLeader())) return
  const most = TRIMMED_AT_ONCE
  const steps = [
    () => removeAppliedEvents(database, { seconds: KEEP_APPLIED_SECONDS, most }),
    () => removeExpiredPullMarks(database, most),
    () => removeOldUnreadable(database, { days: KEEP_UNREADABLE_DAYS, most }),
    () => removeManyUnreadable(database, { keep: KEEP_UNREADABLE, most }),
    () => removeOldSources(database, { days: KEEP_SOURCES_DAYS, most }),
  ]
  for (const step of steps) {
    for (let tries = 0; tries < MOST_TRIMS && (await step()) === most; tries++);
  }
}

async function apply({ database, isLeader, onApplied, notePushed }: KeepInboxDeps): Promise<void> {
  for (let batch = 0; batch < MOST_BATCHES && (await isLeader()); batch++) {
    const applied = await applyEvents(database, notePushed)
    onApplied(applied)
    // What comes in meanwhile waits for the next round, so that it is applied together.
    if (applied < AT_ONCE) return
  }
}

/** Applies what is in the inbox, and lets go what was applied long ago. */
export function keepInbox(deps: KeepInboxDeps): () => Promise<void> {
  const { onFailure } = deps
  const stops = [
    repeat({ everyMs: APPLY_EVERY_MS, work: () => apply(deps), onFailure }),
    repeat({ everyMs: TRIM_EVERY_MS, work: () => trimInbox(deps), onFailure }),
  ]
  return async () => {
    await Promise.all(stops.map((stop) => stop()))
  }
}
