import { createHash } from 'node:crypto'
import { type Database, openDatabase } from '../../src/database/open-database.ts'
import { BACKUP_TABLES } from './backup-calls.ts'
import { COLLECT_TABLES } from './collect-calls.ts'
import { COLLECTOR_TABLES } from './collector-calls.ts'
import { createTestDatabase } from './database.ts'
import { INDEX_TABLES } from './grown-index.ts'
import { REMOVAL_TABLES } from './removal-calls.ts'
import { RETENTION_TABLES } from './retention-calls.ts'

const quiet = { warn: () => undefined, error: () => undefined }
const AT_ONCE = 500
const DAY_MS = 86_400_000

export const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex')

const now = new Date()
const ago = (ms: number): Date => new Date(now.getTime() - ms)
/** Times in an order that is not that of the numbers. */
const someTime = (n: number): Date => ago(((n * 7919) % 10_000) * 60_000)
const stamps = (n: number) => ({ version: 1, created_at: someTime(n), updated_at: now })
const pad = (n: number): string => String(n).padStart(4, '0')

type Row = Readonly<Record<string, unknown>>
const rows = (count: number, row: (n: number) => Row): Row[] =>
  Array.from({ length: count }, (_, index) => row(index + 1))

const member = (project: number, kind: 'user' | 'group', id: number): Row => ({
  project_id: project,
  member_kind: kind,
  member_id: id,
  role: 'developer',
  created_at: now,
  updated_at: now,
})

/**
 * Tables with some thousands of rows, of which one project, one group and one user have many: the
 * project 1 has 2,000 members of either kind and 1,500 robots, the group 1 has 2,000 members, the
 * user 1 is in 50 projects and in 20 groups with a project each.
 */
