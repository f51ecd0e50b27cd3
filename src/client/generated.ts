// Generated from the document of the API: do not change it by hand.
// Anew by: GENERATE_CLIENT=1 npm test -- test/client/generated

/** What the API speaks of, by name. */
export interface Schemas {
  readonly AccessDecision: {
    readonly type: string
    readonly name: string
    readonly action: string
    readonly allowed: boolean
    readonly rule: string
    readonly until: string | null
  }
  readonly AccessToken: {
    readonly id: number
    readonly name: string
    readonly permissions: ReadonlyArray<{
      readonly repositories: ReadonlyArray<string>
      readonly actions: ReadonlyArray<"pull" | "push" | "delete" | "api">
    }> | null
    readonly expiresAt: string | null
    readonly lastUsedAt: string | null
    readonly createdAt: string
  }
  readonly AuditRow: {
    readonly time: string
    readonly actor: string
    readonly onBehalfOf: string | null
    readonly action: string
    readonly target: string
    readonly project: string | null
    readonly outcome: "done" | "denied" | "failed"
    readonly count: number
    readonly address: string | null
    readonly userAgent: string | null
    readonly requestId: string | null
  }
  readonly CreatedAccessToken: {
    readonly id: number
    readonly name: string
    readonly permissions: ReadonlyArray<{
      readonly repositories: ReadonlyArray<string>
      readonly actions: ReadonlyArray<"pull" | "push" | "delete" | "api">
    }> | null
    readonly expiresAt: string | null
    readonly lastUsedAt: string | null
    readonly createdAt: string
    readonly username: string
    readonly secret?: string
  }
  readonly Explanation: {
    readonly subject: string
    readonly decisions: ReadonlyArray<Schemas["AccessDecision"]>
  }
  readonly Group: {
    readonly name: string
    readonly description: string | null
    readonly createdAt: string
    readonly updatedAt: string
  }
  readonly GroupMember: {
    readonly username: string
  }
  readonly IdentityToken: {
    readonly id: number
    readonly client: string | null
    readonly address: string | null
    readonly expiresAt: string
    readonly lastUsedAt: string | null
    readonly createdAt: string
  }
  readonly Member: {
    readonly username: string
    readonly role: "projectAdmin" | "maintainer" | "developer" | "guest" | "limitedGuest"
    readonly repositories: ReadonlyArray<string> | null
    readonly expiresAt: string | null
  }
  readonly MemberGroup: {
    readonly group: string
    readonly role: "projectAdmin" | "maintainer" | "developer" | "guest" | "limitedGuest"
    readonly repositories: ReadonlyArray<string> | null
    readonly expiresAt: string | null
  }
  readonly OAuthToken: {
    readonly token: string
    readonly access_token: string
    readonly expires_in: number
    readonly refresh_token?: string
    readonly scope: string
  }
  readonly Problem: {
    readonly type: string
    readonly title: string
    readonly status: number
    readonly detail: string
    readonly instance: string
    readonly requestId: string
    readonly errors: ReadonlyArray<{
      readonly code: string
      readonly message: string
      readonly detail: unknown
    }>
  }
  readonly Project: {
    readonly name: string
    readonly visibility: "public" | "private"
    readonly createdAt: string
    readonly updatedAt: string
  }
  readonly RegistryError: {
    readonly errors: ReadonlyArray<{
      readonly code: string
      readonly message: string
      readonly detail: unknown
    }>
    readonly error: string
    readonly error_description: string
  }
  readonly Repository: {
    readonly name: string
    readonly project: string
    readonly tagCount: number
    readonly sizeBytes: null | number
    readonly pullCount: null | number
    readonly pushedAt: null | string
    readonly pulledAt: null | string
  }
  readonly Robot: {
    readonly name: string
    readonly username: string
    readonly project: string | null
    readonly description: string | null
    readonly permissions: ReadonlyArray<{
      readonly repositories: ReadonlyArray<string>
      readonly actions: ReadonlyArray<"pull" | "push" | "delete" | "api">
    }>
    readonly networks: ReadonlyArray<string> | null
    readonly expiresAt: string | null
    readonly disabled: boolean
    readonly previousSecretEndsAt: string | null
    readonly lastUsedAt: string | null
    readonly createdAt: string
    readonly updatedAt: string
  }
  readonly RobotWithSecret: {
    readonly name: string
    readonly username: string
    readonly project: string | null
    readonly description: string | null
    readonly permissions: ReadonlyArray<{
      readonly repositories: ReadonlyArray<string>
      readonly actions: ReadonlyArray<"pull" | "push" | "delete" | "api">
    }>
    readonly networks: ReadonlyArray<string> | null
    readonly expiresAt: string | null
    readonly disabled: boolean
    readonly previousSecretEndsAt: string | null
    readonly lastUsedAt: string | null
    readonly createdAt: string
    readonly updatedAt: string
    readonly secret?: string
  }
  readonly Settings: {
    readonly selfRegistration: {
      readonly value: boolean
      readonly pinnedBy: string | null
    }
    readonly projectCreation: {
      readonly value: "administrators" | "everyone"
      readonly pinnedBy: string | null
    }
    readonly forbidPublic: {
      readonly value: boolean
      readonly pinnedBy: string | null
    }
    readonly personalProjects: {
      readonly value: boolean
      readonly pinnedBy: string | null
    }
    readonly defaultQuotaBytes: {
      readonly value: number | null
      readonly pinnedBy: string | null
    }
    readonly auditRetentionDays: {
      readonly value: number | null
      readonly pinnedBy: string | null
    }
  }
  readonly Tag: {
    readonly name: string
    readonly digest: string
    readonly mediaType: string
    readonly sizeBytes: null | number
    readonly pushedAt: null | string
    readonly pulledAt: null | string
    readonly immutable: boolean
  }
  readonly Token: {
    readonly token: string
    readonly access_token: string
    readonly expires_in: number
    readonly refresh_token?: string
  }
  readonly User: {
    readonly username: string
    readonly email: string | null
    readonly displayName: string | null
    readonly systemRole: "administrator" | "auditor" | null
    readonly disabled: boolean
    readonly createdAt: string
    readonly updatedAt: string
  }
}

