import type { DirtyMark } from '../images/dirty-queries.ts'
import { RESERVED_SUBJECT_PREFIX } from '../protocol/subject.ts'
import type { PullEvent } from './count-pulls.ts'
import type { WaitingEvent } from './queries.ts'

const DAY_MS = 86_400_000
/** An event may come late; one that is older than this has a wrong clock behind it. */
const LATEST_DAYS = 7

export interface BlobEvent extends WaitingEvent {
  readonly digest: string
  readonly sizeBytes: number
}

export interface DigestDeletion {
  readonly repository: string
  readonly digest: string
  readonly actor: string
}

/** What a batch of events asks to be done; nothing in it says what a tag is on (R29). */
export interface EventPlan {
  readonly dirty: readonly DirtyMark[]
  readonly deletions: readonly DigestDeletion[]
  /** Blobs that came into a repository. */
  readonly blobs: readonly BlobEvent[]
  readonly pulls: readonly PullEvent[]
  readonly blobPulls: readonly BlobEvent[]
  /** Manifests that were pushed to a tag. */
  readonly pushes: readonly WaitingEvent[]
  /** Manifests that were pushed, to a tag or to none. */
  readonly manifestPushes: readonly PushedManifest[]
}

export interface PushedManifest extends WaitingEvent {
  readonly digest: string
}

type Acted = Pick<WaitingEvent, 'action' | 'actor'>

const isOwn = ({ actor }: Acted): boolean => actor.startsWith(RESERVED_SUBJECT_PREFIX)

/** Our own reads are nobody's pulls (R29). */
export const isOwnPull = (event: Acted): boolean => event.action === 'pull' && isOwn(event)

/** What we put on a tag ourselves. */
export const isOwnPush = (event: Acted): boolean => event.action === 'push' && isOwn(event)

const isPullEvent = (event: WaitingEvent): event is PullEvent =>
  event.action === 'pull' && event.content === 'manifest' && event.digest !== undefined

const isBlobEvent = (event: WaitingEvent): event is BlobEvent =>
  event.content === 'blob' && event.digest !== undefined && event.sizeBytes !== undefined

const isPushedManifest = (event: WaitingEvent): event is PushedManifest =>
  event.action === 'push' && event.content === 'manifest' && event.digest !== undefined

const hasCome = ({ action }: WaitingEvent): boolean => action === 'push' || action === 'mount'

function toMark(event: WaitingEvent): DirtyMark | undefined {
  const { action, content, repository, tag, digest, actor, receivedAt } = event
  const reference = tag ?? digest
  if (reference === undefined) return undefined
  if (action === 'delete') return { repository, reference, actor, isDeletion: true }
  if (action !== 'push' || content !== 'manifest') return undefined
  return { repository, reference, actor, pushedAt: receivedAt }
}

/** One mark for each reference: whether there was a deletion and when a push, in whatever order told. */
function mergeMarks(marks: readonly DirtyMark[]): readonly DirtyMark[] {
  const merged = new Map<string, DirtyMark>()
  for (const mark of marks) {
    const key = `${mark.repository} ${mark.reference}`
    const before = merged.get(key)
    merged.set(key, {
      ...mark,
      pushedAt: mark.pushedAt ?? before?.pushedAt,
      isDeletion: (mark.isDeletion ?? false) || (before?.isDeletion ?? false),
    })
  }
  return [...merged.values()]
}

/** By the registry's clock, unless that cannot be right: one that jumped would be counted by for long. */
function withLikelyTime(event: WaitingEvent): WaitingEvent {
  const { happenedAt, receivedAt } = event
  const ageMs = +receivedAt - +happenedAt
  const isLikely = ageMs > -DAY_MS && ageMs < LATEST_DAYS * DAY_MS
  return isLikely ? event : { ...event, happenedAt: receivedAt }
}

export function planEvents(given: readonly WaitingEvent[]): EventPlan {
  const events = given.filter((event) => !isOwnPull(event)).map(withLikelyTime)
  const blobs = events.filter(isBlobEvent)
  return {
    dirty: mergeMarks(events.flatMap((event) => toMark(event) ?? [])),
    deletions: events.flatMap(({ action, repository, tag, digest, actor }) =>
      action === 'delete' && tag === undefined && digest !== undefined
        ? [{ repository, digest, actor }]
        : [],
    ),
    blobs: blobs.filter(hasCome),
    pulls: events.filter(isPullEvent),
    blobPulls: blobs.filter(({ action, method }) => action === 'pull' && method !== 'HEAD'),
    manifestPushes: events.filter(isPushedManifest),
    pushes: events.filter(
      (event) =>
        event.action === 'push' &&
        event.content === 'manifest' &&
        event.tag !== undefined &&
        !isOwn(event),
    ),
  }
}

/** The day to count an event for. */
export const dayOf = ({ happenedAt }: WaitingEvent): string => happenedAt.toISOString().slice(0, 10)
