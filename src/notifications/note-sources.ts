/** So often a registry is written down as heard of, however much it has to tell. */
const NOTE_EVERY_MS = 1000
/** Registries that are kept in mind; a forger would need the secret to be more. */
const MOST_SOURCES = 1000

export interface SourceNoteDeps {
  readonly write: (address: string) => Promise<void>
  readonly monotonicMs: () => number
  /** Has something done after so long; by a timer that keeps no process alive by default. */
  readonly later?: (work: () => void, afterMs: number) => void
}

const byTimer = (work: () => void, afterMs: number): void => {
  setTimeout(work, afterMs).unref()
}

/**
 * Notes that registries were heard of: the first word at once, those of the second after it together
 * at its end. So what is written down is never older than the last word by more than that second.
 */
export function createSourceNote({
  write,
  monotonicMs,
  later = byTimer,
}: SourceNoteDeps): (address: string) => void {
  const notedAtMs = new Map<string, number>()
  const waiting = new Set<string>()
  const note = (address: string): void => {
    waiting.delete(address)
    if (notedAtMs.size >= MOST_SOURCES) notedAtMs.clear()
    notedAtMs.set(address, monotonicMs())
    // The events are safe already; this only says that they come.
    write(address).catch(() => notedAtMs.delete(address))
  }
  return (address) => {
    if (waiting.has(address)) return
    const dueAtMs = (notedAtMs.get(address) ?? Number.NEGATIVE_INFINITY) + NOTE_EVERY_MS
    const leftMs = dueAtMs - monotonicMs()
    if (leftMs <= 0) return note(address)
    waiting.add(address)
    later(() => note(address), leftMs)
  }
}
