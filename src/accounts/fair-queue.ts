import { AppError } from '../errors.ts'

const RETRY_AFTER_SECONDS = 2

type Start = () => void

/** How many may wait in one line, and of those in one of its lanes. */
export interface LineLimits {
  readonly places: number
  readonly placesPerLane: number
}

/** Where work waits: in one of the lines, there in the lane of whoever it is for. */
export interface Place<Name extends string> {
  readonly line: Name
  readonly lane: string
}

export interface FairQueue<Name extends string> {
  /**
   * @throws AppError BUSY (503) at once, when no place is left in that line or lane
   * @throws what `work` throws
   */
  readonly run: <T>(place: Place<Name>, work: () => Promise<T>) => Promise<T>
  readonly stats: () => QueueStats<Name>
}

export interface QueueStats<Name extends string> {
  readonly running: number
  readonly waiting: Readonly<Record<Name, number>>
  /** Since the start. */
  readonly refused: Readonly<Record<Name, number>>
}

interface Line {
  /** @returns false when no place is left */
  readonly join: (lane: string, start: Start) => boolean
  /** Takes out the first of the lane whose turn it is. */
  readonly takeFirst: () => Start | undefined
  readonly waiting: () => number
  /** How many found no place since the start. */
  readonly refused: () => number
}

/** Lanes take turns: the one that was served goes behind all others. */
function createLine({ places, placesPerLane }: LineLimits): Line {
  const lanes = new Map<string, readonly Start[]>()
  let waiting = 0
  let refused = 0
  return {
    join: (lane, start) => {
      const before = lanes.get(lane) ?? []
      if (waiting >= places || before.length >= placesPerLane) {
        refused++
        return false
      }
      waiting++
      lanes.set(lane, [...before, start])
      return true
    },
    takeFirst: () => {
      const [turn] = lanes
      if (turn === undefined) return undefined
      const [lane, [first, ...rest]] = turn
      waiting--
      lanes.delete(lane)
      if (rest.length > 0) lanes.set(lane, rest)
      return first
    },
    waiting: () => waiting,
    refused: () => refused,
  }
}

/** Takes out the first of the first line that has one; that line goes behind all others. */
function takeTurn(order: Line[]): Start | undefined {
  for (const line of order) {
    const start = line.takeFirst()
    if (start === undefined) continue
    order.splice(order.indexOf(line), 1)
    order.push(line)
    return start
  }
  return undefined
}

/**
 * Runs so much work at once and lets the rest wait, so that nobody's crowd keeps others out (R17).
 *
 * Each line has its own places and its own turns: with two lines waiting, each gets every second
 * free slot. Within a line the lanes take turns. A slot that only one line asks for is never left
 * empty, since work ends soon and the next turn is another's.
 */
export function createFairQueue<Name extends string>({
  concurrency,
  lines,
  what = 'passwords are being checked',
}: {
  readonly concurrency: number
  /** Ends the sentence of the refusal. */
  readonly what?: string
  readonly lines: Readonly<Record<Name, LineLimits>>
}): FairQueue<Name> {
  const named = new Map(
    Object.entries<LineLimits>(lines).map(([name, limits]) => [name, createLine(limits)]),
  )
  const order = [...named.values()]
  let running = 0
  const start = async <T>(work: () => Promise<T>): Promise<T> => {
    running++
    try {
      return await work()
    } finally {
      running--
      takeTurn(order)?.()
    }
  }
  const wait = <T>({ line, lane }: Place<Name>, work: () => Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      const begin: Start = () => void start(work).then(resolve, reject)
      if (named.get(line)?.join(lane, begin)) return
      throw new AppError('BUSY', {
        detail: `too many ${what} at once; try again in a moment`,
        retryAfterSeconds: RETRY_AFTER_SECONDS,
      })
    })
  const byLine = (numberOf: (line: Line) => number) =>
    Object.fromEntries([...named].map(([name, line]) => [name, numberOf(line)])) as Record<
      Name,
      number
    >
  return {
    run: (place, work) => (running < concurrency ? start(work) : wait(place, work)),
    stats: () => ({
      running,
      waiting: byLine((line) => line.waiting()),
      refused: byLine((line) => line.refused()),
    }),
  }
}
