import { setTimeout as sleep } from 'node:timers/promises'
import type { TakenHold } from './take-hold.ts'

/** The door ends what it sends this long after it began to look for holds. */
export const FORWARD_MS = 10_000
/** That, and what a registry may still have to write down of what reached it at the last moment. */
const DRAIN_MS = 15_000

/**
 * Waits until nothing that was let through before the hold is under way any more, at any door.
 *
 * A door that saw no hold began to look before the hold was committed, so what it sends ends ten
 * seconds after that. No door has to be asked, and none that died leaves anything behind.
 */
export async function waitDrained(
  { takenAtMs }: Pick<TakenHold, 'takenAtMs'>,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<void> {
  const leftMs = takenAtMs + DRAIN_MS - performance.now()
  if (leftMs > 0) await sleep(leftMs, undefined, signal === undefined ? {} : { signal })
}
