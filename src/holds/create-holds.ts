import { randomUUID } from 'node:crypto'
import { createHoldTags, type HoldTags, type HoldTagsDeps } from './hold-tags.ts'
import { createUnderWay, type UnderWay } from './under-way.ts'
import { createWaitDrained, type WaitDrained } from './wait-drained.ts'

export interface Holds {
  readonly underWay: UnderWay
  readonly waitDrained: WaitDrained
  readonly holdTags: HoldTags
  /** This process, as it tells others of itself. */
  readonly replica: { readonly id: string; readonly version: string; readonly startedAt: Date }
}

export interface HoldsDeps extends Omit<HoldTagsDeps, 'waitDrained'> {
  readonly version: string
  readonly now: () => Date
}

/** What this process holds, and what others hold up here. */
export function createHolds({ version, now, ...deps }: HoldsDeps): Holds {
  const replica = { id: randomUUID(), version, startedAt: now() }
  const underWay = createUnderWay()
  const waitDrained = createWaitDrained({ ...deps, underWay, replicaId: replica.id })
  return { underWay, waitDrained, holdTags: createHoldTags({ ...deps, waitDrained }), replica }
}
