/** A table that a backup takes along, whole or those rows that a column says. */
export interface BackedUpTable {
  readonly name: string
  readonly only?: Readonly<Record<string, string>>
}

const whole = (...names: readonly string[]): readonly BackedUpTable[] =>
  names.map((name) => ({ name }))

/** What nothing else could give back. */
export const BACKED_UP: readonly BackedUpTable[] = [
  ...whole('installation', 'token_authorities', 'settings'),
  ...whole('users', 'user_groups', 'group_members', 'sign_in_networks'),
  ...whole('projects', 'project_tombstones', 'members'),
  ...whole('access_tokens', 'robots'),
  ...whole('retention_policies', 'immutable_tag_rules', 'project_quotas', 'job_schedules'),
  ...whole('audit', 'audit_chain', 'audit_checkpoints'),
  // What an administrator switched on; all other holds are of work that goes on at this moment.
  { name: 'holds', only: { kind: 'read-only' } },
  // The registry knows what there is, and neither since when, nor what was before, nor who pulled.
  ...whole('repositories', 'repository_segments', 'repository_grams', 'repository_days'),
  ...whole('project_days', 'project_figures', 'tags', 'tag_history'),
  ...whole('manifests', 'manifest_details', 'manifest_children', 'manifest_labels'),
  ...whole('repository_manifests', 'blobs', 'repository_blobs'),
  ...whole('index_tickets', 'dirty_references', 'dirty_figures'),
  ...whole('index_brake', 'index_vanishings'),
]

const MADE_ANEW = 'a restore makes it anew'
const OF_THE_MOMENT = 'work that goes on at this moment; after a restore nobody is at it'
const REPORTS = 'a report about a job that is not restored; the audit record tells what was done'

/** What a backup leaves out, and why. */
export const LEFT_OUT: Readonly<Record<string, string>> = {
  change_version: MADE_ANEW,
  changes: MADE_ANEW,
  migrations: 'the backup names the schema that it was made with',
  migrations_lock: OF_THE_MOMENT,
  leases: OF_THE_MOMENT,
  replicas: OF_THE_MOMENT,
  restores: 'a restore writes its own row',
  identity_tokens: 'a restore ends them: people sign in once more',
  idempotency_keys: 'answers of the last 24 hours, about changes that may not be there',
  password_resets: 'links of the last hour; people ask again',
  password_reset_mails: 'counts of the last hour',
  sign_in_failures: 'counts of the last minutes',
  jobs: OF_THE_MOMENT,
  events: 'hints to look at the registry, and reconcile looks at all of it',
  unreadable_events: 'for whoever mends what sent them',
  event_sources: 'who spoke lately',
  pull_marks: 'which pulls of the last minutes are counted',
  reconcile_runs: 'only one after the restore says how the index stands to the registry',
  tag_removals: OF_THE_MOMENT,
  manifest_removals: OF_THE_MOMENT,
  tag_reservations: OF_THE_MOMENT,
  removed_tags: 'removals of the last hour, whose pushes may have to be put back',
  removals: REPORTS,
  removal_items: REPORTS,
  retention_runs: REPORTS,
  retention_items: REPORTS,
  collections: REPORTS,
  collector_orders: OF_THE_MOMENT,
  collector_output: OF_THE_MOMENT,
}

/** Of these, what a restore leaves as it finds it. */
const UNTOUCHED: ReadonlySet<string> = new Set([
  'migrations',
  'migrations_lock',
  'leases',
  'replicas',
  'restores',
])

/** Tables that a restore empties first. */
export const EMPTIED: readonly string[] = [
  ...BACKED_UP.map(({ name }) => name),
  ...Object.keys(LEFT_OUT).filter((name) => !UNTOUCHED.has(name)),
]
