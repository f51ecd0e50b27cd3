import type { Config } from '../config/read-config.ts'
import { type CreateDoorDeps, createDoor, type Door } from '../door/create-door.ts'
import { createHolds, type Holds } from '../holds/create-holds.ts'
import { findRestoreHold } from '../images/restore-hold.ts'
import { createPolicies, type Policies, type PoliciesDeps } from '../policies/create-policies.ts'
import { createWork, type Work, type WorkDeps } from './create-work.ts'

export type WritesDeps = Omit<WorkDeps, keyof Holds | keyof Policies | 'restoreMoved'> &
  Omit<PoliciesDeps, 'door'> &
  Omit<CreateDoorDeps, keyof Holds | 'rules'> & {
    readonly config: Pick<Config, 'door'>
    readonly version: string
  }

export interface Writes {
  readonly door: Door
  readonly registry: WritesDeps['registry']
  /** Why what destroys by itself waits since a restore; undefined: it does not. */
  readonly findRestoreHold: () => Promise<string | undefined>
}

/** What writes to the registry or deletes there, and what decides about the writes of others. */
export function createWrites(deps: WritesDeps): Holds & Policies & Work & Writes {
  const holds = createHolds(deps)
  const policies = createPolicies({ ...deps, door: deps.config.door })
  const door = createDoor({ ...deps, ...holds, rules: policies.writeDecisions })
  const { registry } = deps
  return {
    registry,
    ...holds,
    ...policies,
    door,
    findRestoreHold: () => findRestoreHold(deps.database),
    ...createWork({ ...deps, ...holds, ...policies }),
  }
}
