export interface Clocks {
  readonly now: () => Date
  readonly monotonicMs: () => number
}

/**
 * Begins to count. The clock that says more counts: the monotonic one stands still while a machine
 * sleeps, the other one may be set back.
 */
export function startStopwatch({ now, monotonicMs }: Clocks): () => number {
  const beganAtMs = monotonicMs()
  const beganAt = now().getTime()
  return () => Math.max(monotonicMs() - beganAtMs, now().getTime() - beganAt)
}
