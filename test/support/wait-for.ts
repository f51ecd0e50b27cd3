import { setTimeout as sleep } from 'node:timers/promises'

const LOOK_EVERY_MS = 25

/** Looks again and again until it finds something. @returns what it found, and after how long */
export async function waitFor<T>(
  look: () => Promise<T | undefined | false>,
  { mostMs = 10_000, what = 'it' }: { readonly mostMs?: number; readonly what?: string } = {},
): Promise<{ readonly found: T; readonly tookMs: number }> {
  const startedAtMs = performance.now()
  for (;;) {
    const found = await look()
    const tookMs = performance.now() - startedAtMs
    if (found !== undefined && found !== false) return { found, tookMs }
    if (tookMs > mostMs) throw new Error(`${what} did not come within ${mostMs} ms`)
    await sleep(LOOK_EVERY_MS)
  }
}
