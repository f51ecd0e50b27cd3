import { setTimeout as sleep } from 'node:timers/promises'
import { Agent, request } from 'undici'

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

/**
 * Whether a GET is answered with one of these statuses within a second.
 *
 * @param ca authority of the server's certificate, in PEM form, where it is one of our own
 */
export async function answers(
  url: string,
  statuses: readonly number[],
  ca?: string | undefined,
): Promise<boolean> {
  const dispatcher = new Agent({ connect: ca === undefined ? {} : { ca } })
  try {
    const { statusCode } = await request(url, { dispatcher, signal: AbortSignal.timeout(1000) })
    return statuses.includes(statusCode)
  } catch {
    return false
  } finally {
    await dispatcher.destroy()
  }
}
