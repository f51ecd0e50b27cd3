import type { IncomingMessage } from 'node:http'
import { isValueRefused } from '../database/database-error.ts'
import type { Database } from '../database/open-database.ts'
import { AppError } from '../errors.ts'
import type { EventOutcome } from '../metrics/names.ts'
import { parseEnvelope, type RegistryEvent, type UnreadableEvent } from '../protocol/event.ts'
import { insertUnreadable } from './intake-queries.ts'
import { isOwnPull } from './plan-events.ts'
import type { WriteEvents } from './write-events.ts'

/** An event with all references of the largest manifest is smaller. */
const MOST_BYTES = 8 * 1024 * 1024

export interface TakeEnvelopeDeps {
  readonly database: Database
  readonly now: () => Date
  readonly writeEvents: WriteEvents
  readonly count: (outcome: EventOutcome, events: number) => void
  /** Told where events come from. */
  readonly noteSource: (address: string) => void
}

/** What is larger is read to its end and not kept: refused, it would be sent again for ever. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of request) {
      size += chunk.length
      if (size <= MOST_BYTES) chunks.push(chunk)
      else chunks.length = 0
    }
  } catch (cause) {
    throw new AppError('REQUEST_INVALID', { detail: 'the body ended before its end', cause })
  }
  return size <= MOST_BYTES ? Buffer.concat(chunks).toString('utf8') : undefined
}

const tooLarge: UnreadableEvent = { reason: `more than ${MOST_BYTES} bytes`, text: '' }

/** What no table takes is no reason to have it sent again either. */
async function store(
  { writeEvents }: TakeEnvelopeDeps,
  events: readonly RegistryEvent[],
): Promise<readonly UnreadableEvent[]> {
  if (events.length === 0) return []
  try {
    await writeEvents(events)
    return []
  } catch (error) {
    if (!isValueRefused(error)) throw error
    return events.map((event) => ({
      reason: 'the database does not take it',
      text: JSON.stringify(event).slice(0, 4000),
    }))
  }
}

/** Pulls of blobs by HEAD say nothing that is not known; ours are nobody's. */
const isOfUse = (event: RegistryEvent): boolean =>
  !isOwnPull(event) &&
  !(event.action === 'pull' && event.content === 'blob' && event.method === 'HEAD')

/**
 * Takes in what a registry tells. It is written down before it is answered, and answered well
 * whatever it is: the registry sends what was refused again for ever, and nothing after it.
 *
 * @throws AppError UNAVAILABLE (503) when the database is away; the registry keeps the events then
 */
export async function takeEnvelope(
  deps: TakeEnvelopeDeps,
  request: IncomingMessage,
): Promise<void> {
  const body = await readBody(request)
  const { events, unreadable } =
    body === undefined ? { events: [], unreadable: [tooLarge] } : parseEnvelope(body)
  const kept = events.filter(isOfUse)
  const broken = [...unreadable, ...(await store(deps, kept))]
  if (broken.length > 0) await insertUnreadable(deps.database, broken, deps.now())
  deps.count('accepted', kept.length + unreadable.length - broken.length)
  deps.count('own', events.length - kept.length)
  deps.count('unreadable', broken.length)
  for (const source of new Set(events.map((event) => event.source))) deps.noteSource(source)
}
