import { AppError } from '../errors.ts'
import { createGate, type Gate } from '../registry/gate.ts'

/** Half of the registry's connections: the rest is for lists, removals and readiness. */
const READS_AT_ONCE = 8
const LONGEST_WAIT_MS = 30_000
const MEASURING_MS = 10_000
const BYTES_A_PAGE = 16 * 1024 * 1024
const BYTES_OF_ALL = 64 * 1024 * 1024

/** Bytes of manifests that one page may read for its sizes. */
export interface PageBudget {
  /** @throws AppError BUSY when the page, or all pages together, have read what they may */
  readonly spend: (bytes: number) => void
  /** Gives what was spent back to the other pages. */
  readonly close: () => void
}

/** What all who ask for tags share: anybody may ask, as often as he likes. */
export interface ImageReads {
  readonly gate: Gate
  readonly openBudget: () => PageBudget
  /** Aborted when a page has measured long enough. */
  readonly deadline: () => AbortSignal
}

export function createImageReads(): ImageReads {
  let spentByAll = 0
  const openBudget = (): PageBudget => {
    let spent = 0
    let isOpen = true
    return {
      spend: (bytes) => {
        if (!isOpen) throw new AppError('BUSY', { detail: 'this page is measured no more' })
        spent += bytes
        spentByAll += bytes
        if (spent <= BYTES_A_PAGE && spentByAll <= BYTES_OF_ALL) return
        throw new AppError('BUSY', { detail: 'these manifests are too many bytes to be measured' })
      },
      close: () => {
        if (isOpen) spentByAll -= spent
        isOpen = false
      },
    }
  }
  return {
    gate: createGate({ atOnce: READS_AT_ONCE, longestWaitMs: LONGEST_WAIT_MS }),
    openBudget,
    deadline: () => AbortSignal.timeout(MEASURING_MS),
  }
}
