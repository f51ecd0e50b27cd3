import { denied } from './wait-until-free.ts'

/** Writes that are at the door at a time, all of them and of one subject, and bytes of their bodies. */
const MOST_WRITES = 512
const MOST_OF_ONE = 64
const MOST_BYTES = 128 * 1024 * 1024

/** The room there is for writes that wait; what one takes it gives back. */
export interface Places {
  /** @throws AppError DENIED (403) when too many wait already */
  readonly enter: <T>(
    visit: { readonly subject: string; readonly bytes: number },
    work: () => Promise<T>,
  ) => Promise<T>
  readonly count: () => number
}

export function createPlaces(): Places {
  const bySubject = new Map<string, number>()
  let writes = 0
  let heldBytes = 0
  const change = (subject: string, by: 1 | -1, bytes: number): void => {
    writes += by
    heldBytes += by * bytes
    const left = (bySubject.get(subject) ?? 0) + by
    if (left === 0) bySubject.delete(subject)
    else bySubject.set(subject, left)
  }
  return {
    count: () => writes,
    enter: async ({ subject, bytes }, work) => {
      if (writes >= MOST_WRITES || heldBytes + bytes > MOST_BYTES) {
        throw denied('too many manifests wait to be written; push again in a moment')
      }
      if ((bySubject.get(subject) ?? 0) >= MOST_OF_ONE) {
        throw denied(
          `more than ${MOST_OF_ONE} manifests of yours wait to be written; push again when they are`,
        )
      }
      change(subject, 1, bytes)
      try {
        return await work()
      } finally {
        change(subject, -1, bytes)
      }
    },
  }
}
