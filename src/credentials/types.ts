import type { RoleHolder } from '../accounts/user-subject.ts'
import type { CredentialPermission, SystemRole } from '../protocol/subject.ts'

/** A secret of a user for machines and scripts, in place of the password. */
export interface AccessToken {
  readonly id: number
  readonly name: string
  /** Undefined: all that its owner may. */
  readonly permissions: readonly CredentialPermission[] | undefined
  readonly expiresAt: Date | undefined
  /** To the minute. */
  readonly lastUsedAt: Date | undefined
  readonly createdAt: Date
}

/** The owner of a token, as far as signing in needs it. */
export interface TokenOwner {
  readonly id: number
  readonly username: string
  readonly systemRole: SystemRole | undefined
  /** What its source claims of it, where it has another one than this service. */
  readonly claims: RoleHolder['claims']
  readonly disabled: boolean
}

/** What an access or an identity token stands for, as signing in needs it. */
export interface OwnedToken {
  readonly id: number
  readonly owner: TokenOwner
  readonly permissions: readonly CredentialPermission[] | undefined
  readonly expiresAt: Date | undefined
  /** The robot that made it on behalf of its owner, and the group that it may do that for. */
  readonly madeBy: { readonly robotId: number; readonly groupId: number } | undefined
}

/** What `docker login` keeps in place of the password. */
export interface IdentityToken {
  readonly id: number
  readonly client: string | undefined
  readonly address: string | undefined
  readonly expiresAt: Date
  readonly lastUsedAt: Date | undefined
  readonly createdAt: Date
}

/** An account of a machine. */
export interface Robot {
  readonly id: number
  /** Within its project, or within the system. */
  readonly name: string
  readonly description: string | undefined
  /** Patterns are relative to the project, or of whole names for a robot of the system. */
  readonly permissions: readonly CredentialPermission[]
  /** Undefined: from everywhere. */
  readonly networks: readonly string[] | undefined
  /** Name of the group whose members it may act for; undefined: for nobody. */
  readonly onBehalfOf: string | undefined
  readonly onBehalfGroupId: number | undefined
  readonly expiresAt: Date | undefined
  readonly disabled: boolean
  /** Until when the secret before the last rotation works. */
  readonly previousSecretEndsAt: Date | undefined
  readonly lastUsedAt: Date | undefined
  readonly createdAt: Date
  readonly updatedAt: Date
}

/** A robot as signing in needs it; its permissions are of whole names. */
export interface RobotWithSecrets {
  readonly id: number
  readonly username: string
  readonly projectId: number | undefined
  readonly permissions: readonly CredentialPermission[]
  readonly networks: readonly string[] | undefined
  readonly onBehalfGroupId: number | undefined
  readonly expiresAt: Date | undefined
  readonly disabled: boolean
  readonly secretHash: string
  readonly previous: { readonly secretHash: string; readonly endsAt: Date } | undefined
}
