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
  readonly Collecting: {
    readonly configured: boolean
    readonly limitSeconds: number
    readonly schedule: string | null
    readonly nextRunAt: string | null
    readonly obstacles: ReadonlyArray<string>
    readonly fence: {
      readonly since: string
      readonly deadline: string | null
      readonly stuck: string | null
    } | null
    readonly lastRun: Schemas["Collection"] | null
  }
  readonly Collection: {
    readonly id: number
    readonly jobId: number
    readonly dryRun: boolean
    readonly state: "waiting" | "holding" | "collecting" | "checking" | "done" | "failed" | "cancelled"
    readonly error: string | null
    readonly actor: string
    readonly blobs: number
    readonly bytes: number
    readonly unknownBlobs: number
    readonly untaggedCount: number
    readonly gapCount: number
    readonly notes: ReadonlyArray<string>
    readonly heldSeconds: number | null
    readonly createdAt: string
    readonly endedAt: string | null
  }
  readonly CollectionReport: {
    readonly id: number
    readonly jobId: number
    readonly dryRun: boolean
    readonly state: "waiting" | "holding" | "collecting" | "checking" | "done" | "failed" | "cancelled"
    readonly error: string | null
    readonly actor: string
    readonly blobs: number
    readonly bytes: number
    readonly unknownBlobs: number
    readonly untaggedCount: number
    readonly gapCount: number
    readonly notes: ReadonlyArray<string>
    readonly heldSeconds: number | null
    readonly createdAt: string
    readonly endedAt: string | null
    readonly untagged: ReadonlyArray<{
      readonly repository: string
      readonly digest: string
    }>
    readonly gaps: ReadonlyArray<{
      readonly repository: string
      readonly manifest: string
      readonly blob: string
    }>
  }
  readonly CopiedTag: {
    readonly repository: string
    readonly tag: string
    readonly digest: string
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
    readonly secret?: string | undefined
  }
  readonly DayStatistics: {
    readonly day: string
    readonly project: string
    readonly pulls: number
    readonly pushes: number
    readonly pulledBytes: number
    readonly pushedBytes: number
  }
  readonly Explanation: {
    readonly subject: string
    readonly decisions: ReadonlyArray<Schemas["AccessDecision"]>
  }
  readonly Group: {
    readonly name: string
    readonly source: string
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
  readonly ImmutableTags: {
    readonly rules: ReadonlyArray<{
      readonly repositories: ReadonlyArray<string>
      readonly tags: ReadonlyArray<string>
    }>
    readonly enforcement: "door" | "detect-and-restore"
  }
  readonly Job: {
    readonly id: number
    readonly kind: string
    readonly state: "waiting" | "running" | "done" | "failed" | "cancelled"
    readonly attempts: number
    readonly mostAttempts: number
    readonly progress: {
      readonly done: number
      readonly total: number
    } | null
    readonly cancelRequested: boolean
    readonly runAt: string
    readonly createdAt: string
    readonly startedAt: string | null
    readonly endedAt: string | null
    readonly error: string | null
  }
  readonly JobWithLog: {
    readonly id: number
    readonly kind: string
    readonly state: "waiting" | "running" | "done" | "failed" | "cancelled"
    readonly attempts: number
    readonly mostAttempts: number
    readonly progress: {
      readonly done: number
      readonly total: number
    } | null
    readonly cancelRequested: boolean
    readonly runAt: string
    readonly createdAt: string
    readonly startedAt: string | null
    readonly endedAt: string | null
    readonly error: string | null
    readonly log: ReadonlyArray<{
      readonly time: string
      readonly line: string
    }>
  }
  readonly LdapCheck: {
    readonly configured: boolean
    readonly faults: number
    readonly warnings: number
    readonly steps: ReadonlyArray<{
      readonly name: string
      readonly state: "ok" | "warning" | "fault" | "skipped"
      readonly detail: string
      readonly advice: string | null
      readonly ms: number
    }>
  }
  readonly Manifest: {
    readonly digest: string
    readonly mediaType: string
    readonly kind: "image" | "index" | "artifact" | "unreadable"
    readonly contentBytes: number
    readonly sizeBytes: number | null
    readonly pulledAt: string | null
    readonly tags: ReadonlyArray<string>
    readonly artifactType: string | null
    readonly subjectDigest: string | null
    readonly platform: {
      readonly os: string | null
      readonly architecture: string | null
      readonly variant: string | null
    } | null
    readonly annotations: Readonly<Record<string, unknown>>
    readonly config: {
      readonly digest: string
      readonly createdAt: string | null
      readonly labels: Readonly<Record<string, unknown>>
      readonly history: ReadonlyArray<{
        readonly createdAt: string | null
        readonly createdBy: string | null
        readonly comment: string | null
        readonly isEmpty: boolean
      }>
    } | null
    readonly children: ReadonlyArray<{
      readonly digest: string
      readonly mediaType: string
      readonly role: "image" | "attestation"
      readonly artifactType: string | null
      readonly platform: {
        readonly os: string | null
        readonly architecture: string | null
        readonly variant: string | null
      } | null
    }>
  }
  readonly ManifestNeeds: {
    readonly tags: ReadonlyArray<string>
    readonly indexes: ReadonlyArray<string>
    readonly referrers: ReadonlyArray<string>
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
    readonly refresh_token?: string | undefined
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
  readonly Quota: {
    readonly limitBytes: number | null
    readonly effectiveLimitBytes: number | null
    readonly usedBytes: number
    readonly warning: boolean
    readonly enforcement: "door" | "token"
  }
  readonly ReadOnly: {
    readonly enabled: boolean
    readonly reason: string | null
    readonly since: string | null
    readonly enforcedBy: "door" | "tokens"
  }
  readonly Reconcile: {
    readonly state: "never" | "idle" | "waiting" | "running"
    readonly job: Schemas["Job"] | null
    readonly lastRun: {
      readonly startedAt: string
      readonly endedAt: string
      readonly repositories: number
      readonly tags: number
      readonly drift: {
        readonly added: number
        readonly moved: number
        readonly missing: number
      }
      readonly failures: number
    } | null
    readonly lostEvents: number
    readonly brake: {
      readonly engaged: boolean
      readonly since: string | null
      readonly reason: "lists" | "vanished" | null
      readonly detail: string | null
      readonly vanished: {
        readonly repositories: number
        readonly tags: number
      }
      readonly limits: {
        readonly repositories: number
        readonly tags: number
      }
    }
  }
  readonly Referrers: {
    readonly schemaVersion: 2
    readonly mediaType: "application/vnd.oci.image.index.v1+json"
    readonly manifests: ReadonlyArray<{
      readonly mediaType: string
      readonly digest: string
      readonly size: number
      readonly artifactType?: string | undefined
      readonly annotations?: Readonly<Record<string, unknown>> | undefined
    }>
    readonly groups: {
      readonly signatures: ReadonlyArray<string>
      readonly sboms: ReadonlyArray<string>
      readonly attestations: ReadonlyArray<string>
      readonly others: ReadonlyArray<string>
    }
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
  readonly Removal: {
    readonly id: number
    readonly project: string
    readonly filter: {
      readonly repositories: ReadonlyArray<string> | null
      readonly tags: ReadonlyArray<string> | null
      readonly pushedBefore: string | null
      readonly pulledBefore: string | null
    }
    readonly dryRun: boolean
    readonly state: "waiting" | "running" | "done" | "failed" | "cancelled"
    readonly error: string | null
    readonly actor: string
    readonly counts: {
      readonly waiting: number
      readonly removed: number
      readonly needed: number
      readonly absent: number
      readonly changed: number
      readonly immutable: number
      readonly hollow: number
    }
    readonly reclaimableBytesAtMost: number | null
    readonly createdAt: string
    readonly endedAt: string | null
  }
  readonly RemovalItem: {
    readonly repository: string
    readonly tag: string
    readonly digest: string
    readonly sizeBytes: number | null
    readonly outcome: "waiting" | "removed" | "needed" | "absent" | "changed" | "immutable" | "hollow"
    readonly reason: string | null
  }
  readonly Repository: {
    readonly name: string
    readonly project: string
    readonly tagCount: number
    readonly sizeBytes: number
    readonly pullCount: number
    readonly pushedAt: string | null
    readonly pulledAt: string | null
  }
  readonly Restore: {
    readonly state: "never" | "unreconciled" | "unconfirmed" | "confirmed"
    readonly backupAt: string | null
    readonly restoredAt: string | null
    readonly confirmedAt: string | null
    readonly confirmedBy: string | null
  }
  readonly Retention: {
    readonly rules: ReadonlyArray<{
      readonly template: "latestPushed" | "latestPulled" | "pushedWithin" | "pulledWithin" | "always"
      readonly k?: number | undefined
      readonly days?: number | undefined
      readonly repositories: ReadonlyArray<string>
      readonly tags: ReadonlyArray<string>
    }>
    readonly schedule: string | null
    readonly untaggedDays: number | null
    readonly nextRunAt: string | null
    readonly enforcement: "door" | "put-back"
  }
  readonly RetentionItem: {
    readonly repository: string
    readonly tag: string
    readonly digest: string
    readonly decision: "keep" | "remove"
    readonly reason: "rule" | "uncovered" | "immutable" | "unknownPulls" | "recent" | "needed" | "untaggedSubject" | "subject"
    readonly rule: number | null
    readonly neededBy: string | null
    readonly pushedAt: string
    readonly pulledAt: string | null
    readonly reclaimableBytes: number | null
    readonly outcome: "removed" | "changed" | "immutable" | "failed" | "held" | null
  }
  readonly RetentionRun: {
    readonly id: number
    readonly jobId: number
    readonly dryRun: boolean
    readonly scheduled: boolean
    readonly actor: string
    readonly state: "waiting" | "running" | "done" | "skipped" | "stopped" | "failed" | "cancelled"
    readonly detail: string | null
    readonly rules: ReadonlyArray<{
      readonly template: "latestPushed" | "latestPulled" | "pushedWithin" | "pulledWithin" | "always"
      readonly k?: number | undefined
      readonly days?: number | undefined
      readonly repositories: ReadonlyArray<string>
      readonly tags: ReadonlyArray<string>
    }>
    readonly repositories: number
    readonly kept: number
    readonly toRemove: number
    readonly removed: number
    readonly notRemoved: number
    readonly reclaimableBytes: number
    readonly itemCount: number
    readonly createdAt: string
    readonly endedAt: string | null
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
    readonly onBehalfOf: string | null
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
    readonly onBehalfOf: string | null
    readonly expiresAt: string | null
    readonly disabled: boolean
    readonly previousSecretEndsAt: string | null
    readonly lastUsedAt: string | null
    readonly createdAt: string
    readonly updatedAt: string
    readonly secret?: string | undefined
  }
  readonly SearchHit: {
    readonly kind: "repository" | "tag" | "manifest"
    readonly repository: string
    readonly tag: string | null
    readonly digest: string | null
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
    readonly firstSightUsers: {
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
    readonly sizeBytes: number | null
    readonly pushedAt: string
    readonly pulledAt: string | null
    readonly immutable: boolean
  }
  readonly Token: {
    readonly token: string
    readonly access_token: string
    readonly expires_in: number
    readonly refresh_token?: string | undefined
  }
  readonly TreeNode: {
    readonly name: string
    readonly kind: "folder" | "repository"
  }
  readonly User: {
    readonly username: string
    readonly source: string
    readonly email: string | null
    readonly displayName: string | null
    readonly systemRole: "administrator" | "auditor" | null
    readonly claimedRole: "administrator" | null
    readonly claimsEndAt: string | null
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
      readonly force?: "true" | "false" | undefined
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
  /** Takes the rules away: the project keeps all its tags. */
  readonly deleteProjectsRetention: {
    readonly params: {
      readonly project: string
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
  /** Deletes all tags of a repository, as a job; the next push brings it back. */
  readonly deleteRepositoriesByName: {
    readonly params: {
      readonly name: string
    }
    readonly query: undefined
    readonly body: undefined
    readonly answer: Schemas["Removal"]
  }
  /** Deletes a manifest with the tags on it, which are named or matched by If-Match. */
  readonly deleteRepositoriesManifestsByDigest: {
    readonly params: {
      readonly name: string
      readonly digest: string
    }
    readonly query: {
      readonly tags?: string | undefined
      readonly referrers?: "refuse" | "delete" | undefined
    }
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
      readonly actor?: string | undefined
      readonly action?: string | undefined
      readonly project?: string | undefined
      readonly target?: string | undefined
      readonly targetPrefix?: string | undefined
      readonly outcome?: "done" | "denied" | "failed" | undefined
      readonly since?: string | undefined
      readonly until?: string | undefined
      readonly limit?: number | undefined
      readonly cursor?: string | undefined
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
      readonly actor?: string | undefined
      readonly action?: string | undefined
      readonly project?: string | undefined
      readonly target?: string | undefined
      readonly targetPrefix?: string | undefined
      readonly outcome?: "done" | "denied" | "failed" | undefined
      readonly since?: string | undefined
      readonly until?: string | undefined
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
  /** Lists groups by source and name. */
  readonly getGroups: {
    readonly params: undefined
    readonly query: {
      readonly limit?: number | undefined
      readonly cursor?: string | undefined
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
      readonly limit?: number | undefined
      readonly cursor?: string | undefined
    }
    readonly body: undefined
    readonly answer: {
      readonly items: ReadonlyArray<Schemas["GroupMember"]>
      readonly next: string | null
    }
  }
  /** Lists jobs, the newest first. */
  readonly getJobs: {
    readonly params: undefined
    readonly query: {
      readonly limit?: number | undefined
      readonly cursor?: string | undefined
      readonly kind?: string | undefined
      readonly state?: "waiting" | "running" | "done" | "failed" | "cancelled" | undefined
    }
    readonly body: undefined
    readonly answer: {
      readonly items: ReadonlyArray<Schemas["Job"]>
      readonly next: string | null
    }
  }
  /** Reads a job: its state, progress, log and error. */
  readonly getJobsById: {
    readonly params: {
      readonly id: string
    }
    readonly query: undefined
    readonly body: undefined
    readonly answer: Schemas["JobWithLog"]
  }
  /** Reads whether garbage can be collected, what is held for it, and the last run. */
  readonly getMaintenanceGc: {
    readonly params: undefined
    readonly query: undefined
    readonly body: undefined
    readonly answer: Schemas["Collecting"]
  }
  /** Lists collections of garbage, the newest first. */
  readonly getMaintenanceGcRuns: {
    readonly params: undefined
    readonly query: {
      readonly limit?: number | undefined
      readonly cursor?: string | undefined
    }
    readonly body: undefined
    readonly answer: {
      readonly items: ReadonlyArray<Schemas["Collection"]>
      readonly next: string | null
    }
  }
  /** Reads a collection of garbage: what was swept, untagged manifests, and gaps. */
  readonly getMaintenanceGcRunsById: {
    readonly params: {
      readonly id: string
    }
    readonly query: undefined
    readonly body: undefined
    readonly answer: Schemas["CollectionReport"]
  }
  /** Reads whether the registry takes no writes, why, and what sees to it. */
  readonly getMaintenanceReadOnly: {
    readonly params: undefined
    readonly query: undefined
    readonly body: undefined
    readonly answer: Schemas["ReadOnly"]
  }
  /** Reads how the index stands to the registry: the last run, what it found, the brake. */
  readonly getMaintenanceReconcile: {
    readonly params: undefined
    readonly query: undefined
    readonly body: undefined
    readonly answer: Schemas["Reconcile"]
  }
  /** Reads whether the database came from a backup, and whether that is confirmed. */
  readonly getMaintenanceRestore: {
    readonly params: undefined
    readonly query: undefined
    readonly body: undefined
    readonly answer: Schemas["Restore"]
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
      readonly limit?: number | undefined
      readonly cursor?: string | undefined
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
      readonly limit?: number | undefined
      readonly cursor?: string | undefined
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
      readonly limit?: number | undefined
      readonly cursor?: string | undefined
      readonly sort?: "name" | "-name" | "createdAt" | "-createdAt" | undefined
      readonly name?: string | undefined
      readonly visibility?: "public" | "private" | undefined
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
  /** Reads the rules by which tags of a project never move. */
  readonly getProjectsImmutableTags: {
    readonly params: {
      readonly project: string
    }
    readonly query: undefined
    readonly body: undefined
    readonly answer: Schemas["ImmutableTags"]
  }
  /** Lists the members of a project by name: users, then groups. */
  readonly getProjectsMembers: {
    readonly params: {
      readonly project: string
    }
    readonly query: {
      readonly limit?: number | undefined
      readonly cursor?: string | undefined
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
  /** Reads how much a project may keep, and keeps. */
  readonly getProjectsQuota: {
    readonly params: {
      readonly project: string
    }
    readonly query: undefined
    readonly body: undefined
    readonly answer: Schemas["Quota"]
  }
  /** Lists removals of tags, the newest first. */
  readonly getProjectsRemovals: {
    readonly params: {
      readonly project: string
    }
    readonly query: {
      readonly limit?: number | undefined
      readonly cursor?: string | undefined
    }
    readonly body: undefined
    readonly answer: {
      readonly items: ReadonlyArray<Schemas["Removal"]>
      readonly next: string | null
    }
  }
  /** Reads a removal of tags: its state and what became of them, counted. */
  readonly getProjectsRemovalsById: {
    readonly params: {
      readonly project: string
      readonly id: string
    }
    readonly query: undefined
    readonly body: undefined
    readonly answer: Schemas["Removal"]
  }
  /** Lists the tags of a removal with what became, or would become, of each. */
  readonly getProjectsRemovalsItems: {
    readonly params: {
      readonly project: string
      readonly id: string
    }
    readonly query: {
      readonly limit?: number | undefined
      readonly cursor?: string | undefined
      readonly outcome?: "waiting" | "removed" | "needed" | "absent" | "changed" | "immutable" | "hollow" | undefined
    }
    readonly body: undefined
    readonly answer: {
      readonly items: ReadonlyArray<Schemas["RemovalItem"]>
      readonly next: string | null
    }
  }
  /** Lists the repositories of a project that the caller may pull. */
  readonly getProjectsRepositories: {
    readonly params: {
      readonly project: string
    }
    readonly query: {
      readonly limit?: number | undefined
      readonly cursor?: string | undefined
      readonly sort?: "name" | "-name" | "pushedAt" | "-pushedAt" | "pulledAt" | "-pulledAt" | "sizeBytes" | "-sizeBytes" | undefined
      readonly under?: string | undefined
    }
    readonly body: undefined
    readonly answer: {
      readonly items: ReadonlyArray<Schemas["Repository"]>
      readonly next: string | null
    }
  }
  /** Reads which tags a project keeps; without rules it keeps all. */
  readonly getProjectsRetention: {
    readonly params: {
      readonly project: string
    }
    readonly query: undefined
    readonly body: undefined
    readonly answer: Schemas["Retention"]
  }
  /** Lists the runs of the rules of a project, the newest first. */
  readonly getProjectsRetentionRuns: {
    readonly params: {
      readonly project: string
    }
    readonly query: {
      readonly limit?: number | undefined
      readonly cursor?: string | undefined
    }
    readonly body: undefined
    readonly answer: {
      readonly items: ReadonlyArray<Schemas["RetentionRun"]>
      readonly next: string | null
    }
  }
  /** Reads a run: how far it is, and how many tags it keeps and removes. */
  readonly getProjectsRetentionRunsById: {
    readonly params: {
      readonly project: string
      readonly id: string
    }
    readonly query: undefined
    readonly body: undefined
    readonly answer: Schemas["RetentionRun"]
  }
  /** Lists what a run decided for each tag, and why, by repository and tag. */
  readonly getProjectsRetentionRunsItems: {
    readonly params: {
      readonly project: string
      readonly id: string
    }
    readonly query: {
      readonly limit?: number | undefined
      readonly cursor?: string | undefined
      readonly decision?: "keep" | "remove" | undefined
    }
    readonly body: undefined
    readonly answer: {
      readonly items: ReadonlyArray<Schemas["RetentionItem"]>
      readonly next: string | null
    }
  }
  /** Lists the robots of a project by name. */
  readonly getProjectsRobots: {
    readonly params: {
      readonly project: string
    }
    readonly query: {
      readonly limit?: number | undefined
      readonly cursor?: string | undefined
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
      readonly limit?: number | undefined
      readonly cursor?: string | undefined
      readonly sort?: "name" | "-name" | "pushedAt" | "-pushedAt" | "pulledAt" | "-pulledAt" | "sizeBytes" | "-sizeBytes" | undefined
      readonly under?: string | undefined
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
  /** Reads what is known of a manifest, by tag or digest. */
  readonly getRepositoriesManifestsByReference: {
    readonly params: {
      readonly name: string
      readonly reference: string
    }
    readonly query: undefined
    readonly body: undefined
    readonly answer: Schemas["Manifest"]
  }
  /** Looks live at what hangs on a manifest: tags, indexes that lead to it, referrers. */
  readonly getRepositoriesManifestsNeeds: {
    readonly params: {
      readonly name: string
      readonly digest: string
    }
    readonly query: undefined
    readonly body: undefined
    readonly answer: Schemas["ManifestNeeds"]
  }
  /** Lists the signatures, SBOMs, attestations and other artifacts of a manifest. */
  readonly getRepositoriesReferrersByDigest: {
    readonly params: {
      readonly name: string
      readonly digest: string
    }
    readonly query: {
      readonly artifactType?: string | undefined
    }
    readonly body: undefined
    readonly answer: Schemas["Referrers"]
  }
  /** Lists the tags of a repository. */
  readonly getRepositoriesTags: {
    readonly params: {
      readonly name: string
    }
    readonly query: {
      readonly limit?: number | undefined
      readonly cursor?: string | undefined
      readonly sort?: "name" | "-name" | "version" | "-version" | "pushedAt" | "-pushedAt" | "pulledAt" | "-pulledAt" | "sizeBytes" | "-sizeBytes" | undefined
      readonly name?: string | undefined
      readonly digest?: string | undefined
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
      readonly limit?: number | undefined
      readonly cursor?: string | undefined
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
  /** Searches repositories, tags and manifests that the caller may pull. */
  readonly getSearch: {
    readonly params: undefined
    readonly query: {
      readonly limit?: number | undefined
      readonly cursor?: string | undefined
      readonly q?: string | undefined
      readonly kind?: "repository" | "tag" | undefined
      readonly digest?: string | undefined
      readonly label?: string | undefined
    }
    readonly body: undefined
    readonly answer: {
      readonly items: ReadonlyArray<Schemas["SearchHit"]>
      readonly next: string | null
    }
  }
  /** Reads what is set at run time, and what the environment pins. */
  readonly getSettings: {
    readonly params: undefined
    readonly query: undefined
    readonly body: undefined
    readonly answer: Schemas["Settings"]
  }
  /** Says step by step whether the directory can be asked, and finds somebody there. */
  readonly getSigninLdapCheck: {
    readonly params: undefined
    readonly query: {
      readonly username?: string | undefined
    }
    readonly body: undefined
    readonly answer: Schemas["LdapCheck"]
  }
  /** The page that a mailed link opens, to choose a new password. */
  readonly getSigninPasswordReset: {
    readonly params: undefined
    readonly query: undefined
    readonly body: undefined
    readonly answer: string
  }
  /** Lists pulls, pushes and bytes by day and project, or of one repository by day. */
  readonly getStatistics: {
    readonly params: undefined
    readonly query: {
      readonly limit?: number | undefined
      readonly cursor?: string | undefined
      readonly from?: string | undefined
      readonly until?: string | undefined
      readonly project?: string | undefined
      readonly repository?: string | undefined
    }
    readonly body: undefined
    readonly answer: {
      readonly items: ReadonlyArray<Schemas["DayStatistics"]>
      readonly next: string | null
    }
  }
  /** Lists one level of the names of the repositories that the caller may pull. */
  readonly getTree: {
    readonly params: undefined
    readonly query: {
      readonly limit?: number | undefined
      readonly cursor?: string | undefined
      readonly under?: string | undefined
    }
    readonly body: undefined
    readonly answer: {
      readonly items: ReadonlyArray<Schemas["TreeNode"]>
      readonly next: string | null
    }
  }
  /** Lists users. */
  readonly getUsers: {
    readonly params: undefined
    readonly query: {
      readonly limit?: number | undefined
      readonly cursor?: string | undefined
      readonly sort?: "username" | "-username" | "createdAt" | "-createdAt" | undefined
      readonly search?: string | undefined
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
      readonly limit?: number | undefined
      readonly cursor?: string | undefined
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
      readonly limit?: number | undefined
      readonly cursor?: string | undefined
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
      readonly description?: string | null | undefined
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
      readonly description?: string | null | undefined
      readonly permissions?: ReadonlyArray<{
        readonly repositories: string | ReadonlyArray<string>
        readonly actions: ReadonlyArray<"pull" | "push" | "delete" | "api">
      }> | undefined
      readonly networks?: ReadonlyArray<string> | null | undefined
      readonly expiresAt?: string | null | undefined
      readonly disabled?: boolean | undefined
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
      readonly description?: string | null | undefined
      readonly permissions?: ReadonlyArray<{
        readonly repositories: string | ReadonlyArray<string>
        readonly actions: ReadonlyArray<"pull" | "push" | "delete" | "api">
      }> | undefined
      readonly networks?: ReadonlyArray<string> | null | undefined
      readonly expiresAt?: string | null | undefined
      readonly disabled?: boolean | undefined
      readonly onBehalfOf?: string | null | undefined
    }
    readonly answer: Schemas["Robot"]
  }
  /** Changes the settings that are given. */
  readonly patchSettings: {
    readonly params: undefined
    readonly query: undefined
    readonly body: {
      readonly selfRegistration?: boolean | undefined
      readonly projectCreation?: "administrators" | "everyone" | undefined
      readonly forbidPublic?: boolean | undefined
      readonly personalProjects?: boolean | undefined
      readonly firstSightUsers?: boolean | undefined
      readonly defaultQuotaBytes?: number | null | undefined
      readonly auditRetentionDays?: number | null | undefined
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
      readonly email?: string | null | undefined
      readonly displayName?: string | null | undefined
      readonly systemRole?: "administrator" | "auditor" | null | undefined
      readonly disabled?: boolean | undefined
      readonly password?: string | undefined
    }
    readonly answer: Schemas["User"]
  }
  /** Says which rule decides each action that a token could hold. */
  readonly postExplain: {
    readonly params: undefined
    readonly query: undefined
    readonly body: {
      readonly subject?: string | undefined
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
      readonly description?: string | undefined
    }
    readonly answer: Schemas["Group"]
  }
  /** Cancels a job; one that runs is told to stop. */
  readonly postJobsCancel: {
    readonly params: {
      readonly id: string
    }
    readonly query: undefined
    readonly body: Readonly<Record<string, unknown>>
    readonly answer: Schemas["JobWithLog"]
  }
  /** Collects garbage, as a job; with dryRun it only tells what would go. */
  readonly postMaintenanceGc: {
    readonly params: undefined
    readonly query: undefined
    readonly body: {
      readonly dryRun?: boolean | undefined
    }
    readonly answer: Schemas["Collection"]
  }
  /** Lets writes go on, on the word of a person who has seen that no collector runs. */
  readonly postMaintenanceGcRelease: {
    readonly params: undefined
    readonly query: undefined
    readonly body: Readonly<Record<string, unknown>>
    readonly answer: Schemas["Collecting"]
  }
  /** Compares the index with the registry, now; a run that is under way is answered. */
  readonly postMaintenanceReconcile: {
    readonly params: undefined
    readonly query: undefined
    readonly body: Readonly<Record<string, unknown>>
    readonly answer: {
      readonly jobId: number
    }
  }
  /** Releases the brake: what is gone from the registry may leave the index again. */
  readonly postMaintenanceReconcileBrake: {
    readonly params: undefined
    readonly query: undefined
    readonly body: Readonly<Record<string, unknown>>
    readonly answer: Schemas["Reconcile"]
  }
  /** Confirms that a restored database fits the registry: what destroys goes on. */
  readonly postMaintenanceRestoreConfirmation: {
    readonly params: undefined
    readonly query: undefined
    readonly body: Readonly<Record<string, unknown>>
    readonly answer: Schemas["Restore"]
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
      }> | null | undefined
      readonly expiresAt?: string | null | undefined
    }
    readonly answer: Schemas["CreatedAccessToken"]
  }
  /** Makes a project. */
  readonly postProjects: {
    readonly params: undefined
    readonly query: {
      readonly force?: "true" | "false" | undefined
    }
    readonly body: {
      readonly name: string
      readonly visibility?: "public" | "private" | undefined
    }
    readonly answer: Schemas["Project"]
  }
  /** Removes every tag that fits, as a job; without dryRun: false only tells what would go. */
  readonly postProjectsRemovals: {
    readonly params: {
      readonly project: string
    }
    readonly query: undefined
    readonly body: {
      readonly repositories?: string | ReadonlyArray<string> | undefined
      readonly tags?: string | ReadonlyArray<string> | undefined
      readonly pushedBefore?: string | undefined
      readonly pulledBefore?: string | undefined
      readonly dryRun?: boolean | undefined
    }
    readonly answer: Schemas["Removal"]
  }
  /** Cancels a removal; what is gone stays gone. */
  readonly postProjectsRemovalsCancel: {
    readonly params: {
      readonly project: string
      readonly id: string
    }
    readonly query: undefined
    readonly body: Readonly<Record<string, unknown>>
    readonly answer: Schemas["Removal"]
  }
  /** Lets the rules decide over the tags of a project now; a dry run removes none. */
  readonly postProjectsRetentionRuns: {
    readonly params: {
      readonly project: string
    }
    readonly query: undefined
    readonly body: {
      readonly dryRun: boolean
    }
    readonly answer: Schemas["RetentionRun"]
  }
  /** Makes a robot of a project; its secret is shown this once. */
  readonly postProjectsRobots: {
    readonly params: {
      readonly project: string
    }
    readonly query: undefined
    readonly body: {
      readonly name: string
      readonly description?: string | null | undefined
      readonly permissions: ReadonlyArray<{
        readonly repositories: string | ReadonlyArray<string>
        readonly actions: ReadonlyArray<"pull" | "push" | "delete" | "api">
      }>
      readonly networks?: ReadonlyArray<string> | null | undefined
      readonly expiresAt?: string | null | undefined
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
      readonly overlapSeconds?: number | undefined
    }
    readonly answer: Schemas["RobotWithSecret"]
  }
  /** Makes a robot of the system; its secret is shown this once. */
  readonly postRobots: {
    readonly params: undefined
    readonly query: undefined
    readonly body: {
      readonly name: string
      readonly description?: string | null | undefined
      readonly permissions: ReadonlyArray<{
        readonly repositories: string | ReadonlyArray<string>
        readonly actions: ReadonlyArray<"pull" | "push" | "delete" | "api">
      }>
      readonly networks?: ReadonlyArray<string> | null | undefined
      readonly expiresAt?: string | null | undefined
      readonly onBehalfOf?: string | null | undefined
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
      readonly overlapSeconds?: number | undefined
    }
    readonly answer: Schemas["RobotWithSecret"]
  }
  /** Mails a link for a new password; the answer never says whether there is an account. */
  readonly postSigninPasswordReset: {
    readonly params: undefined
    readonly query: undefined
    readonly body: {
      readonly username?: string | undefined
      readonly email?: string | undefined
    }
    readonly answer: undefined
  }
  /** Sets a new password by the token of a mailed link. */
  readonly postSigninPasswordResetConfirm: {
    readonly params: undefined
    readonly query: undefined
    readonly body: {
      readonly token: string
      readonly newPassword: string
    }
    readonly answer: undefined
  }
  /** Makes a user; where that is set, for whoever has no account yet. */
  readonly postUsers: {
    readonly params: undefined
    readonly query: undefined
    readonly body: {
      readonly username: string
      readonly password: string
      readonly email?: string | undefined
      readonly displayName?: string | undefined
      readonly systemRole?: "administrator" | "auditor" | undefined
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
  /** Makes the registry read-only, with a reason for whoever pushes, or writable again. */
  readonly putMaintenanceReadOnly: {
    readonly params: undefined
    readonly query: undefined
    readonly body: {
      readonly enabled: boolean
      readonly reason?: string | undefined
    }
    readonly answer: Schemas["ReadOnly"]
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
  /** Replaces the rules by which tags of a project never move. */
  readonly putProjectsImmutableTags: {
    readonly params: {
      readonly project: string
    }
    readonly query: undefined
    readonly body: {
      readonly rules: ReadonlyArray<{
        readonly repositories: string | ReadonlyArray<string>
        readonly tags: string | ReadonlyArray<string>
      }>
    }
    readonly answer: Schemas["ImmutableTags"]
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
      readonly repositories?: string | ReadonlyArray<string> | null | undefined
      readonly expiresAt?: string | null | undefined
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
      readonly repositories?: string | ReadonlyArray<string> | null | undefined
      readonly expiresAt?: string | null | undefined
    }
    readonly answer: Schemas["Member"]
  }
  /** Sets how much a project may keep. */
  readonly putProjectsQuota: {
    readonly params: {
      readonly project: string
    }
    readonly query: undefined
    readonly body: {
      readonly limitBytes: number | null
    }
    readonly answer: Schemas["Quota"]
  }
  /** Says which tags a project keeps, and when the others are removed. */
  readonly putProjectsRetention: {
    readonly params: {
      readonly project: string
    }
    readonly query: undefined
    readonly body: {
      readonly rules: ReadonlyArray<{
        readonly template: "latestPushed" | "latestPulled"
        readonly k: number
        readonly repositories?: string | ReadonlyArray<string> | undefined
        readonly tags?: string | ReadonlyArray<string> | undefined
      } | {
        readonly template: "pushedWithin" | "pulledWithin"
        readonly days: number
        readonly repositories?: string | ReadonlyArray<string> | undefined
        readonly tags?: string | ReadonlyArray<string> | undefined
      } | {
        readonly template: "always"
        readonly repositories?: string | ReadonlyArray<string> | undefined
        readonly tags?: string | ReadonlyArray<string> | undefined
      }>
      readonly schedule?: string | null | undefined
      readonly untaggedDays?: number | null | undefined
    }
    readonly answer: Schemas["Retention"]
  }
  /** Puts a tag on an image that is there, in this repository or another; moves no layer. */
  readonly putRepositoriesTagsByTag: {
    readonly params: {
      readonly name: string
      readonly tag: string
    }
    readonly query: undefined
    readonly body: {
      readonly from: {
        readonly repository?: string | undefined
        readonly reference: string
      }
    }
    readonly answer: Schemas["CopiedTag"]
  }
  /** Says which source proves a user from now on, and who the user is there. */
  readonly putUsersIdentity: {
    readonly params: {
      readonly username: string
    }
    readonly query: undefined
    readonly body: {
      readonly source: string
      readonly subject?: string | undefined
    }
    readonly answer: Schemas["User"]
  }
}

/** What each of them cannot be without. */
export const FIELDS = {
  AccessToken: ['id', 'name', 'permissions', 'expiresAt', 'lastUsedAt', 'createdAt'],
  AuditRow: ['time', 'actor', 'onBehalfOf', 'action', 'target', 'project', 'outcome', 'count', 'address', 'userAgent', 'requestId'],
  Collecting: ['configured', 'limitSeconds', 'schedule', 'nextRunAt', 'obstacles', 'fence', 'lastRun'],
  Collection: ['id', 'jobId', 'dryRun', 'state', 'error', 'actor', 'blobs', 'bytes', 'unknownBlobs', 'untaggedCount', 'gapCount', 'notes', 'heldSeconds', 'createdAt', 'endedAt'],
  CollectionReport: ['id', 'jobId', 'dryRun', 'state', 'error', 'actor', 'blobs', 'bytes', 'unknownBlobs', 'untaggedCount', 'gapCount', 'notes', 'heldSeconds', 'createdAt', 'endedAt', 'untagged', 'gaps'],
  CopiedTag: ['repository', 'tag', 'digest'],
  CreatedAccessToken: ['id', 'name', 'permissions', 'expiresAt', 'lastUsedAt', 'createdAt', 'username'],
  DayStatistics: ['day', 'project', 'pulls', 'pushes', 'pulledBytes', 'pushedBytes'],
  Explanation: ['subject', 'decisions'],
  Group: ['name', 'source', 'description', 'createdAt', 'updatedAt'],
  GroupMember: ['username'],
  IdentityToken: ['id', 'client', 'address', 'expiresAt', 'lastUsedAt', 'createdAt'],
  ImmutableTags: ['rules', 'enforcement'],
  Job: ['id', 'kind', 'state', 'attempts', 'mostAttempts', 'progress', 'cancelRequested', 'runAt', 'createdAt', 'startedAt', 'endedAt', 'error'],
  JobWithLog: ['id', 'kind', 'state', 'attempts', 'mostAttempts', 'progress', 'cancelRequested', 'runAt', 'createdAt', 'startedAt', 'endedAt', 'error', 'log'],
  LdapCheck: ['configured', 'faults', 'warnings', 'steps'],
  Manifest: ['digest', 'mediaType', 'kind', 'contentBytes', 'sizeBytes', 'pulledAt', 'tags', 'artifactType', 'subjectDigest', 'platform', 'annotations', 'config', 'children'],
  ManifestNeeds: ['tags', 'indexes', 'referrers'],
  Member: ['username', 'role', 'repositories', 'expiresAt'],
  MemberGroup: ['group', 'role', 'repositories', 'expiresAt'],
  Project: ['name', 'visibility', 'createdAt', 'updatedAt'],
  Quota: ['limitBytes', 'effectiveLimitBytes', 'usedBytes', 'warning', 'enforcement'],
  ReadOnly: ['enabled', 'reason', 'since', 'enforcedBy'],
  Reconcile: ['state', 'job', 'lastRun', 'lostEvents', 'brake'],
  Referrers: ['schemaVersion', 'mediaType', 'manifests', 'groups'],
  Removal: ['id', 'project', 'filter', 'dryRun', 'state', 'error', 'actor', 'counts', 'reclaimableBytesAtMost', 'createdAt', 'endedAt'],
  RemovalItem: ['repository', 'tag', 'digest', 'sizeBytes', 'outcome', 'reason'],
  Repository: ['name', 'project', 'tagCount', 'sizeBytes', 'pullCount', 'pushedAt', 'pulledAt'],
  Restore: ['state', 'backupAt', 'restoredAt', 'confirmedAt', 'confirmedBy'],
  Retention: ['rules', 'schedule', 'untaggedDays', 'nextRunAt', 'enforcement'],
  RetentionItem: ['repository', 'tag', 'digest', 'decision', 'reason', 'rule', 'neededBy', 'pushedAt', 'pulledAt', 'reclaimableBytes', 'outcome'],
  RetentionRun: ['id', 'jobId', 'dryRun', 'scheduled', 'actor', 'state', 'detail', 'rules', 'repositories', 'kept', 'toRemove', 'removed', 'notRemoved', 'reclaimableBytes', 'itemCount', 'createdAt', 'endedAt'],
  Robot: ['name', 'username', 'project', 'description', 'permissions', 'networks', 'onBehalfOf', 'expiresAt', 'disabled', 'previousSecretEndsAt', 'lastUsedAt', 'createdAt', 'updatedAt'],
  RobotWithSecret: ['name', 'username', 'project', 'description', 'permissions', 'networks', 'onBehalfOf', 'expiresAt', 'disabled', 'previousSecretEndsAt', 'lastUsedAt', 'createdAt', 'updatedAt'],
  SearchHit: ['kind', 'repository', 'tag', 'digest'],
  Settings: ['selfRegistration', 'projectCreation', 'forbidPublic', 'personalProjects', 'firstSightUsers', 'defaultQuotaBytes', 'auditRetentionDays'],
  Tag: ['name', 'digest', 'mediaType', 'sizeBytes', 'pushedAt', 'pulledAt', 'immutable'],
  TreeNode: ['name', 'kind'],
  User: ['username', 'source', 'email', 'displayName', 'systemRole', 'claimedRole', 'claimsEndAt', 'disabled', 'createdAt', 'updatedAt'],
} as const

/** Where each operation is, and what it answers: one of these, a page of these, or text. */
export const OPERATIONS = {
  deleteGroupsByGroup: { method: 'DELETE', path: '/api/v1/groups/{group}' },
  deleteGroupsMembersByUsername: { method: 'DELETE', path: '/api/v1/groups/{group}/members/{username}' },
  deleteMeIdentityTokensById: { method: 'DELETE', path: '/api/v1/me/identity-tokens/{id}' },
  deleteMeTokensById: { method: 'DELETE', path: '/api/v1/me/tokens/{id}' },
  deleteProjectsByProject: { method: 'DELETE', path: '/api/v1/projects/{project}' },
  deleteProjectsMembersGroupsByGroup: { method: 'DELETE', path: '/api/v1/projects/{project}/members/groups/{group}' },
  deleteProjectsMembersUsersByUsername: { method: 'DELETE', path: '/api/v1/projects/{project}/members/users/{username}' },
  deleteProjectsRetention: { method: 'DELETE', path: '/api/v1/projects/{project}/retention' },
  deleteProjectsRobotsByRobot: { method: 'DELETE', path: '/api/v1/projects/{project}/robots/{robot}' },
  deleteRepositoriesByName: { method: 'DELETE', path: '/api/v1/repositories/{name}', answer: ['Removal'] },
  deleteRepositoriesManifestsByDigest: { method: 'DELETE', path: '/api/v1/repositories/{name}/manifests/{digest}' },
  deleteRepositoriesTagsByTag: { method: 'DELETE', path: '/api/v1/repositories/{name}/tags/{tag}' },
  deleteRobotsByRobot: { method: 'DELETE', path: '/api/v1/robots/{robot}' },
  deleteUsersByUsername: { method: 'DELETE', path: '/api/v1/users/{username}' },
  deleteUsersIdentityTokensById: { method: 'DELETE', path: '/api/v1/users/{username}/identity-tokens/{id}' },
  deleteUsersTokensById: { method: 'DELETE', path: '/api/v1/users/{username}/tokens/{id}' },
  getAudit: { method: 'GET', path: '/api/v1/audit', items: ['AuditRow'] },
  getAuditExport: { method: 'GET', path: '/api/v1/audit/export', text: true },
  getDocs: { method: 'GET', path: '/api/v1/docs', text: true },
  getGroups: { method: 'GET', path: '/api/v1/groups', items: ['Group'] },
  getGroupsByGroup: { method: 'GET', path: '/api/v1/groups/{group}', answer: ['Group'] },
  getGroupsMembers: { method: 'GET', path: '/api/v1/groups/{group}/members', items: ['GroupMember'] },
  getJobs: { method: 'GET', path: '/api/v1/jobs', items: ['Job'] },
  getJobsById: { method: 'GET', path: '/api/v1/jobs/{id}', answer: ['JobWithLog'] },
  getMaintenanceGc: { method: 'GET', path: '/api/v1/maintenance/gc', answer: ['Collecting'] },
  getMaintenanceGcRuns: { method: 'GET', path: '/api/v1/maintenance/gc/runs', items: ['Collection'] },
  getMaintenanceGcRunsById: { method: 'GET', path: '/api/v1/maintenance/gc/runs/{id}', answer: ['CollectionReport'] },
  getMaintenanceReadOnly: { method: 'GET', path: '/api/v1/maintenance/read-only', answer: ['ReadOnly'] },
  getMaintenanceReconcile: { method: 'GET', path: '/api/v1/maintenance/reconcile', answer: ['Reconcile'] },
  getMaintenanceRestore: { method: 'GET', path: '/api/v1/maintenance/restore', answer: ['Restore'] },
  getMe: { method: 'GET', path: '/api/v1/me', answer: ['User'] },
  getMeIdentityTokens: { method: 'GET', path: '/api/v1/me/identity-tokens', items: ['IdentityToken'] },
  getMeTokens: { method: 'GET', path: '/api/v1/me/tokens', items: ['AccessToken'] },
  getMeTokensById: { method: 'GET', path: '/api/v1/me/tokens/{id}', answer: ['AccessToken'] },
  getOpenapiJson: { method: 'GET', path: '/api/v1/openapi.json' },
  getProjects: { method: 'GET', path: '/api/v1/projects', items: ['Project'] },
  getProjectsByProject: { method: 'GET', path: '/api/v1/projects/{project}', answer: ['Project'] },
  getProjectsImmutableTags: { method: 'GET', path: '/api/v1/projects/{project}/immutable-tags', answer: ['ImmutableTags'] },
  getProjectsMembers: { method: 'GET', path: '/api/v1/projects/{project}/members', items: ['Member', 'MemberGroup'] },
  getProjectsMembersGroupsByGroup: { method: 'GET', path: '/api/v1/projects/{project}/members/groups/{group}', answer: ['MemberGroup'] },
  getProjectsMembersUsersByUsername: { method: 'GET', path: '/api/v1/projects/{project}/members/users/{username}', answer: ['Member'] },
  getProjectsQuota: { method: 'GET', path: '/api/v1/projects/{project}/quota', answer: ['Quota'] },
  getProjectsRemovals: { method: 'GET', path: '/api/v1/projects/{project}/removals', items: ['Removal'] },
  getProjectsRemovalsById: { method: 'GET', path: '/api/v1/projects/{project}/removals/{id}', answer: ['Removal'] },
  getProjectsRemovalsItems: { method: 'GET', path: '/api/v1/projects/{project}/removals/{id}/items', items: ['RemovalItem'] },
  getProjectsRepositories: { method: 'GET', path: '/api/v1/projects/{project}/repositories', items: ['Repository'] },
  getProjectsRetention: { method: 'GET', path: '/api/v1/projects/{project}/retention', answer: ['Retention'] },
  getProjectsRetentionRuns: { method: 'GET', path: '/api/v1/projects/{project}/retention/runs', items: ['RetentionRun'] },
  getProjectsRetentionRunsById: { method: 'GET', path: '/api/v1/projects/{project}/retention/runs/{id}', answer: ['RetentionRun'] },
  getProjectsRetentionRunsItems: { method: 'GET', path: '/api/v1/projects/{project}/retention/runs/{id}/items', items: ['RetentionItem'] },
  getProjectsRobots: { method: 'GET', path: '/api/v1/projects/{project}/robots', items: ['Robot'] },
  getProjectsRobotsByRobot: { method: 'GET', path: '/api/v1/projects/{project}/robots/{robot}', answer: ['Robot'] },
  getRepositories: { method: 'GET', path: '/api/v1/repositories', items: ['Repository'] },
  getRepositoriesByName: { method: 'GET', path: '/api/v1/repositories/{name}', answer: ['Repository'] },
  getRepositoriesManifestsByReference: { method: 'GET', path: '/api/v1/repositories/{name}/manifests/{reference}', answer: ['Manifest'] },
  getRepositoriesManifestsNeeds: { method: 'GET', path: '/api/v1/repositories/{name}/manifests/{digest}/needs', answer: ['ManifestNeeds'] },
  getRepositoriesReferrersByDigest: { method: 'GET', path: '/api/v1/repositories/{name}/referrers/{digest}', answer: ['Referrers'] },
  getRepositoriesTags: { method: 'GET', path: '/api/v1/repositories/{name}/tags', items: ['Tag'] },
  getRepositoriesTagsByTag: { method: 'GET', path: '/api/v1/repositories/{name}/tags/{tag}', answer: ['Tag'] },
  getRobots: { method: 'GET', path: '/api/v1/robots', items: ['Robot'] },
  getRobotsByRobot: { method: 'GET', path: '/api/v1/robots/{robot}', answer: ['Robot'] },
  getSearch: { method: 'GET', path: '/api/v1/search', items: ['SearchHit'] },
  getSettings: { method: 'GET', path: '/api/v1/settings', answer: ['Settings'] },
  getSigninLdapCheck: { method: 'GET', path: '/api/v1/signin/ldap/check', answer: ['LdapCheck'] },
  getSigninPasswordReset: { method: 'GET', path: '/api/v1/signin/password-reset', text: true },
  getStatistics: { method: 'GET', path: '/api/v1/statistics', items: ['DayStatistics'] },
  getTree: { method: 'GET', path: '/api/v1/tree', items: ['TreeNode'] },
  getUsers: { method: 'GET', path: '/api/v1/users', items: ['User'] },
  getUsersByUsername: { method: 'GET', path: '/api/v1/users/{username}', answer: ['User'] },
  getUsersIdentityTokens: { method: 'GET', path: '/api/v1/users/{username}/identity-tokens', items: ['IdentityToken'] },
  getUsersTokens: { method: 'GET', path: '/api/v1/users/{username}/tokens', items: ['AccessToken'] },
  getUsersTokensById: { method: 'GET', path: '/api/v1/users/{username}/tokens/{id}', answer: ['AccessToken'] },
  patchGroupsByGroup: { method: 'PATCH', path: '/api/v1/groups/{group}', answer: ['Group'] },
  patchProjectsByProject: { method: 'PATCH', path: '/api/v1/projects/{project}', answer: ['Project'] },
  patchProjectsRobotsByRobot: { method: 'PATCH', path: '/api/v1/projects/{project}/robots/{robot}', answer: ['Robot'] },
  patchRobotsByRobot: { method: 'PATCH', path: '/api/v1/robots/{robot}', answer: ['Robot'] },
  patchSettings: { method: 'PATCH', path: '/api/v1/settings', answer: ['Settings'] },
  patchUsersByUsername: { method: 'PATCH', path: '/api/v1/users/{username}', answer: ['User'] },
  postExplain: { method: 'POST', path: '/api/v1/explain', answer: ['Explanation'] },
  postGroups: { method: 'POST', path: '/api/v1/groups', answer: ['Group'] },
  postJobsCancel: { method: 'POST', path: '/api/v1/jobs/{id}/cancel', answer: ['JobWithLog'] },
  postMaintenanceGc: { method: 'POST', path: '/api/v1/maintenance/gc', answer: ['Collection'] },
  postMaintenanceGcRelease: { method: 'POST', path: '/api/v1/maintenance/gc/release', answer: ['Collecting'] },
  postMaintenanceReconcile: { method: 'POST', path: '/api/v1/maintenance/reconcile' },
  postMaintenanceReconcileBrake: { method: 'POST', path: '/api/v1/maintenance/reconcile/brake', answer: ['Reconcile'] },
  postMaintenanceRestoreConfirmation: { method: 'POST', path: '/api/v1/maintenance/restore/confirmation', answer: ['Restore'] },
  postMeTokens: { method: 'POST', path: '/api/v1/me/tokens', answer: ['CreatedAccessToken'] },
  postProjects: { method: 'POST', path: '/api/v1/projects', answer: ['Project'] },
  postProjectsRemovals: { method: 'POST', path: '/api/v1/projects/{project}/removals', answer: ['Removal'] },
  postProjectsRemovalsCancel: { method: 'POST', path: '/api/v1/projects/{project}/removals/{id}/cancel', answer: ['Removal'] },
  postProjectsRetentionRuns: { method: 'POST', path: '/api/v1/projects/{project}/retention/runs', answer: ['RetentionRun'] },
  postProjectsRobots: { method: 'POST', path: '/api/v1/projects/{project}/robots', answer: ['RobotWithSecret'] },
  postProjectsRobotsSecret: { method: 'POST', path: '/api/v1/projects/{project}/robots/{robot}/secret', answer: ['RobotWithSecret'] },
  postRobots: { method: 'POST', path: '/api/v1/robots', answer: ['RobotWithSecret'] },
  postRobotsSecret: { method: 'POST', path: '/api/v1/robots/{robot}/secret', answer: ['RobotWithSecret'] },
  postSigninPasswordReset: { method: 'POST', path: '/api/v1/signin/password-reset' },
  postSigninPasswordResetConfirm: { method: 'POST', path: '/api/v1/signin/password-reset/confirm' },
  postUsers: { method: 'POST', path: '/api/v1/users', answer: ['User'] },
  putGroupsMembersByUsername: { method: 'PUT', path: '/api/v1/groups/{group}/members/{username}' },
  putMaintenanceReadOnly: { method: 'PUT', path: '/api/v1/maintenance/read-only', answer: ['ReadOnly'] },
  putMePassword: { method: 'PUT', path: '/api/v1/me/password' },
  putProjectsImmutableTags: { method: 'PUT', path: '/api/v1/projects/{project}/immutable-tags', answer: ['ImmutableTags'] },
  putProjectsMembersGroupsByGroup: { method: 'PUT', path: '/api/v1/projects/{project}/members/groups/{group}', answer: ['MemberGroup'] },
  putProjectsMembersUsersByUsername: { method: 'PUT', path: '/api/v1/projects/{project}/members/users/{username}', answer: ['Member'] },
  putProjectsQuota: { method: 'PUT', path: '/api/v1/projects/{project}/quota', answer: ['Quota'] },
  putProjectsRetention: { method: 'PUT', path: '/api/v1/projects/{project}/retention', answer: ['Retention'] },
  putRepositoriesTagsByTag: { method: 'PUT', path: '/api/v1/repositories/{name}/tags/{tag}', answer: ['CopiedTag'] },
  putUsersIdentity: { method: 'PUT', path: '/api/v1/users/{username}/identity', answer: ['User'] },
} as const
