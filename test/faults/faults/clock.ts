import { setTimeout as sleep } from 'node:timers/promises'
import { canLie, moveClockIn } from '../clock-file.ts'
import type { Fault } from '../fault.ts'

const WRONG_MS = 6000
/** A difference that the registry forgives. */
const FORGIVEN_SECONDS = 55

/** The clock of one of several wardens is off by so much for a while. */
export const moveClock = (seconds: number): Omit<Fault, 'name'> => ({
  ...(Math.abs(seconds) <= FORGIVEN_SECONDS && { goal: 'no request fails' as const }),
  obstacle: () => (canLie() ? undefined : 'libfaketime is not installed'),
  act: async ({ site: { place } }) => {
    moveClockIn(place.dir, seconds)
    await sleep(WRONG_MS)
    moveClockIn(place.dir, 0)
  },
})
