import type { SystemRole } from '../protocol/subject.ts'

/** A person's account. `id` is what rights hold on to; the name is for people. */
export interface User {
  readonly id: number
  readonly username: string
  readonly email: string | undefined
  readonly displayName: string | undefined
  readonly systemRole: SystemRole | undefined
  readonly disabled: boolean
  readonly createdAt: Date
  readonly updatedAt: Date
}

/** A user as signing in needs it. */
export interface UserWithPassword extends User {
  readonly passwordHash: string | undefined
  /** Raised when the password changes and when the account is disabled: what stood on it before is over. */
  readonly signInEpoch: number
}

export interface NewUser {
  readonly username: string
  readonly passwordHash: string
  readonly email: string | undefined
  readonly displayName: string | undefined
  readonly systemRole: SystemRole | undefined
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
  readonly name: string
  readonly description: string | undefined
  readonly createdAt: Date
  readonly updatedAt: Date
}
