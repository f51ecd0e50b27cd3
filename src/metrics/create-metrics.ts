import { collectDefaultMetrics, Registry } from 'prom-client'
import { DOOR_KINDS, DOOR_OUTCOMES, type DoorKind, type DoorOutcome } from './door-names.ts'
import { createDurations, type Observe } from './durations.ts'
import {
  JOB_OUTCOMES,
  type JobOutcome,
  LDAP_OUTCOMES,
  LDAP_REQUESTS,
  type LdapOutcome,
  type LdapRequest,
  type Listener,
  RESTORE_LOST_OUTCOMES,
  type RestoreLostOutcome,
  SIGN_IN_OUTCOMES,
  SIGN_IN_WAYS,
  type SignInOutcome,
  type SignInWay,
  TOKEN_ANSWERS,
  type TokenAnswer,
} from './names.ts'
import { createReadings, type Readings } from './readings.ts'
import { createRequestCounters, type RequestCounter } from './requests.ts'

/** What Prometheus reads. */
export interface Exposition {
  readonly contentType: string
  readonly text: string
}

/** All that this process counts; whoever counts gets one function of it. */
export interface Metrics {
  readonly requests: (listener: Listener) => RequestCounter
  readonly countIssued: (answer: TokenAnswer) => void
  /** A push that a removal took along was put back, or was not. */
  readonly countLostPush: (outcome: RestoreLostOutcome) => void
  readonly countSignIn: (way: SignInWay, outcome: SignInOutcome) => void
  /** Counts attempts at jobs of one kind. */
  readonly countJobs: (kind: string) => (outcome: JobOutcome) => void
  readonly observeHash: Observe
  readonly observeLdap: (request: LdapRequest, outcome: LdapOutcome, seconds: number) => void
  readonly observeDoor: (kind: DoorKind, outcome: DoorOutcome, seconds: number) => void
  /** For numbers that a part keeps anyhow. */
  readonly read: Readings['read']
  readonly expose: () => Promise<Exposition>
}

function createSignInCounter({ tally }: Readings): Metrics['countSignIn'] {
  const count = (way: SignInWay) =>
    [way, tally('warden_sign_ins_total', 'outcome', SIGN_IN_OUTCOMES, { way })] as const
  const ways = new Map(SIGN_IN_WAYS.map(count))
  return (way, outcome) => ways.get(way)?.(outcome)
}

function createLdapObserver(registry: Registry, { tally }: Readings): Metrics['observeLdap'] {
  const durations = createDurations(registry, 'warden_ldap_request_duration_seconds')
  const parts = LDAP_REQUESTS.map((request) => {
    const count = tally('warden_ldap_requests_total', 'outcome', LDAP_OUTCOMES, { request })
    return [request, { count, observe: durations({ request }) }] as const
  })
  const byRequest = new Map<LdapRequest, (typeof parts)[number][1]>(parts)
  return (request, outcome, seconds) => {
    byRequest.get(request)?.count(outcome)
    byRequest.get(request)?.observe(seconds)
  }
}

function createDoorObserver(registry: Registry, { tally }: Readings): Metrics['observeDoor'] {
  const durations = createDurations(registry, 'warden_door_request_duration_seconds')
  const parts = DOOR_KINDS.map((request) => {
    const count = tally('warden_door_requests_total', 'outcome', DOOR_OUTCOMES, { request })
    return [request, { count, observe: durations({ request }) }] as const
  })
  const byKind = new Map<DoorKind, (typeof parts)[number][1]>(parts)
  return (kind, outcome, seconds) => {
    byKind.get(kind)?.count(outcome)
    byKind.get(kind)?.observe(seconds)
  }
}

/**
 * Makes the metrics of one process, in a registry of their own, with those that prom-client knows of
 * every Node process.
 */
export function createMetrics(): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const readings = createReadings(registry)
  return {
    requests: createRequestCounters(registry, readings),
    countIssued: readings.tally('warden_tokens_issued_total', 'answer', TOKEN_ANSWERS),
    countLostPush: readings.tally('warden_lost_pushes_total', 'outcome', RESTORE_LOST_OUTCOMES),
    countSignIn: createSignInCounter(readings),
    countJobs: (kind) =>
      readings.tally('warden_job_attempts_total', 'outcome', JOB_OUTCOMES, { kind }),
    observeHash: createDurations(registry, 'warden_password_hash_duration_seconds')({}),
    observeLdap: createLdapObserver(registry, readings),
    observeDoor: createDoorObserver(registry, readings),
    read: readings.read,
    expose: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  }
}
