import { isValueRefused } from '../database/database-error.ts'
import type { Database } from '../database/open-database.ts'
import type { RegistryEvent } from '../protocol/event.ts'
import { insertEvents } from './queries.ts'

/** Events of so many requests go into one statement. */
const MOST_AT_ONCE = 200

interface Waiting {
  readonly events: readonly RegistryEvent[]
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

export interface EventWriterDeps {
  readonly database: Database
  readonly now: () => Date
}

/** Resolves when the events are committed, rejects when they are not. */
export type WriteEvents = (events: readonly RegistryEvent[]) => Promise<void>

/**
 * Writes down events of several requests in one statement: those that come while another statement
 * is under way wait for it. A registry sends one event a request, and each commit waits for a disk.
 */
export function createEventWriter({ database, now }: EventWriterDeps): WriteEvents {
  const waiting: Waiting[] = []
  let isWriting = false

  const write = (batch: readonly Waiting[]): Promise<void> =>
    insertEvents(
      database,
      batch.flatMap(({ events }) => events),
      now(),
    )

  const settle = (batch: readonly Waiting[]): Promise<void> =>
    write(batch).then(
      () => batch.forEach(({ resolve }) => void resolve()),
      async (error: unknown) => {
        // What no table takes must not take along what came beside it.
        if (batch.length > 1 && isValueRefused(error)) await settleEach(batch)
        else batch.forEach(({ reject }) => void reject(error))
      },
    )

  const settleEach = async (batch: readonly Waiting[]): Promise<void> => {
    for (const one of batch) await settle([one])
  }

  const settleAll = async (): Promise<void> => {
    isWriting = true
    while (waiting.length > 0) await settle(waiting.splice(0, MOST_AT_ONCE))
    isWriting = false
  }

  return (events) =>
    new Promise((resolve, reject) => {
      waiting.push({ events, resolve, reject })
      if (!isWriting) void settleAll()
    })
}
