import { setTimeout as sleep } from 'node:timers/promises'

const LONGEST_MS = 15_000
const PAUSE_MS = 100

/**
 * Asks again while the answer is 503, as clients do: where the machine is too busy for the service to
 * look at its database in time, it says nothing to whom it does not know (R6). The next look is near.
 */
export async function answered<T extends { readonly status: number }>(
  ask: () => Promise<T>,
): Promise<T> {
  const endMs = performance.now() + LONGEST_MS
  for (;;) {
    const answer = await ask()
    if (answer.status !== 503 || performance.now() > endMs) return answer
    await sleep(PAUSE_MS)
  }
}

/** Does it again until it came out as wanted. @returns the last outcome, also when it never did */
export async function untilLike<T>(
  work: () => Promise<T>,
  isWanted: (outcome: T) => boolean,
): Promise<T> {
  const endMs = performance.now() + LONGEST_MS
  for (;;) {
    const outcome = await work()
    if (isWanted(outcome) || performance.now() > endMs) return outcome
    await sleep(PAUSE_MS)
  }
}
