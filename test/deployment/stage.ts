import type { Place } from './enclosure.ts'
import type { Engine } from './engine.ts'
import type { Step } from './guide.ts'
import type { Record } from './record.ts'

/** What every scenario is played on. */
export interface Stage {
  readonly engine: Engine
  readonly place: Place
  readonly record: Record
  /** Steps of the guide that were gone. */
  readonly walked: Set<Step>
  readonly say: (line: string) => void
}
