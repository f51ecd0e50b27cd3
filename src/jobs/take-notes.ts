import type { LogLine, Notes, Progress } from './types.ts'

const MOST_LINES = 50
const LINE_LENGTH = 300
/** Control characters and those that turn the direction of text (R33). */
const UNSAFE = /[\p{Cc}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu

/** One line that any terminal can show, cut to a length. */
export const toLine = (text: string, length = LINE_LENGTH): string =>
  text.slice(0, length).replace(UNSAFE, '?')

/** What an attempt says, until it is written down. */
export interface NoteBook {
  readonly progress: (done: number, total: number) => void
  readonly tell: (line: string) => void
  readonly read: () => Notes
  /** Grows with everything that is said. */
  readonly edition: () => number
}

export function createNoteBook(
  { now }: { readonly now: () => Date },
  before: readonly LogLine[],
): NoteBook {
  let log = before
  let progress: Progress | undefined
  let edition = 0
  return {
    progress: (done, total) => {
      progress = { done: Math.max(0, Math.floor(done)), total: Math.max(0, Math.floor(total)) }
      edition++
    },
    tell: (line) => {
      log = [...log, { time: now().toISOString(), line: toLine(line) }].slice(-MOST_LINES)
      edition++
    },
    read: () => ({ progress, log }),
    edition: () => edition,
  }
}
