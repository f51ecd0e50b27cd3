import type { Database } from '../database/open-database.ts'
import { repeat } from '../database/repeat.ts'
import { noteUses, type UsedTable } from './queries.ts'

const FLUSH_MS = 5000
/** A use is noted once a minute at most. */
const NOTED_FOR_MS = 60_000
const MOST_NOTED = 100_000
const IDS_PER_STATEMENT = 500

/** Remembers what was used, and writes it down now and then: the way of a token never waits for it. */
export interface LastUse {
  readonly note: (table: UsedTable, id: number) => void
  /** @returns stops it, and writes down what is left */
  readonly start: () => () => Promise<void>
}

export interface LastUseDeps {
  readonly database: Database
  readonly now: () => Date
}

interface TableUses {
  /** Used since the last time, to be written. */
  readonly pending: Set<number>
  /** When the use of an id was written last. */
  readonly noted: Map<number, number>
}

async function flush(
  { database, now }: LastUseDeps,
  table: UsedTable,
  { pending, noted }: TableUses,
): Promise<void> {
  const at = now()
  for (const ids = [...pending]; ids.length > 0; ) {
    const some = ids.splice(0, IDS_PER_STATEMENT)
    const unless = new Date(at.getTime() - NOTED_FOR_MS)
    await noteUses(database, table, { ids: some, at, unless })
    for (const id of some) {
      pending.delete(id)
      noted.set(id, at.getTime())
    }
  }
  for (const [id, notedAtMs] of noted) {
    if (at.getTime() - notedAtMs >= NOTED_FOR_MS) noted.delete(id)
  }
}

/** Makes it; a crash loses the last seconds of uses, which are no more than a help to people. */
export function createLastUse(deps: LastUseDeps): LastUse {
  const empty = (): TableUses => ({ pending: new Set(), noted: new Map() })
  const tables: Readonly<Record<UsedTable, TableUses>> = {
    access_tokens: empty(),
    identity_tokens: empty(),
    robots: empty(),
  }
  const flushAll = async (): Promise<void> => {
    for (const [table, uses] of Object.entries(tables)) await flush(deps, table as UsedTable, uses)
  }
  return {
    note: (table, id) => {
      const { pending, noted } = tables[table]
      if (noted.has(id) || pending.size + noted.size >= MOST_NOTED) return
      pending.add(id)
    },
    start: () => {
      // What could not be written is written the next time.
      const stop = repeat({ everyMs: FLUSH_MS, work: flushAll, onFailure: () => undefined })
      return async () => {
        await stop()
        await flushAll().catch(() => undefined)
      }
    },
  }
}
