// Generated from the document of the API: do not change it by hand.
// Anew by: GENERATE_CLIENT=1 npm test -- test/client/generated

/** What the API speaks of, by name. */
export interface Schemas {
  readonly Member: {
    readonly username: string
    readonly role: "projectAdmin" | "maintainer" | "developer" | "guest" | "limitedGuest"
    readonly repositories: ReadonlyArray<string> | null
    readonly expiresAt: string | null
  }
  readonly OAuthToken: {
    readonly token: string
    readonly access_token: string
    readonly expires_in: number
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
  /** This API as a page to read. */
  readonly getDocs: {
    readonly params: undefined
    readonly query: undefined
    readonly body: undefined
    readonly answer: string
  }
  /** Who the caller is. */
  readonly getMe: {
    readonly params: undefined
    readonly query: undefined
    readonly body: undefined
    readonly answer: Schemas["User"]
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
  /** Lists the members of a project by name. */
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
      readonly items: ReadonlyArray<Schemas["Member"]>
      readonly next: string | null
    }
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
  /** Changes a user: disables or enables it, gives or takes a system role. */
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
    }
    readonly answer: Schemas["User"]
  }
  /** Makes a project. */
  readonly postProjects: {
    readonly params: undefined
    readonly query: undefined
    readonly body: {
      readonly name: string
      readonly visibility?: "public" | "private"
    }
    readonly answer: Schemas["Project"]
  }
  /** Makes a user. */
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
  deleteProjectsMembersUsersByUsername: { method: 'DELETE', path: '/api/v1/projects/{project}/members/users/{username}' },
  deleteRepositoriesTagsByTag: { method: 'DELETE', path: '/api/v1/repositories/{name}/tags/{tag}' },
  getDocs: { method: 'GET', path: '/api/v1/docs' },
  getMe: { method: 'GET', path: '/api/v1/me' },
  getOpenapiJson: { method: 'GET', path: '/api/v1/openapi.json' },
  getProjects: { method: 'GET', path: '/api/v1/projects' },
  getProjectsByProject: { method: 'GET', path: '/api/v1/projects/{project}' },
  getProjectsMembers: { method: 'GET', path: '/api/v1/projects/{project}/members' },
  getProjectsMembersUsersByUsername: { method: 'GET', path: '/api/v1/projects/{project}/members/users/{username}' },
  getProjectsRepositories: { method: 'GET', path: '/api/v1/projects/{project}/repositories' },
  getRepositories: { method: 'GET', path: '/api/v1/repositories' },
  getRepositoriesByName: { method: 'GET', path: '/api/v1/repositories/{name}' },
  getRepositoriesTags: { method: 'GET', path: '/api/v1/repositories/{name}/tags' },
  getRepositoriesTagsByTag: { method: 'GET', path: '/api/v1/repositories/{name}/tags/{tag}' },
  getUsers: { method: 'GET', path: '/api/v1/users' },
  getUsersByUsername: { method: 'GET', path: '/api/v1/users/{username}' },
  patchProjectsByProject: { method: 'PATCH', path: '/api/v1/projects/{project}' },
  patchUsersByUsername: { method: 'PATCH', path: '/api/v1/users/{username}' },
  postProjects: { method: 'POST', path: '/api/v1/projects' },
  postUsers: { method: 'POST', path: '/api/v1/users' },
  putProjectsMembersUsersByUsername: { method: 'PUT', path: '/api/v1/projects/{project}/members/users/{username}' },
} as const
