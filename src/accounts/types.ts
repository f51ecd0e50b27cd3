import type { SystemRole } from '../protocol/subject.ts'

/** A person's account. `id` is what rights hold on to; the name is for people. */
export interface User {
  readonly id: number
  readonly username: string
  /** The one place that is asked who this is: `local`, `ldap`, or the name of an issuer (R10). */
  readonly source: string
  readonly email: string | undefined
  readonly displayName: string | undefined
  /** As an administrator gave it. */
  readonly systemRole: SystemRole | undefined
  /** What the source said last; undefined for local accounts and for what was ended. */
  readonly claims: FollowedClaims | undefined
  readonly disabled: boolean
  readonly createdAt: Date
  readonly updatedAt: Date
}

/** What is kept of claims, and until when it holds without being said again (R9). */
export interface FollowedClaims {
  readonly digest: string
  readonly isAdministrator: boolean
  readonly endsAt: Date
}

/** What a source says of a person, each time that it proves one. */
export interface Claims {
  readonly source: string
  /** Unchanging id of the person there (R8). */
  readonly externalId: string
  /** The name that is wanted at first sight; any text. */
  readonly username: string | undefined
  readonly email: string | undefined
  readonly displayName: string | undefined
  /** Names of groups at that source. */
  readonly groups: readonly string[]
  readonly isAdministrator: boolean
  /** When the source said so, where that is not now: a token is shown long after it was issued. */
  readonly saidAt?: Date | undefined
}

/** A user as signing in needs it. */
export interface UserWithPassword extends User {
  readonly passwordHash: string | undefined
  /** Raised when the password changes and when the account is disabled: what stood on it before is over. */
  readonly signInEpoch: number
}

export interface NewUser {
  readonly username: string
  /** Undefined where another source proves the account. */
  readonly passwordHash: string | undefined
  /** Where the account is proven; here, where it is left out. */
  readonly identity?: Identity | undefined
  readonly email: string | undefined
  readonly displayName: string | undefined
  readonly systemRole: SystemRole | undefined
}

/** Who somebody is to a source other than this service (R8). */
export interface Identity {
  readonly source: string
  readonly externalId: string
}

/** Fields that are left out stay as they are; `null` empties one. */
export interface UserChange {
  readonly email?: string | null | undefined
  readonly displayName?: string | null | undefined
  readonly systemRole?: SystemRole | null | undefined
  readonly disabled?: boolean | undefined
  readonly passwordHash?: string | undefined
}

/** Some people under one name, who get the rights that the group gets. */
export interface Group {
  readonly id: number
  /** `local`, or the source that says who is in it (R9). */
  readonly source: string
  /** As the API has it: that of another source begins with it, as in `ldap:staff`. */
  readonly name: string
  readonly description: string | undefined
  readonly createdAt: Date
  readonly updatedAt: Date
}
