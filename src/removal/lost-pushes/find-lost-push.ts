import { RESERVED_SUBJECT_PREFIX } from '../../protocol/subject.ts'
import type { RemovedTag, TagEvent } from './types.ts'

/** A registry tells of a push before it has moved the tag, and slow storage takes a while for that. */
const SLACK_MS = 5000

/** A push that the registry took and that a removal of ours took along. */
export interface LostPush {
  readonly digest: string
  readonly actor: string
  readonly receivedAt: Date
}

const isOwn = ({ actor }: TagEvent): boolean => actor.startsWith(RESERVED_SUBJECT_PREFIX)

const inOrder = (a: TagEvent, b: TagEvent): number => +a.happenedAt - +b.happenedAt || a.id - b.id

/** What the registry told of the removal itself: by it the registry's clock is known, so far as it matters. */
function findAnchor(
  { dummyDigest, begunAt }: RemovedTag,
  events: readonly TagEvent[],
): TagEvent | undefined {
  const isSince = ({ receivedAt }: TagEvent): boolean => +receivedAt > +begunAt - SLACK_MS
  return (
    events.find((event) => isOwn(event) && event.digest === dummyDigest) ??
    events.find((event) => isOwn(event) && event.action === 'delete' && isSince(event))
  )
}

/**
 * Finds the push that a removal without a hold has taken along, if any: the last thing that anybody
 * but the removal did to the tag, where that came while it was removed. Only times of the registry
 * are compared with each other; of ours only how long the removal took. The caller looks whether the
 * tag is gone.
 *
 * @returns `unknown` while the registry did not tell of the removal itself
 */
export function findLostPush(
  removed: RemovedTag,
  events: readonly TagEvent[],
  dummies: ReadonlySet<string>,
): LostPush | 'unknown' | undefined {
  const anchor = findAnchor(removed, events.toSorted(inOrder))
  const spanMs = +removed.endedAt - +removed.begunAt + SLACK_MS
  const isWithin = ({ happenedAt }: TagEvent): boolean =>
    anchor !== undefined && Math.abs(+happenedAt - +anchor.happenedAt) <= spanMs
  const isOfRemovals = (event: TagEvent): boolean =>
    isOwn(event) &&
    (event.action === 'delete' ||
      dummies.has(event.digest ?? '') ||
      (event.digest === removed.restoredDigest && isWithin(event)))
  const last = events
    .filter((event) => !isOfRemovals(event))
    .toSorted(inOrder)
    .at(-1)
  if (last?.action !== 'push' || last.digest === undefined) return undefined
  // What was there before is what was to go, unless it came again after our empty index.
  const isSame = last.digest === removed.digest
  if (anchor === undefined) return isSame ? undefined : 'unknown'
  if (!isWithin(last)) return undefined
  const isAgain = anchor.digest === removed.dummyDigest && inOrder(anchor, last) < 0
  if (isSame && !isAgain) return undefined
  const { digest, actor, receivedAt } = last
  return { digest, actor, receivedAt }
}
