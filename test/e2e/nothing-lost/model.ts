/** What a tag is on when it is not there. */
export const ABSENT = 'absent'

/** A tag of a repository. */
export interface Place {
  readonly repository: string
  readonly tag: string
}

/** What somebody asked to be done to a tag. */
export interface Intent {
  /** What the tag is on afterwards: a digest, or `ABSENT`. */
  readonly value: string
  /** Done only where the tag is on this; undefined: whatever it is on. */
  readonly from?: string
  /** That it was done says of the tag only that it was on nothing of `from` any more. */
  readonly isOfDigest?: boolean
  readonly what: string
}

interface Write extends Intent {
  readonly startedAtMs: number
  endedAtMs: number
  state: 'pending' | 'done' | 'undone' | 'unknown'
  note: string
}

/** To be told what became of an intent. */
export interface Pending {
  readonly done: (note?: string) => void
  readonly undone: (note?: string) => void
  /** What asked for it is gone: it was done, will be in a moment, or never. */
  readonly unknown: (note?: string) => void
}

export interface Model {
  readonly begin: (place: Place, intent: Intent, startedAtMs?: number) => Pending
  /** The same for every tag that fits, also for those that come meanwhile. */
  readonly beginWide: (fits: (place: Place) => boolean, intent: Intent) => Pending
  /** What a read may find that began and ended then. */
  readonly allowed: (place: Place, beganAtMs: number, endedAtMs: number) => ReadonlySet<string>
  /** Whether something was written to a repository of which nobody knows the end. */
  readonly isOpen: (repository: string) => boolean
  readonly places: () => readonly Place[]
  readonly describe: (place: Place) => string
}

/** So long after a lost answer a write may still be done: the door's limit, and a registry that was stopped. */
const SETTLES_MS = 30_000

const keyOf = ({ repository, tag }: Place): string => `${repository}:${tag}`

const placeOf = (key: string): Place => {
  const colon = key.lastIndexOf(':')
  return { repository: key.slice(0, colon), tag: key.slice(colon + 1) }
}

const BEGINNING: Write = {
  value: ABSENT,
  what: 'the beginning',
  startedAtMs: 0,
  endedAtMs: 0,
  state: 'done',
  note: '',
}

/** Whether what was done certainly came after `write`, and left nothing of it. */
const overrules = (later: Write, write: Write): boolean =>
  later !== write &&
  later.startedAtMs > write.endedAtMs &&
  (later.isOfDigest !== true || later.from === write.value)

const said = ({ value, from, what, state, note, ...at }: Write): string => {
  const seconds = (ms: number): string => (ms / 1000).toFixed(3)
  const end = Number.isFinite(at.endedAtMs) ? seconds(at.endedAtMs) : '…'
  const change = from === undefined ? value : `${from} → ${value}`
  return `  ${seconds(at.startedAtMs)}–${end} ${state.padEnd(7)} ${what}: ${change} ${note}`
}

const open = (intent: Intent, startedAtMs: number): Write => {
  const endedAtMs = Number.POSITIVE_INFINITY
  return { ...intent, startedAtMs, endedAtMs, state: 'pending', note: '' }
}

function pendingOf(write: Write, now: () => number): Pending {
  const end = (state: Write['state'], endedAtMs: number, note = ''): void => {
    Object.assign(write, { state, endedAtMs, note })
  }
  return {
    done: (note) => end('done', now(), note),
    undone: (note) => end('undone', now(), note),
    unknown: (note) => end('unknown', now() + SETTLES_MS, note),
  }
}

/** What a read may find: that of each write that may have been the last. */
function valuesOf(
  all: readonly Write[],
  beganAtMs: number,
  endedAtMs: number,
): ReadonlySet<string> {
  const writes = all.filter(
    ({ state, startedAtMs }) => state !== 'undone' && startedAtMs <= endedAtMs,
  )
  const done = writes.filter((one) => one.state === 'done' && one.endedAtMs < beganAtMs)
  const isLast = (write: Write, but?: Write): boolean =>
    !done.some((later) => later !== but && overrules(later, write))
  const isOn = (digest: string, but: Write): boolean =>
    writes.some((one) => one.from === undefined && one.value === digest && isLast(one, but))
  const mayBe = (write: Write): boolean =>
    isLast(write) && (write.from === undefined || isOn(write.from, write))
  return new Set(writes.filter(mayBe).map(({ value }) => value))
}

/**
 * What may be, by what was acknowledged. Each write took place at one moment between its beginning and
 * its end; what overlaps may have come in any order. What was asked for and not answered may have come
 * or not.
 */
export function createModel(now: () => number = () => performance.now()): Model {
  const byKey = new Map<string, Write[]>()
  const wide: { readonly fits: (place: Place) => boolean; readonly write: Write }[] = []
  const writesTo = (place: Place): readonly Write[] =>
    [
      ...(byKey.get(keyOf(place)) ?? []),
      ...wide.flatMap(({ fits, write }) => (fits(place) ? [write] : [])),
    ].toSorted((a, b) => a.startedAtMs - b.startedAtMs)
  return {
    begin: (place, intent, startedAtMs = now()) => {
      const write = open(intent, startedAtMs)
      const key = keyOf(place)
      byKey.set(key, [...(byKey.get(key) ?? []), write])
      return pendingOf(write, now)
    },
    beginWide: (fits, intent) => {
      const write = open(intent, now())
      wide.push({ fits, write })
      return pendingOf(write, now)
    },
    allowed: (place, ...read) => valuesOf([BEGINNING, ...writesTo(place)], ...read),
    isOpen: (repository) =>
      [...byKey.keys()]
        .map(placeOf)
        .filter((place) => place.repository === repository)
        .flatMap(writesTo)
        .some(({ state }) => state === 'unknown' || state === 'pending'),
    places: () => [...byKey.keys()].map(placeOf),
    describe: (place) => writesTo(place).map(said).join('\n'),
  }
}
