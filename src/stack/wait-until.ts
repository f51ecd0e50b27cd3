import { setTimeout as sleep } from 'node:timers/promises'

const PAUSE_MS = 50

/**
 * Asks again and again until the answer is yes.
 *
 * @returns false when the time is over first
 * @throws what the signal was aborted with
 */
export async function waitUntil(
  isTrue: () => boolean | Promise<boolean>,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal?: AbortSignal | undefined },
): Promise<boolean> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    signal?.throwIfAborted()
    if (await isTrue()) return true
    if (performance.now() > deadline) return false
    await sleep(PAUSE_MS)
  }
}

/** Whether a GET is answered with one of these statuses within a second. */
export async function answers(url: string, statuses: readonly number[]): Promise<boolean> {
  try {
    const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(1000) })
    await response.body?.cancel()
    return statuses.includes(response.status)
  } catch {
    return false
  }
}
