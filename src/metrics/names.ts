import { COLLECT_METRICS } from './collect-names.ts'
import { DOOR_METRICS } from './door-names.ts'
import { INDEX_METRICS } from './index-names.ts'

/**
 * Every metric of our own: its kind, its labels and what it tells. Labels have few values, known
 * beforehand; never a name of a user or repository, and never an address.
 *
 * @see https://prometheus.io/docs/practices/naming/
 */
export const METRICS = {
  warden_build_info: {
    kind: 'gauge',
    labels: ['version'],
    help: 'Always 1; the version that runs.',
  },
  warden_http_requests_total: {
    kind: 'counter',
    labels: ['listener', 'method', 'route', 'status'],
    help: 'Requests answered, by the declared path of their route.',
  },
  warden_http_errors_total: {
    kind: 'counter',
    labels: ['listener', 'route', 'code'],
    help: 'Requests refused or failed, by the code of the error.',
  },
  warden_tokens_issued_total: {
    kind: 'counter',
    labels: ['answer'],
    help: 'Tokens given to clients, by how they were come by.',
  },
  warden_sign_ins_total: {
    kind: 'counter',
    labels: ['way', 'outcome'],
    help: 'Credentials that took the whole way, by way and outcome.',
  },
  warden_cache_entries: {
    kind: 'gauge',
    labels: ['cache'],
    help: 'Entries that are remembered.',
  },
  warden_cache_lookups_total: {
    kind: 'counter',
    labels: ['cache', 'outcome'],
    help: 'Look-ups in what is remembered; one request may make several.',
  },
  warden_change_version_age_seconds: {
    kind: 'gauge',
    labels: [],
    help: 'Time since the start of the last good poll of the change version; above 1 it is grace.',
  },
  warden_change_version_polls_total: {
    kind: 'counter',
    labels: ['outcome'],
    help: 'Polls of the change version.',
  },
  warden_password_hashes_running: {
    kind: 'gauge',
    labels: [],
    help: 'Slow hashes that are being computed.',
  },
  warden_password_hashes_waiting: {
    kind: 'gauge',
    labels: ['line'],
    help: 'Slow hashes that wait for their turn.',
  },
  warden_password_hashes_refused_total: {
    kind: 'counter',
    labels: ['line'],
    help: 'Slow hashes that found no place to wait.',
  },
  warden_password_checks_total: {
    kind: 'counter',
    labels: ['outcome'],
    help: 'Passwords that were checked by a slow hash.',
  },
  warden_ldap_requests_total: {
    kind: 'counter',
    labels: ['request', 'outcome'],
    help: 'Requests to the directory (LDAP), by outcome.',
  },
  warden_database_connections: {
    kind: 'gauge',
    labels: ['state'],
    help: 'Connections of the pool.',
  },
  warden_database_waiters: {
    kind: 'gauge',
    labels: [],
    help: 'Pieces of work that wait for a connection of the pool.',
  },
  ...INDEX_METRICS,
  ...DOOR_METRICS,
  ...COLLECT_METRICS,
  warden_jobs_waiting: {
    kind: 'gauge',
    labels: ['kind'],
    help: 'Jobs of all replicas that wait for their time, their turn or their next attempt.',
  },
  warden_jobs_running: {
    kind: 'gauge',
    labels: ['kind'],
    help: 'Jobs that this process runs.',
  },
  warden_job_attempts_total: {
    kind: 'counter',
    labels: ['kind', 'outcome'],
    help: 'Attempts at jobs that ended in this process.',
  },
  warden_leaf_end_time_seconds: {
    kind: 'gauge',
    labels: [],
    help: 'End of the signing leaf, in seconds since 1970.',
  },
} as const satisfies Record<string, MetricDeclaration>

interface MetricDeclaration {
  readonly kind: 'counter' | 'gauge'
  readonly labels: readonly string[]
  readonly help: string
}

export type MetricName = keyof typeof METRICS

/** One value of a metric, with a value for each of its labels. */
export interface Reading<Name extends MetricName> {
  readonly labels: Readonly<Record<(typeof METRICS)[Name]['labels'][number], string>>
  readonly value: number
}

/** How a token was come by: a kept answer, from memory, the whole way, or that without the database. */
export const TOKEN_ANSWERS = ['repeated', 'remembered', 'read', 'grace'] as const
export type TokenAnswer = (typeof TOKEN_ANSWERS)[number]

export const SIGN_IN_WAYS = [
  'password',
  'ldap',
  'accessToken',
  'identityToken',
  'robot',
  'oidc',
] as const
export type SignInWay = (typeof SIGN_IN_WAYS)[number]

/** `throttled` is every answer 429; `failed` says nothing about the credentials. */
export const SIGN_IN_OUTCOMES = ['proven', 'refused', 'throttled', 'failed'] as const
export type SignInOutcome = (typeof SIGN_IN_OUTCOMES)[number]

/** `restored`: the tag is on what was pushed again. `lost`: that was tried for long, in vain. */
export const RESTORE_LOST_OUTCOMES = ['restored', 'lost'] as const
export type RestoreLostOutcome = (typeof RESTORE_LOST_OUTCOMES)[number]

/** How an attempt at a job ended; `returned` by a stop of the process, `lost` to another one. */
export const JOB_OUTCOMES = ['done', 'retried', 'failed', 'cancelled', 'returned', 'lost'] as const
export type JobOutcome = (typeof JOB_OUTCOMES)[number]

/** `search` finds a person, `groups` all groups of one. */
export const LDAP_REQUESTS = ['connect', 'bind', 'search', 'groups'] as const
export type LdapRequest = (typeof LDAP_REQUESTS)[number]

/** `refused` is a bind that the directory does not take; `failed` is no answer, or no good one. */
export const LDAP_OUTCOMES = ['answered', 'refused', 'failed'] as const
export type LdapOutcome = (typeof LDAP_OUTCOMES)[number]

/** `own`: our own reads, which are let go. `unreadable`: kept for people to look at. */
export const EVENT_OUTCOMES = ['accepted', 'own', 'unreadable', 'forged'] as const
export type EventOutcome = (typeof EVENT_OUTCOMES)[number]

export type Listener = 'public' | 'private'
