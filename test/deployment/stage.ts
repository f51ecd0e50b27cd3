import type { Place } from './enclosure.ts'
import type { Engine } from './engine.ts'
import type { Record } from './record.ts'

/** What every scenario is played on. */
export interface Stage {
  readonly engine: Engine
  readonly place: Place
  readonly record: Record
  readonly say: (line: string) => void
}
