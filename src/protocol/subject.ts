/** What an administrator made a user for the whole system. */
export type SystemRole = 'administrator' | 'auditor'

/** Who a token or a request speaks for. */
export type Subject =
  | { readonly kind: 'anonymous' }
  | {
      readonly kind: 'user'
      readonly id: number
      readonly username: string
      readonly systemRole: SystemRole | undefined
    }

export const ANONYMOUS: Subject = { kind: 'anonymous' }

/** Names that begin so belong to this service itself; no account may have them. */
export const RESERVED_SUBJECT_PREFIX = 'warden$'

/** The `sub` claim: the registry shows it as the actor of its events; empty for anonymous. */
export const subjectName = (subject: Subject): string =>
  subject.kind === 'user' ? subject.username : ''
