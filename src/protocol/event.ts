import { z } from 'zod'
import { isDigest, isRepositoryName, isTag } from './reference.ts'

/** Events of one envelope that are looked at; the registry sends one at a time. */
const MOST_EVENTS = 1000
/** What is kept of an event that cannot be read. */
const KEPT_CHARACTERS = 4000
const ACTOR_LENGTH = 255
const ADDRESS_LENGTH = 64
const SOURCE_LENGTH = 128
const MOST_BYTES = Number.MAX_SAFE_INTEGER
const BLOB_TYPE = 'application/octet-stream'

export const EVENT_ACTIONS = ['push', 'pull', 'mount', 'delete'] as const
export type EventAction = (typeof EVENT_ACTIONS)[number]

/** What the registry told of; a delete does not say whether it was of a manifest or of a blob. */
export type EventContent = 'manifest' | 'blob' | 'unknown'

/**
 * One thing that happened at a registry, as its notification tells it. A hint and no more: events
 * come late, twice, in any order, or never.
 */
export interface RegistryEvent {
  /** Made by the registry; the same when the event is sent again. */
  readonly id: string
  /** By the registry's clock. Undefined when it cannot be read. */
  readonly happenedAt: Date | undefined
  readonly action: EventAction
  readonly content: EventContent
  readonly repository: string
  /** Only where the request named it. */
  readonly tag: string | undefined
  readonly digest: string | undefined
  readonly sizeBytes: number | undefined
  /** Method of the request: a pull may be a HEAD. */
  readonly method: string
  /** Subject of the token; '' for anonymous. */
  readonly actor: string
  /** Address of the client without its port, as the registry saw or was told it. */
  readonly address: string
  /** Host and port of the registry process. */
  readonly source: string
}

export interface UnreadableEvent {
  readonly reason: string
  /** The beginning of what was sent. */
  readonly text: string
}

export interface EventEnvelope {
  readonly events: readonly RegistryEvent[]
  /** What could not be read, to be kept: the registry would send it again for ever. */
  readonly unreadable: readonly UnreadableEvent[]
}

/** Registry 3 writes '' and 0 where 2.8 leaves a field out. */
const optionalText = z
  .string()
  .nullish()
  .transform((text) => text || undefined)

const eventSchema = z.object({
  id: z.string().regex(/^[\w.-]{1,64}$/, 'is no id'),
  timestamp: z.string().optional(),
  action: z.enum(EVENT_ACTIONS),
  target: z.object({
    mediaType: optionalText,
    digest: optionalText.refine((text) => text === undefined || isDigest(text), 'is no digest'),
    size: z.number().nullish(),
    length: z.number().nullish(),
    repository: z.string().refine(isRepositoryName, 'is no repository name'),
    tag: optionalText.refine((text) => text === undefined || isTag(text), 'is no tag'),
  }),
  request: z.object({ addr: optionalText, method: optionalText }).nullish(),
  actor: z.object({ name: optionalText }).nullish(),
  source: z.object({ addr: optionalText }).nullish(),
})

type ParsedEvent = z.output<typeof eventSchema>

/** `10.0.0.7:41892` and `[fd00::7]:41892` are of the clients `10.0.0.7` and `fd00::7`. */
function withoutPort(address: string): string {
  const [, inner] = /^\[(.*)\](?::\d+)?$/.exec(address) ?? []
  if (inner !== undefined) return inner
  return address.split(':').length === 2 ? address.slice(0, address.indexOf(':')) : address
}

/** Printable ASCII, so that any column and any log takes it. */
const plain = (text: string | undefined, most: number): string =>
  (text ?? '').replace(/[^\x20-\x7e]/g, '?').slice(0, most)

function contentOf({ mediaType, tag }: ParsedEvent['target']): EventContent {
  if (mediaType === BLOB_TYPE) return 'blob'
  return mediaType !== undefined || tag !== undefined ? 'manifest' : 'unknown'
}

function sizeOf({ size, length }: ParsedEvent['target']): number | undefined {
  const bytes = size || length || undefined
  const isSize = bytes !== undefined && Number.isInteger(bytes) && bytes > 0 && bytes <= MOST_BYTES
  return isSize ? bytes : undefined
}

function readTime(text: string | undefined): Date | undefined {
  const time = new Date(text ?? '')
  const year = time.getUTCFullYear()
  return year >= 2000 && year < 10_000 ? time : undefined
}

const toEvent = ({ id, timestamp, action, target, request, actor, source }: ParsedEvent) => ({
  id,
  happenedAt: readTime(timestamp),
  action,
  content: contentOf(target),
  repository: target.repository,
  tag: target.tag,
  digest: target.digest,
  sizeBytes: sizeOf(target),
  method: plain(request?.method, 8).toUpperCase(),
  actor: plain(actor?.name, ACTOR_LENGTH),
  address: plain(withoutPort(request?.addr ?? ''), ADDRESS_LENGTH),
  source: plain(source?.addr, SOURCE_LENGTH),
})

const unreadable = (reason: string, text: string): UnreadableEvent => ({
  reason: reason.slice(0, 255),
  text: text.slice(0, KEPT_CHARACTERS),
})

const envelopeSchema = z.object({ events: z.array(z.unknown()) })

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** What is nested too deeply for the writer of JSON was not for its reader. */
function textOf(given: unknown): string {
  try {
    return JSON.stringify(given)
  } catch {
    return ''
  }
}

const describe = ({ path, message }: z.core.$ZodIssue): string => `${path.join('.')}: ${message}`

/**
 * Reads the body of a notification, `events.v1+json` of registry 2.8 and `events.v2+json` of 3.x
 * alike: they differ in their name alone. Nothing in it makes this throw.
 *
 * @see https://distribution.github.io/distribution/about/notifications/
 */
export function parseEnvelope(text: string): EventEnvelope {
  const envelope = envelopeSchema.safeParse(parseJson(text)).data
  if (envelope === undefined) {
    return { events: [], unreadable: [unreadable('the body is no envelope of events', text)] }
  }
  const events: RegistryEvent[] = []
  const broken: UnreadableEvent[] = []
  for (const given of envelope.events.slice(0, MOST_EVENTS)) {
    const { data, error } = eventSchema.safeParse(given)
    if (data !== undefined) events.push(toEvent(data))
    else broken.push(unreadable(error.issues.map(describe).join('; '), textOf(given)))
  }
  const rest = envelope.events.length - MOST_EVENTS
  if (rest > 0) broken.push(unreadable(`${rest} events more than one envelope may hold`, ''))
  return { events, unreadable: broken }
}
