/** What is asked for, all the time. */
export const KINDS = ['warm', 'cold', 'push', 'pull', 'write', 'stranger'] as const
export type Kind = (typeof KINDS)[number]

/** One request, when it is over; milliseconds of the monotonic clock. */
export interface Entry {
  readonly kind: Kind
  readonly beganMs: number
  readonly endedMs: number
  /** Undefined: it was answered as it should be. */
  readonly failure: string | undefined
}

/** All requests, in the order in which they ended. */
export interface Journal {
  readonly note: (entry: Entry) => void
  /** @returns those that ended from then on */
  readonly since: (ms: number) => readonly Entry[]
}

export function createJournal(): Journal {
  const entries: Entry[] = []
  return {
    note: (entry) => void entries.push(entry),
    since: (ms) => entries.filter(({ endedMs }) => endedMs >= ms),
  }
}

export interface Gap {
  readonly kind: Kind
  readonly seconds: number
}

/** The longest time without any good answer to one kind of request. */
export function longestGap(
  entries: readonly Entry[],
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): Gap {
  const gaps = KINDS.map((kind) => {
    const good = entries.filter((entry) => entry.kind === kind && entry.failure === undefined)
    const ends = [fromMs, ...good.map(({ endedMs }) => endedMs), toMs]
    const longestMs = Math.max(...ends.slice(1).map((end, n) => end - (ends[n] ?? end)))
    return { kind, seconds: longestMs / 1000 }
  })
  return gaps.reduce((longest, gap) => (gap.seconds > longest.seconds ? gap : longest))
}

/**
 * When all was well again: after the last failure, and when every kind was answered since.
 *
 * @returns undefined while it is not
 */
export function recoveredAt(
  entries: readonly Entry[],
  { overMs, nowMs, calmMs }: Readonly<Record<'overMs' | 'nowMs' | 'calmMs', number>>,
): number | undefined {
  const after = entries.filter(({ endedMs }) => endedMs >= overMs)
  const lastFailedMs = Math.max(
    overMs,
    ...after.filter(({ failure }) => failure !== undefined).map(({ endedMs }) => endedMs),
  )
  if (nowMs - lastFailedMs < calmMs) return undefined
  const firsts = KINDS.map((kind) =>
    after.find((entry) => entry.kind === kind && entry.endedMs >= lastFailedMs),
  )
  if (firsts.includes(undefined)) return undefined
  return lastFailedMs
}
