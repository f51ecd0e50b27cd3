import type { Load } from './load.ts'
import type { PartName } from './parts.ts'
import type { Site } from './site.ts'

export interface Stage {
  readonly site: Site
  readonly load: Load
  /** Says that the fault is over: what is down is being started again. Its end says so, too. */
  readonly over: () => void
  /** A figure that belongs to the row. */
  readonly tell: (line: string) => void
  /** What was promised and does not hold. */
  readonly miss: (line: string) => void
}

/** What must hold besides: nothing acknowledged is lost, and nobody gets what is not theirs. */
export type Goal = 'no request fails' | 'no warm token fails'

export interface Fault {
  /** By which it is chosen. */
  readonly name: string
  readonly goal?: Goal | undefined
  /**
   * Whether a process loses its database while others keep theirs: what those take away it grants until
   * its grace is over.
   */
  readonly cutsOff?: boolean
  /** @returns why it cannot be done here */
  readonly obstacle?: (site: Site) => string | undefined
  readonly act: (stage: Stage) => Promise<void>
}

export type PartFault = (part: PartName) => Fault