/** What each operation takes and answers. */
export interface Operations {
  /** Deletes a group with all that it gave. */
  readonly deleteGroupsByGroup: {
    readonly params: {
      readonly group: string
    }
    readonly query: undefined
    readonly body: undefined
    readonly answer: undefined
  }
  /** Takes a user out of a group. */
  readonly deleteGroupsMembersByUsername: {
    readonly params: {
      readonly group: string
      readonly username: string
    }
    readonly query: undefined
    readonly body: undefined
    readonly answer: undefined
  }
  /** Revokes one of one's own identity tokens. */
  readonly deleteMeIdentityTokensById: {
    readonly params: {
      readonly id: string
    }
    readonly query: undefined
    readonly body: undefined
    readonly answer: undefined
  }
  /** Revokes one of one's own access tokens. */
  readonly deleteMeTokensById: {
    readonly params: {
      readonly id: string
    }
    readonly query: undefined
    readonly body: undefined
    readonly answer: undefined
  }
  /** Deletes a project whose repositories have no tags. */
  readonly deleteProjectsByProject: {
    readonly params: {
      readonly project: string
    }
    readonly query: {
      readonly force?: "true" | "false"
    }
    readonly body: undefined
    readonly answer: undefined
  }
  /** Ends the membership of a group. */
  readonly deleteProjectsMembersGroupsByGroup: {
    readonly params: {
      readonly project: string
      readonly group: string
    }
    readonly query: undefined
    readonly body: undefined
    readonly answer: undefined
  }
  /** Ends the membership of a user. */
  readonly deleteProjectsMembersUsersByUsername: {
    readonly params: {
      readonly project: string
      readonly username: string
    }
    readonly query: undefined
    readonly body: undefined
    readonly answer: undefined
  }
  /** Deletes a robot of a project. */
  readonly deleteProjectsRobotsByRobot: {
    readonly params: {
      readonly project: string
      readonly robot: string
    }
    readonly query: undefined
    readonly body: undefined
    readonly answer: undefined
  }
  /** Deletes a tag; other tags on the same manifest stay. */
  readonly deleteRepositoriesTagsByTag: {
    readonly params: {
      readonly name: string
      readonly tag: string
    }
    readonly query: undefined
    readonly body: undefined
    readonly answer: undefined
  }
  /** Deletes a robot of the system. */
  readonly deleteRobotsByRobot: {
    readonly params: {
      readonly robot: string
    }
    readonly query: undefined
    readonly body: undefined
    readonly answer: undefined
  }
  /** Deletes a user; the name is never given again. */
  readonly deleteUsersByUsername: {
    readonly params: {
      readonly username: string
    }
    readonly query: undefined
    readonly body: undefined
    readonly answer: undefined
  }
  /** Revokes an identity token of a user. */
  readonly deleteUsersIdentityTokensById: {
    readonly params: {
      readonly username: string
      readonly id: string
    }
    readonly query: undefined
    readonly body: undefined
    readonly answer: undefined
  }
  /** Revokes an access token of a user. */
  readonly deleteUsersTokensById: {
    readonly params: {
      readonly username: string
      readonly id: string
    }
    readonly query: undefined
    readonly body: undefined
    readonly answer: undefined
  }
  /** Lists the audit record, newest first. */
  readonly getAudit: {
    readonly params: undefined
    readonly query: {
      readonly actor?: string
      readonly action?: string
      readonly project?: string
      readonly target?: string
      readonly targetPrefix?: string
      readonly outcome?: "done" | "denied" | "failed"
      readonly since?: string
      readonly until?: string
      readonly limit?: number
      readonly cursor?: string
    }
    readonly body: undefined
    readonly answer: {
      readonly items: ReadonlyArray<Schemas["AuditRow"]>
      readonly next: string | null
    }
  }
  /** Exports the audit record as CSV or JSON lines, newest first. */
  readonly getAuditExport: {
    readonly params: undefined
    readonly query: {
      readonly actor?: string
      readonly action?: string
      readonly project?: string
      readonly target?: string
      readonly targetPrefix?: string
      readonly outcome?: "done" | "denied" | "failed"
      readonly since?: string
      readonly until?: string
      readonly format: "csv" | "jsonl"
    }
    readonly body: undefined
    readonly answer: string
  }
  /** This API as a page to read. */
  readonly getDocs: {
    readonly params: undefined
    readonly query: undefined
    readonly body: undefined
    readonly answer: string
  }
  /** Lists groups by name. */
  readonly getGroups: {
    readonly params: undefined
    readonly query: {
      readonly limit?: number
      readonly cursor?: string
    }
    readonly body: undefined
    readonly answer: {
      readonly items: ReadonlyArray<Schemas["Group"]>
      readonly next: string | null
    }
  }
  /** Reads a group. */
  readonly getGroupsByGroup: {
    readonly params: {
      readonly group: string
    }
    readonly query: undefined
    readonly body: undefined
    readonly answer: Schemas["Group"]
  }
  /** Lists who is in a group, by name. */
  readonly getGroupsMembers: {
    readonly params: {
      readonly group: string
    }
    readonly query: {
      readonly limit?: number
      readonly cursor?: string
    }
    readonly body: undefined
    readonly answer: {
      readonly items: ReadonlyArray<Schemas["GroupMember"]>
      readonly next: string | null
    }
  }
  /** Who the caller is. */
  readonly getMe: {
    readonly params: undefined
    readonly query: undefined
    readonly body: undefined
    readonly answer: Schemas["User"]
  }
  /** Lists one's own identity tokens, the newest first. */
  readonly getMeIdentityTokens: {
    readonly params: undefined
    readonly query: {
      readonly limit?: number
      readonly cursor?: string
    }
    readonly body: undefined
    readonly answer: {
      readonly items: ReadonlyArray<Schemas["IdentityToken"]>
      readonly next: string | null
    }
  }
  /** Lists one's own access tokens, the oldest first. */
  readonly getMeTokens: {
    readonly params: undefined
    readonly query: {
      readonly limit?: number
      readonly cursor?: string
    }
    readonly body: undefined
    readonly answer: {
      readonly items: ReadonlyArray<Schemas["AccessToken"]>
      readonly next: string | null
    }
  }
  /** Reads one of one's own access tokens. */
  readonly getMeTokensById: {
    readonly params: {
      readonly id: string
    }
    readonly query: undefined
    readonly body: undefined
    readonly answer: Schemas["AccessToken"]
  }
  /** This API as an OpenAPI 3.1 document. */
  readonly getOpenapiJson: {
    readonly params: undefined
    readonly query: undefined
    readonly body: undefined
    readonly answer: Readonly<Record<string, unknown>>
  }
  /** Lists the projects that the caller may read. */
  readonly getProjects: {
    readonly params: undefined
    readonly query: {
      readonly limit?: number
      readonly cursor?: string
      readonly sort?: "name" | "-name" | "createdAt" | "-createdAt"
      readonly name?: string
      readonly visibility?: "public" | "private"
    }
    readonly body: undefined
    readonly answer: {
      readonly items: ReadonlyArray<Schemas["Project"]>
      readonly next: string | null
    }
  }
  /** Reads a project. */
  readonly getProjectsByProject: {
    readonly params: {
      readonly project: string
    }
    readonly query: undefined
    readonly body: undefined
    readonly answer: Schemas["Project"]
  }
  /** Lists the members of a project by name: users, then groups. */
  readonly getProjectsMembers: {
    readonly params: {
      readonly project: string
    }
    readonly query: {
      readonly limit?: number
      readonly cursor?: string
    }
    readonly body: undefined
    readonly answer: {
      readonly items: ReadonlyArray<Schemas["Member"] | Schemas["MemberGroup"]>
      readonly next: string | null
    }
  }
  /** Reads the membership of a group. */
  readonly getProjectsMembersGroupsByGroup: {
    readonly params: {
      readonly project: string
      readonly group: string
    }
    readonly query: undefined
    readonly body: undefined
    readonly answer: Schemas["MemberGroup"]
  }
  /** Reads the membership of a user. */
  readonly getProjectsMembersUsersByUsername: {
    readonly params: {
      readonly project: string
      readonly username: string
    }
    readonly query: undefined
    readonly body: undefined
    readonly answer: Schemas["Member"]
  }
  /** Lists the repositories of a project that the caller may pull. */
  readonly getProjectsRepositories: {
    readonly params: {
      readonly project: string
    }
    readonly query: {
      readonly limit?: number
      readonly cursor?: string
    }
    readonly body: undefined
    readonly answer: {
      readonly items: ReadonlyArray<Schemas["Repository"]>
      readonly next: string | null
    }
  }
  /** Lists the robots of a project by name. */
  readonly getProjectsRobots: {
    readonly params: {
      readonly project: string
    }
    readonly query: {
      readonly limit?: number
      readonly cursor?: string
    }
    readonly body: undefined
    readonly answer: {
      readonly items: ReadonlyArray<Schemas["Robot"]>
      readonly next: string | null
    }
  }
  /** Reads a robot of a project. */
  readonly getProjectsRobotsByRobot: {
    readonly params: {
      readonly project: string
      readonly robot: string
    }
    readonly query: undefined
    readonly body: undefined
    readonly answer: Schemas["Robot"]
  }
  /** Lists the repositories that the caller may pull. */
  readonly getRepositories: {
    readonly params: undefined
    readonly query: {
      readonly limit?: number
      readonly cursor?: string
    }
    readonly body: undefined
    readonly answer: {
      readonly items: ReadonlyArray<Schemas["Repository"]>
      readonly next: string | null
    }
  }
  /** Reads a repository. */
  readonly getRepositoriesByName: {
    readonly params: {
      readonly name: string
    }
    readonly query: undefined
    readonly body: undefined
    readonly answer: Schemas["Repository"]
  }
  /** Lists the tags of a repository by name. */
  readonly getRepositoriesTags: {
    readonly params: {
      readonly name: string
    }
    readonly query: {
      readonly limit?: number
      readonly cursor?: string
    }
    readonly body: undefined
    readonly answer: {
      readonly items: ReadonlyArray<Schemas["Tag"]>
      readonly next: string | null
    }
  }
  /** Reads a tag. */
  readonly getRepositoriesTagsByTag: {
    readonly params: {
      readonly name: string
      readonly tag: string
    }
    readonly query: undefined
    readonly body: undefined
    readonly answer: Schemas["Tag"]
  }
  /** Lists the robots of the system by name. */
  readonly getRobots: {
    readonly params: undefined
    readonly query: {
      readonly limit?: number
      readonly cursor?: string
    }
    readonly body: undefined
    readonly answer: {
      readonly items: ReadonlyArray<Schemas["Robot"]>
      readonly next: string | null
    }
  }
  /** Reads a robot of the system. */
  readonly getRobotsByRobot: {
    readonly params: {
      readonly robot: string
    }
    readonly query: undefined
    readonly body: undefined
    readonly answer: Schemas["Robot"]
  }
  /** Reads what is set at run time, and what the environment pins. */
  readonly getSettings: {
    readonly params: undefined
    readonly query: undefined
    readonly body: undefined
    readonly answer: Schemas["Settings"]
  }
  /** Lists users. */
  readonly getUsers: {
    readonly params: undefined
    readonly query: {
      readonly limit?: number
      readonly cursor?: string
      readonly sort?: "username" | "-username" | "createdAt" | "-createdAt"
      readonly search?: string
    }
    readonly body: undefined
    readonly answer: {
      readonly items: ReadonlyArray<Schemas["User"]>
      readonly next: string | null
    }
  }
  /** Reads a user. */
  readonly getUsersByUsername: {
    readonly params: {
      readonly username: string
    }
    readonly query: undefined
    readonly body: undefined
    readonly answer: Schemas["User"]
  }
  /** Lists the identity tokens of a user, the newest first. */
  readonly getUsersIdentityTokens: {
    readonly params: {
      readonly username: string
    }
    readonly query: {
      readonly limit?: number
      readonly cursor?: string
    }
    readonly body: undefined
    readonly answer: {
      readonly items: ReadonlyArray<Schemas["IdentityToken"]>
      readonly next: string | null
    }
  }
  /** Lists the access tokens of a user, the oldest first. */
  readonly getUsersTokens: {
    readonly params: {
      readonly username: string
    }
    readonly query: {
      readonly limit?: number
      readonly cursor?: string
    }
    readonly body: undefined
    readonly answer: {
      readonly items: ReadonlyArray<Schemas["AccessToken"]>
      readonly next: string | null
    }
  }
  /** Reads an access token of a user. */
  readonly getUsersTokensById: {
    readonly params: {
      readonly username: string
      readonly id: string
    }
    readonly query: undefined
    readonly body: undefined
    readonly answer: Schemas["AccessToken"]
  }
  /** Changes what a group says of itself. */
  readonly patchGroupsByGroup: {
    readonly params: {
      readonly group: string
    }
    readonly query: undefined
    readonly body: {
      readonly description?: string | null
    }
    readonly answer: Schemas["Group"]
  }
  /** Makes a project public or private. */
  readonly patchProjectsByProject: {
    readonly params: {
      readonly project: string
    }
    readonly query: undefined
    readonly body: {
      readonly visibility: "public" | "private"
    }
    readonly answer: Schemas["Project"]
  }
  /** Changes a robot of a project: what it may do, from where, until when, or whether at all. */
  readonly patchProjectsRobotsByRobot: {
    readonly params: {
      readonly project: string
      readonly robot: string
    }
    readonly query: undefined
    readonly body: {
      readonly description?: string | null
      readonly permissions?: ReadonlyArray<{
        readonly repositories: string | ReadonlyArray<string>
        readonly actions: ReadonlyArray<"pull" | "push" | "delete" | "api">
      }>
      readonly networks?: ReadonlyArray<string> | null
      readonly expiresAt?: string | null
      readonly disabled?: boolean
    }
    readonly answer: Schemas["Robot"]
  }
  /** Changes a robot of the system: what it may do, from where, until when, or whether at all. */
  readonly patchRobotsByRobot: {
    readonly params: {
      readonly robot: string
    }
    readonly query: undefined
    readonly body: {
      readonly description?: string | null
      readonly permissions?: ReadonlyArray<{
        readonly repositories: string | ReadonlyArray<string>
        readonly actions: ReadonlyArray<"pull" | "push" | "delete" | "api">
      }>
      readonly networks?: ReadonlyArray<string> | null
      readonly expiresAt?: string | null
      readonly disabled?: boolean
    }
    readonly answer: Schemas["Robot"]
  }
  /** Changes the settings that are given. */
  readonly patchSettings: {
    readonly params: undefined
    readonly query: undefined
    readonly body: {
      readonly selfRegistration?: boolean
      readonly projectCreation?: "administrators" | "everyone"
      readonly forbidPublic?: boolean
      readonly personalProjects?: boolean
      readonly defaultQuotaBytes?: number | null
      readonly auditRetentionDays?: number | null
    }
    readonly answer: Schemas["Settings"]
  }
  /** Changes a user: disables or enables it, sets a system role or a password. */
  readonly patchUsersByUsername: {
    readonly params: {
      readonly username: string
    }
    readonly query: undefined
    readonly body: {
      readonly email?: string | null
      readonly displayName?: string | null
      readonly systemRole?: "administrator" | "auditor" | null
      readonly disabled?: boolean
      readonly password?: string
    }
    readonly answer: Schemas["User"]
  }
  /** Says which rule decides each action that a token could hold. */
  readonly postExplain: {
    readonly params: undefined
    readonly query: undefined
    readonly body: {
      readonly subject?: string
      readonly scope: string | ReadonlyArray<string>
    }
    readonly answer: Schemas["Explanation"]
  }
  /** Makes a group. */
  readonly postGroups: {
    readonly params: undefined
    readonly query: undefined
    readonly body: {
      readonly name: string
      readonly description?: string
    }
    readonly answer: Schemas["Group"]
  }
  /** Makes an access token; its secret is shown this once. */
  readonly postMeTokens: {
    readonly params: undefined
    readonly query: undefined
    readonly body: {
      readonly name: string
      readonly permissions?: ReadonlyArray<{
        readonly repositories: string | ReadonlyArray<string>
        readonly actions: ReadonlyArray<"pull" | "push" | "delete" | "api">
      }> | null
      readonly expiresAt?: string | null
    }
    readonly answer: Schemas["CreatedAccessToken"]
  }
  /** Makes a project. */
  readonly postProjects: {
    readonly params: undefined
    readonly query: {
      readonly force?: "true" | "false"
    }
    readonly body: {
      readonly name: string
      readonly visibility?: "public" | "private"
    }
    readonly answer: Schemas["Project"]
  }
  /** Makes a robot of a project; its secret is shown this once. */
  readonly postProjectsRobots: {
    readonly params: {
      readonly project: string
    }
    readonly query: undefined
    readonly body: {
      readonly name: string
      readonly description?: string | null
      readonly permissions: ReadonlyArray<{
        readonly repositories: string | ReadonlyArray<string>
        readonly actions: ReadonlyArray<"pull" | "push" | "delete" | "api">
      }>
      readonly networks?: ReadonlyArray<string> | null
      readonly expiresAt?: string | null
    }
    readonly answer: Schemas["RobotWithSecret"]
  }
  /** Gives a robot of a project a new secret; the one before works on for the overlap. */
  readonly postProjectsRobotsSecret: {
    readonly params: {
      readonly project: string
      readonly robot: string
    }
    readonly query: undefined
    readonly body: {
      readonly overlapSeconds?: number
    }
    readonly answer: Schemas["RobotWithSecret"]
  }
  /** Makes a robot of the system; its secret is shown this once. */
  readonly postRobots: {
    readonly params: undefined
    readonly query: undefined
    readonly body: {
      readonly name: string
      readonly description?: string | null
      readonly permissions: ReadonlyArray<{
        readonly repositories: string | ReadonlyArray<string>
        readonly actions: ReadonlyArray<"pull" | "push" | "delete" | "api">
      }>
      readonly networks?: ReadonlyArray<string> | null
      readonly expiresAt?: string | null
    }
    readonly answer: Schemas["RobotWithSecret"]
  }
  /** Gives a robot of the system a new secret; the one before works on for the overlap. */
  readonly postRobotsSecret: {
    readonly params: {
      readonly robot: string
    }
    readonly query: undefined
    readonly body: {
      readonly overlapSeconds?: number
    }
    readonly answer: Schemas["RobotWithSecret"]
  }
  /** Makes a user; where that is set, for whoever has no account yet. */
  readonly postUsers: {
    readonly params: undefined
    readonly query: undefined
    readonly body: {
      readonly username: string
      readonly password: string
      readonly email?: string
      readonly displayName?: string
      readonly systemRole?: "administrator" | "auditor"
    }
    readonly answer: Schemas["User"]
  }
  /** Puts a user into a group. */
  readonly putGroupsMembersByUsername: {
    readonly params: {
      readonly group: string
      readonly username: string
    }
    readonly query: undefined
    readonly body: Readonly<Record<string, unknown>>
    readonly answer: undefined
  }
  /** Changes the caller's own password. */
  readonly putMePassword: {
    readonly params: undefined
    readonly query: undefined
    readonly body: {
      readonly currentPassword: string
      readonly newPassword: string
    }
    readonly answer: undefined
  }
  /** Gives all who are in a group a role in a project. */
  readonly putProjectsMembersGroupsByGroup: {
    readonly params: {
      readonly project: string
      readonly group: string
    }
    readonly query: undefined
    readonly body: {
      readonly role: "projectAdmin" | "maintainer" | "developer" | "guest" | "limitedGuest"
      readonly repositories?: string | ReadonlyArray<string> | null
      readonly expiresAt?: string | null
    }
    readonly answer: Schemas["MemberGroup"]
  }
  /** Gives a user a role in a project, maybe for some repositories or for a time. */
  readonly putProjectsMembersUsersByUsername: {
    readonly params: {
      readonly project: string
      readonly username: string
    }
    readonly query: undefined
    readonly body: {
      readonly role: "projectAdmin" | "maintainer" | "developer" | "guest" | "limitedGuest"
      readonly repositories?: string | ReadonlyArray<string> | null
      readonly expiresAt?: string | null
    }
    readonly answer: Schemas["Member"]
  }
}

