/** What an administrator made a user for the whole system. */
export type SystemRole = 'administrator' | 'auditor'

/** What a credential may do: at the registry, and with `api` in the admin API. */
export const CREDENTIAL_ACTIONS = ['pull', 'push', 'delete', 'api'] as const

export type CredentialAction = (typeof CREDENTIAL_ACTIONS)[number]

/** Some actions on the repositories that fit one of the patterns; the patterns are of whole names. */
export interface CredentialPermission {
  readonly repositories: readonly string[]
  readonly actions: readonly CredentialAction[]
}

/** What a user signed in with, where it was no password. */
export interface Credential {
  /** `onBehalfOf`: the service token of a robot that acts for the user; `id` is the robot's then. */
  readonly kind: 'accessToken' | 'identityToken' | 'onBehalfOf'
  readonly id: number
  /** The most that it may do of what its owner may; undefined: all of that. */
  readonly permissions: readonly CredentialPermission[] | undefined
  readonly expiresAt: Date | undefined
  /** The robot that made it while it acted for its owner, and without whose right it is nothing. */
  readonly madeByRobotId?: number | undefined
}

/** A robot that acts for a user. */
export interface Agent {
  readonly id: number
  readonly username: string
}

export interface UserSubject {
  readonly kind: 'user'
  readonly id: number
  readonly username: string
  readonly systemRole: SystemRole | undefined
  /** When that role lapses, where a source claims it and has to say so again; undefined: it does not. */
  readonly systemRoleUntil?: Date | undefined
  /** Undefined after a sign-in by password, or by a person's own way of single sign-on. */
  readonly credential?: Credential | undefined
  /**
   * Until when the directory's word is taken without asking it again; what was answered on it is not
   * repeated after that. Undefined after any other sign-in.
   */
  readonly provenUntil?: Date | undefined
  /** What the account's sign-ins were counted as then; undefined after one with a token. */
  readonly signInEpoch?: number | undefined
  /** Set where a robot acts for the user; `credential` is what it may do at most. */
  readonly agent?: Agent | undefined
}

/** An account of a machine. It has no roles: its permissions are all that it may. */
export interface RobotSubject {
  readonly kind: 'robot'
  readonly id: number
  /** What it signs in as: `robot$name`, or `robot$project+name`. */
  readonly username: string
  /** Its project; undefined for a robot of the system. */
  readonly projectId: number | undefined
  readonly permissions: readonly CredentialPermission[]
  readonly expiresAt: Date | undefined
  /** Whether it gets tokens from certain networks only. */
  readonly isBoundToNetworks: boolean
  /** The group whose members it may act for; undefined: for nobody. */
  readonly onBehalfGroupId?: number | undefined
}

/** Who a token or a request speaks for. */
export type Subject = { readonly kind: 'anonymous' } | UserSubject | RobotSubject

export const ANONYMOUS: Subject = { kind: 'anonymous' }

/** Names that begin so belong to this service itself; no account may have them. */
export const RESERVED_SUBJECT_PREFIX = 'warden$'

/** Names that begin so belong to robots; no person may have them. */
export const ROBOT_PREFIX = 'robot$'

/** The `sub` claim: the registry shows it as the actor of its events; empty for anonymous. */
export const subjectName = (subject: Subject): string =>
  subject.kind === 'anonymous' ? '' : subject.username

/** Who did it, as records name them: the robot where one acts for a user. */
export const actorName = (subject: Subject): string =>
  subject.kind === 'user' && subject.agent !== undefined
    ? subject.agent.username
    : subjectName(subject)

/** The user that a robot acts for; undefined where nobody acts for another. */
export const onBehalfOf = (subject: Subject): string | undefined =>
  subject.kind === 'user' && subject.agent !== undefined ? subject.username : undefined

/** The robot without whose right the subject could not be here: it acts, or it made the token. */
export function robotBehind(subject: Subject): number | undefined {
  if (subject.kind !== 'user') return undefined
  return subject.agent?.id ?? subject.credential?.madeByRobotId
}

/** Those that count in the admin API. */
export const permissionsForApi = (
  permissions: readonly CredentialPermission[],
): readonly CredentialPermission[] => permissions.filter(({ actions }) => actions.includes('api'))

/** What narrows the subject; undefined where nothing does. */
export function permissionsOf(subject: Subject): readonly CredentialPermission[] | undefined {
  if (subject.kind === 'robot') return subject.permissions
  return subject.kind === 'user' ? subject.credential?.permissions : undefined
}

/** When what the subject signed in with ends; undefined: not by time. */
export function credentialEnd(subject: Subject): Date | undefined {
  if (subject.kind === 'robot') return subject.expiresAt
  return subject.kind === 'user' ? subject.credential?.expiresAt : undefined
}
