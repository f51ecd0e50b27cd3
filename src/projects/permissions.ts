import type { Role } from './types.ts'

/** What concerns the whole system and no project. */
export type SystemPermission =
  | 'user:read'
  | 'user:write'
  | 'project:create'
  | 'catalog:read'
  | 'settings:read'
  | 'settings:write'
  | 'robot:read'
  | 'robot:write'
  | 'audit:read'
  | 'job:read'
  | 'job:write'
  | 'quota:write'

/** What concerns one project, or a repository in it. */
export type ProjectPermission =
  | 'project:read'
  | 'project:write'
  | 'member:read'
  | 'member:write'
  | 'robot:read'
  | 'robot:write'
  | 'audit:read'
  | 'removal:read'
  | 'removal:write'
  | 'retention:read'
  | 'retention:write'
  | 'policy:write'
  | RepositoryPermission

export type RepositoryPermission = 'repository:pull' | 'repository:push' | 'repository:delete'

const LIMITED_GUEST: readonly ProjectPermission[] = ['project:read', 'repository:pull']
const GUEST: readonly ProjectPermission[] = [...LIMITED_GUEST, 'member:read', 'robot:read']
const DEVELOPER: readonly ProjectPermission[] = [...GUEST, 'repository:push', 'retention:read']
// Harbor lets developers change what is kept; here that deletes tags, which they may not.
const MAINTAINER: readonly ProjectPermission[] = [
  ...DEVELOPER,
  'repository:delete',
  'removal:read',
  'removal:write',
  'retention:write',
  'policy:write',
]
const PROJECT_ADMIN: readonly ProjectPermission[] = [
  ...MAINTAINER,
  'project:write',
  'member:write',
  'robot:write',
  'audit:read',
]

/** Harbor's matrix, for the resources that are here. */
export const MATRIX: Readonly<Record<Role, ReadonlySet<ProjectPermission>>> = {
  limitedGuest: new Set(LIMITED_GUEST),
  guest: new Set(GUEST),
  developer: new Set(DEVELOPER),
  maintainer: new Set(MAINTAINER),
  projectAdmin: new Set(PROJECT_ADMIN),
}

/** The rule that a role is, for people who ask why. */
export const BY_ROLE: Readonly<Record<Role, string>> = {
  limitedGuest: 'member with role limitedGuest',
  guest: 'member with role guest',
  developer: 'member with role developer',
  maintainer: 'member with role maintainer',
  projectAdmin: 'member with role projectAdmin',
}

/** What an auditor may. */
export const READ_ONLY: ReadonlySet<string> = new Set([
  'project:read',
  'member:read',
  'repository:pull',
  'user:read',
  'settings:read',
  'catalog:read',
  'robot:read',
  'audit:read',
  'job:read',
  'removal:read',
  'retention:read',
])

/** What everybody may in a public project. */
export const PUBLIC: ReadonlySet<ProjectPermission> = new Set(['project:read', 'repository:pull'])
