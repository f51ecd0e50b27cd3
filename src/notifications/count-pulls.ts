import { createHash } from 'node:crypto'
import type { PullMarks } from './mark-queries.ts'
import type { WaitingEvent } from './queries.ts'

/** Requests of one client for one thing within this time are one pull. */
export const WINDOW_SECONDS = 60

/** A pull of a manifest. */
export interface PullEvent extends WaitingEvent {
  readonly digest: string
}

/** Digests of the indexes that lead to what was pulled. */
export type ReadParents = (pull: PullEvent) => readonly string[]

export interface CountedPulls {
  /** Those that count; the others belong to one of them. */
  readonly pulls: readonly PullEvent[]
  /** What is to be remembered for the pulls that come. */
  readonly marks: PullMarks
}

/** With the length before each part, so that no two clients get the same text. */
function keyOf({ actor, address, repository }: PullEvent, reference: string): string {
  const parts = [actor, address, repository, reference]
  return createHash('sha256')
    .update(parts.map((part) => `${part.length}:${part}`).join(''))
    .digest('hex')
}

const tagKey = (pull: PullEvent): string => keyOf(pull, `tag ${pull.tag}`)
const digestKey = (pull: PullEvent, digest = pull.digest): string => keyOf(pull, digest)

/** Every key that counting these pulls may ask for. */
export const keysOf = (pulls: readonly PullEvent[], parents: ReadParents): readonly string[] => [
  ...new Set(
    pulls.flatMap((pull) => [
      ...(pull.tag === undefined ? [] : [tagKey(pull)]),
      digestKey(pull),
      ...parents(pull).map((parent) => digestKey(pull, parent)),
    ]),
  ),
]

const byTime = (a: PullEvent, b: PullEvent): number => +a.happenedAt - +b.happenedAt

/**
 * Tells which pulls count: once for each client and reference within a minute, however the client
 * asks. A client that pulls a tag asks for the digest that the tag is on too, and for one of those
 * that this leads to; these are the same pull. So pulls by tag are looked at first.
 *
 * @param known what was remembered under the keys of these pulls
 */
export function countPulls(
  pulls: readonly PullEvent[],
  known: PullMarks,
  parents: ReadParents,
): CountedPulls {
  const marks = new Map(known)
  const changed = new Map<string, Date>()
  const counted: PullEvent[] = []
  const isRecent = (key: string, at: Date): boolean => {
    const last = marks.get(key)
    return last !== undefined && Math.abs(+at - +last) < WINDOW_SECONDS * 1000
  }
  const remember = (key: string, at: Date): void => {
    marks.set(key, at)
    changed.set(key, at)
  }
  for (const pull of pulls.filter(({ tag }) => tag !== undefined).toSorted(byTime)) {
    if (!isRecent(tagKey(pull), pull.happenedAt)) {
      counted.push(pull)
      remember(tagKey(pull), pull.happenedAt)
    }
    remember(digestKey(pull), pull.happenedAt)
  }
  for (const pull of pulls.filter(({ tag }) => tag === undefined).toSorted(byTime)) {
    const keys = [digestKey(pull), ...parents(pull).map((parent) => digestKey(pull, parent))]
    if (keys.some((key) => isRecent(key, pull.happenedAt))) continue
    counted.push(pull)
    remember(digestKey(pull), pull.happenedAt)
  }
  return { pulls: counted, marks: changed }
}
