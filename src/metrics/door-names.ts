/** What the door tells: writes of manifests and questions about uploads. */
export const DOOR_METRICS = {
  warden_door_requests_total: {
    kind: 'counter',
    labels: ['request', 'outcome'],
    help: 'Writes of manifests, and questions about uploads, by what became of them.',
  },
  warden_door_writes_waiting: {
    kind: 'gauge',
    labels: [],
    help: 'Writes of manifests that are at the door now, for a hold to end or the registry to answer.',
  },
} as const

/** `gate`: whether an upload may begin. */
export const DOOR_KINDS = ['put', 'delete', 'gate'] as const
export type DoorKind = (typeof DOOR_KINDS)[number]

/**
 * `passed`: the registry took it. `unproven`: it refused the token. `denied`: we refused it, by a hold
 * or a rule. `refused`: it was not right. `failed`: a part did not answer.
 */
export const DOOR_OUTCOMES = ['passed', 'unproven', 'denied', 'refused', 'failed'] as const
export type DoorOutcome = (typeof DOOR_OUTCOMES)[number]