const TABLES: Readonly<Record<string, readonly Row[]>> = {
  ...INDEX_TABLES,
  ...RETENTION_TABLES,
  ...REMOVAL_TABLES,
  ...COLLECT_TABLES,
  ...COLLECTOR_TABLES,
  ...BACKUP_TABLES,
  users: [
    ...rows(5000, (n) => ({
      ...stamps(n),
      id: n,
      username: `user-${pad(n)}`,
      source: 'local',
      email: `mail-${pad(n)}@example.com`,
      system_role: n % 2000 === 0 ? 'administrator' : null,
      password_hash: 'none',
    })),
    ...rows(3000, (n) => ({
      ...stamps(n),
      id: n + 6000,
      username: `corp-${pad(n)}`,
      source: 'corp',
      external_id: `id-${pad(n)}`,
      claims_digest: 'd',
      claims_end_at: someTime(n),
      deleted_at: n > 2900 ? now : null,
    })),
  ],
  user_groups: [
    ...rows(2500, (n) => ({
      ...stamps(n),
      id: n,
      source: 'local',
      name: `group-${pad(n)}`,
    })),
    ...rows(500, (n) => ({ ...stamps(n), id: n + 5000, source: 'corp', name: `team-${pad(n)}` })),
  ],
  group_members: [
    ...rows(2000, (n) => ({ group_id: 1, user_id: n + 1, created_at: now })),
    ...rows(20, (n) => ({ group_id: n + 1, user_id: 1, created_at: now })),
    ...rows(2000, (n) => ({ group_id: n + 100, user_id: n + 2, created_at: now })),
    ...rows(300, (n) => ({ group_id: n + 5000, user_id: 6001, created_at: now, expires_at: now })),
  ],
  projects: rows(4000, (n) => ({
    ...stamps(n),
    id: n,
    name: `project-${pad(n)}`,
    visibility: n % 3 === 0 ? 'public' : 'private',
  })),
  members: [
    ...rows(2000, (n) => member(1, 'user', n + 1)),
    ...rows(2000, (n) => member(1, 'group', n + 100)),
    ...rows(50, (n) => member(n + 1, 'user', 1)),
    ...rows(20, (n) => member(n + 100, 'group', n + 1)),
    ...rows(3000, (n) => member(n + 200, 'user', n + 2)),
  ],
  robots: [
    ...rows(1500, (n) => ({ project_id: 1, name: `robot-${pad(n)}` })),
    ...rows(2000, (n) => ({ project_id: n + 1, name: 'ci' })),
    ...rows(20, (n) => ({ project_id: 0, name: `system-${n}`, on_behalf_group_id: n })),
  ].map((row, n) => ({
    ...stamps(n),
    id: n + 1,
    permissions: '[]',
    secret_hash: hashOf(`robot ${n}`),
    ...row,
  })),
  access_tokens: rows(3000, (n) => ({
    user_id: n <= 20 ? 1 : n,
    name: `token ${n}`,
    secret_hash: hashOf(`access ${n}`),
    made_by_robot_id: n % 10 === 0 ? 3501 : null,
    created_at: now,
  })),
  identity_tokens: rows(4000, (n) => ({
    user_id: n <= 1500 ? 1 : n,
    sign_in_epoch: 1,
    secret_hash: hashOf(`identity ${n}`),
    expires_at: ago(n % 3 === 0 ? DAY_MS : -DAY_MS),
    created_at: now,
  })),
  audit: rows(6000, (n) => ({
    time: ago((6000 - n) * 1000),
    actor_name: `user-${n % 10}`,
    action: ['tag.delete', 'user.create', 'project.create', 'member.set'][n % 4],
    target: `project-${n % 5}/app:${n}`,
    project: `project-${n % 5}`,
    outcome: n % 50 === 0 ? 'denied' : 'done',
    count: 1,
    seal: n <= 4000 ? n : null,
    mac: n <= 4000 ? hashOf(`mac ${n}`) : null,
  })),
  audit_checkpoints: rows(3000, (n) => ({
    kind: n % 100 === 0 ? 'cut' : 'time',
    seal: n,
    mac: hashOf('mac'),
    proof: hashOf('proof'),
    created_at: now,
  })),
  immutable_tag_rules: rows(2000, (n) => ({
    project_id: n,
    rules: JSON.stringify([{ repositories: ['**'], tags: ['v*'] }]),
    updated_at: now,
  })),
  project_quotas: rows(2000, (n) => ({ project_id: n, limit_bytes: n, updated_at: now })),
  tag_reservations: rows(2000, (n) => ({
    repository: 'project-0010/app',
    tag: `v${n}`,
    digest: `sha256:${hashOf(`reserved ${n}`)}`,
    holder: `holder-${n}`,
    over_at: someTime(n),
    created_at: now,
  })),
  manifest_removals: rows(2000, (n) => ({
    repository: `project-${pad(Math.ceil(n / 2))}/app`,
    digest: `sha256:${hashOf(`removed ${n}`)}`,
    actor_name: 'user-0001',
    holder: 'h',
    expires_at: ago(n % 10 === 0 ? DAY_MS : -DAY_MS),
    created_at: now,
  })),
  tag_removals: rows(2000, (n) => ({
    repository: `project-${pad(Math.ceil(n / 2))}/app`,
    tag: String(n % 2),
    digest: `sha256:${hashOf('a')}`,
    media_type: 'application/json',
    manifest: '{}',
    dummy_digest: `sha256:${hashOf(`dummy ${n}`)}`,
    actor_name: 'user-0001',
    holder: 'h',
    expires_at: ago(n % 10 === 0 ? DAY_MS : -DAY_MS),
    created_at: now,
  })),
  jobs: rows(5000, (n) => ({
    kind: `kind-${n % 5}`,
    payload: '{}',
    state: n <= 2500 ? 'done' : n <= 2520 ? 'running' : 'waiting',
    run_at: ago(n * 1000),
    attempts: 1,
    most_attempts: 5,
    holder: n > 2500 && n <= 2520 ? 'h' : null,
    lease_ends_at: n > 2500 && n <= 2520 ? ago(n > 2508 ? DAY_MS : -DAY_MS) : null,
    log: '',
    created_at: now,
    ended_at: n <= 2500 ? ago(n * 60_000) : null,
  })),
  password_resets: rows(2000, (n) => ({
    user_id: n,
    token_hash: hashOf(`reset ${n}`),
    sign_in_epoch: 1,
    email_hash: hashOf('mail'),
    expires_at: ago(n % 10 === 0 ? DAY_MS : -DAY_MS),
    created_at: now,
  })),
  password_reset_mails: rows(3000, (n) => ({
    user_id: n,
    job_id: n + 1000,
    created_at: ago((n % 100) * 40_000),
  })),
  job_schedules: rows(20, (n) => ({
    name: n === 1 ? 'daily' : `schedule-${n}`,
    pattern: '15 3 * * *',
    next_at: ago(-DAY_MS),
  })),
  sign_in_failures: rows(3000, (n) => ({
    network: `10.0.${n % 250}.0/24`,
    account: `account-${n}`,
    failures: 1,
    last_attempt: 'abcd',
    failed_at: ago(n * 60_000),
  })),
  sign_in_networks: rows(3000, (n) => ({
    user_id: n,
    network: '10.0.0.0/24',
    signed_in_at: ago(n * 600_000),
  })),
  project_tombstones: rows(2000, (n) => ({
    name: `gone-${String(n).padStart(4, '0')}`,
    deleted_at: ago(n * 60_000),
    free_at: ago(n * 60_000 - 1_260_000),
  })),
  idempotency_keys: rows(3000, (n) => ({
    key_hash: hashOf(`key ${n}`),
    body_hash: hashOf('body'),
    answer: '{}',
    expires_at: ago((n - 2500) * 60_000),
  })),
  change_version: [{ id: 1, epoch: 'e'.repeat(32), counter: 12_000 }],
  changes: rows(12_000, (n) => ({ counter: n, kind: 'user', subject_id: n })),
  replicas: rows(1500, (n) => ({
    id: `replica-${n}`,
    version: '1',
    leaf_fingerprint: hashOf('leaf'),
    leaf_epoch: 1,
    leaf_not_before: now,
    leaf_not_after: now,
    started_at: ago(n * 1000),
    seen_at: ago(n <= 10 ? 0 : 1_800_000 + n * 1000),
  })),
  settings: [{ name: 'selfRegistration', value: 'true', updated_at: now }],
  installation: [
    {
      id: 1,
      installation_id: 'i',
      ca_fingerprint: hashOf('ca'),
      leaf_epoch: 1,
      created_at: now,
    },
  ],
  audit_chain: [
    {
      id: 1,
      key_id: hashOf('key'),
      seal: 4000,
      mac: hashOf('mac 4000'),
      proof: hashOf('proof'),
      forwarded: 0,
      holder: 'me',
      expires_at: ago(-DAY_MS),
    },
  ],
}

/** A migrated database of some size, whose statistics are fresh. */
export interface GrownDatabase {
  readonly database: Database
  readonly stop: () => Promise<void>
}

/** Fills every table by hand, without the rooms that own them. */
export async function startGrownDatabase(): Promise<GrownDatabase> {
  const { config, drop } = await createTestDatabase()
  const database = openDatabase(config, quiet)
  for (const [table, filled] of Object.entries(TABLES)) {
    await database.batchInsert(table, [...filled], AT_ONCE)
  }
  await database.raw(`ANALYZE TABLE ${Object.keys(TABLES).join(', ')}`)
  return {
    database,
    stop: async () => {
      await database.destroy()
      await drop()
    },
  }
}
