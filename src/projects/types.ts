export type Visibility = 'public' | 'private'

/** Harbor's roles, by Harbor's names, the strongest first. */
export const ROLES = ['projectAdmin', 'maintainer', 'developer', 'guest', 'limitedGuest'] as const

export type Role = (typeof ROLES)[number]

/** The first path segment of repositories, with its members and rules. */
export interface Project {
  readonly id: number
  readonly name: string
  readonly visibility: Visibility
  readonly createdAt: Date
  readonly updatedAt: Date
}

/** What one membership gives: a role, maybe for some repositories only, maybe for a time. */
export interface Membership {
  readonly role: Role
  /** Patterns relative to the project; undefined means all of it. */
  readonly repositories: readonly string[] | undefined
  readonly expiresAt: Date | undefined
  /**
   * When it lapses because a source has not said again who is in its group (R9); undefined where the
   * membership does not come from such a group.
   */
  readonly claimedUntil?: Date | undefined
}

/** A user or a group with what it is in a project. */
export interface Member extends Membership {
  readonly kind: 'user' | 'group'
  readonly name: string
}

/** A project with what a certain user is in it. */
export interface ProjectRights {
  readonly project: Project
  readonly memberships: readonly Membership[]
}