/** Where each operation is. */
export const OPERATIONS = {
  deleteGroupsByGroup: { method: 'DELETE', path: '/api/v1/groups/{group}' },
  deleteGroupsMembersByUsername: { method: 'DELETE', path: '/api/v1/groups/{group}/members/{username}' },
  deleteMeIdentityTokensById: { method: 'DELETE', path: '/api/v1/me/identity-tokens/{id}' },
  deleteMeTokensById: { method: 'DELETE', path: '/api/v1/me/tokens/{id}' },
  deleteProjectsByProject: { method: 'DELETE', path: '/api/v1/projects/{project}' },
  deleteProjectsMembersGroupsByGroup: { method: 'DELETE', path: '/api/v1/projects/{project}/members/groups/{group}' },
  deleteProjectsMembersUsersByUsername: { method: 'DELETE', path: '/api/v1/projects/{project}/members/users/{username}' },
  deleteProjectsRobotsByRobot: { method: 'DELETE', path: '/api/v1/projects/{project}/robots/{robot}' },
  deleteRepositoriesTagsByTag: { method: 'DELETE', path: '/api/v1/repositories/{name}/tags/{tag}' },
  deleteRobotsByRobot: { method: 'DELETE', path: '/api/v1/robots/{robot}' },
  deleteUsersByUsername: { method: 'DELETE', path: '/api/v1/users/{username}' },
  deleteUsersIdentityTokensById: { method: 'DELETE', path: '/api/v1/users/{username}/identity-tokens/{id}' },
  deleteUsersTokensById: { method: 'DELETE', path: '/api/v1/users/{username}/tokens/{id}' },
  getAudit: { method: 'GET', path: '/api/v1/audit' },
  getAuditExport: { method: 'GET', path: '/api/v1/audit/export' },
  getDocs: { method: 'GET', path: '/api/v1/docs' },
  getGroups: { method: 'GET', path: '/api/v1/groups' },
  getGroupsByGroup: { method: 'GET', path: '/api/v1/groups/{group}' },
  getGroupsMembers: { method: 'GET', path: '/api/v1/groups/{group}/members' },
  getMe: { method: 'GET', path: '/api/v1/me' },
  getMeIdentityTokens: { method: 'GET', path: '/api/v1/me/identity-tokens' },
  getMeTokens: { method: 'GET', path: '/api/v1/me/tokens' },
  getMeTokensById: { method: 'GET', path: '/api/v1/me/tokens/{id}' },
  getOpenapiJson: { method: 'GET', path: '/api/v1/openapi.json' },
  getProjects: { method: 'GET', path: '/api/v1/projects' },
  getProjectsByProject: { method: 'GET', path: '/api/v1/projects/{project}' },
  getProjectsMembers: { method: 'GET', path: '/api/v1/projects/{project}/members' },
  getProjectsMembersGroupsByGroup: { method: 'GET', path: '/api/v1/projects/{project}/members/groups/{group}' },
  getProjectsMembersUsersByUsername: { method: 'GET', path: '/api/v1/projects/{project}/members/users/{username}' },
  getProjectsRepositories: { method: 'GET', path: '/api/v1/projects/{project}/repositories' },
  getProjectsRobots: { method: 'GET', path: '/api/v1/projects/{project}/robots' },
  getProjectsRobotsByRobot: { method: 'GET', path: '/api/v1/projects/{project}/robots/{robot}' },
  getRepositories: { method: 'GET', path: '/api/v1/repositories' },
  getRepositoriesByName: { method: 'GET', path: '/api/v1/repositories/{name}' },
  getRepositoriesTags: { method: 'GET', path: '/api/v1/repositories/{name}/tags' },
  getRepositoriesTagsByTag: { method: 'GET', path: '/api/v1/repositories/{name}/tags/{tag}' },
  getRobots: { method: 'GET', path: '/api/v1/robots' },
  getRobotsByRobot: { method: 'GET', path: '/api/v1/robots/{robot}' },
  getSettings: { method: 'GET', path: '/api/v1/settings' },
  getUsers: { method: 'GET', path: '/api/v1/users' },
  getUsersByUsername: { method: 'GET', path: '/api/v1/users/{username}' },
  getUsersIdentityTokens: { method: 'GET', path: '/api/v1/users/{username}/identity-tokens' },
  getUsersTokens: { method: 'GET', path: '/api/v1/users/{username}/tokens' },
  getUsersTokensById: { method: 'GET', path: '/api/v1/users/{username}/tokens/{id}' },
  patchGroupsByGroup: { method: 'PATCH', path: '/api/v1/groups/{group}' },
  patchProjectsByProject: { method: 'PATCH', path: '/api/v1/projects/{project}' },
  patchProjectsRobotsByRobot: { method: 'PATCH', path: '/api/v1/projects/{project}/robots/{robot}' },
  patchRobotsByRobot: { method: 'PATCH', path: '/api/v1/robots/{robot}' },
  patchSettings: { method: 'PATCH', path: '/api/v1/settings' },
  patchUsersByUsername: { method: 'PATCH', path: '/api/v1/users/{username}' },
  postExplain: { method: 'POST', path: '/api/v1/explain' },
  postGroups: { method: 'POST', path: '/api/v1/groups' },
  postMeTokens: { method: 'POST', path: '/api/v1/me/tokens' },
  postProjects: { method: 'POST', path: '/api/v1/projects' },
  postProjectsRobots: { method: 'POST', path: '/api/v1/projects/{project}/robots' },
  postProjectsRobotsSecret: { method: 'POST', path: '/api/v1/projects/{project}/robots/{robot}/secret' },
  postRobots: { method: 'POST', path: '/api/v1/robots' },
  postRobotsSecret: { method: 'POST', path: '/api/v1/robots/{robot}/secret' },
  postUsers: { method: 'POST', path: '/api/v1/users' },
  putGroupsMembersByUsername: { method: 'PUT', path: '/api/v1/groups/{group}/members/{username}' },
  putMePassword: { method: 'PUT', path: '/api/v1/me/password' },
  putProjectsMembersGroupsByGroup: { method: 'PUT', path: '/api/v1/projects/{project}/members/groups/{group}' },
  putProjectsMembersUsersByUsername: { method: 'PUT', path: '/api/v1/projects/{project}/members/users/{username}' },
} as const
