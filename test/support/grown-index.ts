import { createHash } from 'node:crypto'
import { gramsOf, segmentsOf } from '../../src/images/name-parts.ts'

type Row = Readonly<Record<string, unknown>>

const now = new Date()
const ago = (ms: number): Date => new Date(now.getTime() - ms)
const rows = (count: number, row: (n: number) => Row): Row[] =>
  Array.from({ length: count }, (_, index) => row(index + 1))
const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex')

export const digestOf = (n: number): string => `sha256:${hashOf(`digest ${n}`)}`
export const repositoryOf = (n: number): string =>
  `project-${n % 40}/app-${String(n).padStart(4, '0')}`

const REPOSITORIES = 3000

const parts = (column: string, split: (name: string) => readonly string[]): Row[] =>
  rows(REPOSITORIES, (n) => ({ n })).flatMap(({ n }) =>
    split(repositoryOf(Number(n))).map((part) => ({ [column]: part, repository_id: n })),
  )

const tagRow = (repository_id: number, n: number): Row => ({
  repository_id,
  project: `project-${repository_id % 40}`,
  name: `1.${n}`,
  digest: digestOf(n),
  media_type: 'application/json',
  version_key: String(n).padStart(8, '0'),
  pushed_at: ago(n * 1000),
  created_at: now,
  ticket: 1,
  is_listed: n % 10 === 0 ? 0 : 1,
  missing_since: n % 100 === 7 ? ago(3_600_000) : null,
  subject_digest: n % 2 === 0 ? digestOf(7) : null,
  accessory: n % 2 === 0 ? 'signature' : null,
})

/** An index of some size: the repository 1 has 3,000 tags, the others have one each. */
export const INDEX_TABLES: Readonly<Record<string, readonly Row[]>> = {
  events: rows(6000, (n) => ({
    event_id: `event-${n}`,
    received_at: ago(n * 1000),
    happened_at: ago(n * 1000),
    action: 'pull',
    content: 'manifest',
    repository: repositoryOf(n % REPOSITORIES),
    method: 'GET',
    actor: 'user-0001',
    address: '10.0.0.7',
    applied_at: n <= 4000 ? ago(n * 1000) : null,
  })),
  unreadable_events: rows(2000, (n) => ({
    received_at: ago(n * 3_600_000),
    reason: 'none',
    body: '',
  })),
  event_sources: rows(1500, (n) => ({ address: `r${n}:5000`, seen_at: ago(n * 1_000_000) })),
  pull_marks: rows(3000, (n) => ({
    key_hash: hashOf(`mark ${n}`),
    pulled_at: now,
    expires_at: ago((n - 1000) * 1000),
  })),
  dirty_references: rows(3000, (n) => ({
    repository: repositoryOf(n),
    reference: '1.1',
    due_at: ago((n - 1500) * 1000),
  })),
  dirty_figures: rows(3000, (n) => ({
    kind: n % 10 === 0 ? 'project' : 'repository',
    name: repositoryOf(n),
    due_at: ago((n - 1500) * 1000),
  })),
  repositories: rows(REPOSITORIES, (n) => ({
    id: n,
    name: repositoryOf(n),
    project: `project-${n % 40}`,
    is_listed: n % 10 === 0 ? 0 : 1,
    tag_count: 1,
    size_bytes: n,
    pushed_at: ago(n * 1000),
    created_at: now,
  })),
  repository_segments: parts('segment', segmentsOf),
  repository_grams: parts('gram', gramsOf),
  repository_days: rows(4000, (n) => ({
    repository_id: 1 + (n % 500),
    day: ago(Math.floor(n / 500) * 86_400_000),
  })),
  project_days: rows(3000, (n) => ({
    project: `project-${n % 40}`,
    day: ago(Math.floor(n / 40) * 86_400_000),
  })),
  project_figures: rows(1500, (n) => ({
    project: `project-${n}`,
    repository_count: 1,
    tag_count: 1,
    size_bytes: 1,
    computed_at: now,
  })),
  tags: [...rows(3000, (n) => tagRow(1, n)), ...rows(REPOSITORIES - 1, (n) => tagRow(n + 1, 1))],
  tag_history: [
    ...rows(3000, (n) => ({
      repository_id: n,
      tag: '1.1',
      ticket: 1,
      time: ago((n % 320) * 86_400_000),
    })),
    ...rows(1000, (n) => ({ repository_id: 4001, tag: 'often', ticket: n, time: ago(n * 1000) })),
  ],
  manifests: rows(4000, (n) => ({
    id: n,
    digest: digestOf(n),
    media_type: 'application/json',
    kind: 'image',
    content_bytes: 100,
  })),
  manifest_details: rows(2000, (n) => ({ manifest_id: n })),
  manifest_children: rows(4000, (n) => ({
    manifest_id: 1 + (n % 1000),
    position: Math.floor(n / 1000),
    digest: digestOf(n),
    media_type: 'application/json',
    role: 'image',
  })),
  manifest_labels: rows(3000, (n) => ({ manifest_id: n, name: 'version', value: String(n) })),
  repository_manifests: [
    ...rows(3000, (n) => ({
      repository_id: 1,
      manifest_id: n,
      tree_bytes: 1,
      created_at: now,
      subject_digest: n % 2 === 0 ? digestOf(7) : null,
    })),
    ...rows(2000, (n) => ({ repository_id: n + 1, manifest_id: n, created_at: now })),
  ],
  blobs: rows(4000, (n) => ({ id: n, digest: digestOf(n), size_bytes: 100 })),
  repository_blobs: [
    ...rows(3000, (n) => ({ repository_id: 1, blob_id: n, created_at: now })),
    ...rows(2000, (n) => ({ repository_id: n + 1, blob_id: n, created_at: now })),
  ],
  reconcile_runs: rows(2000, (n) => ({
    id: n,
    job_id: n,
    phase: 'done',
    after_name: '',
    started_at: ago((2000 - n) * 10_000_000),
    ended_at: ago((2000 - n) * 10_000_000),
  })),
  holds: rows(4000, (n) => ({
    id: n,
    repository: repositoryOf(n % 500),
    tag: n % 3 === 0 ? '*' : String(n),
    kind: 'removal',
    holder: 'h',
    reason: 'x',
    taken_at: ago(n * 60_000),
    expires_at: ago(n * 60_000 - 7_200_000),
  })),
  index_vanishings: rows(2000, (n) => ({
    kind: n % 2 === 0 ? 'tag' : 'repository',
    hour: ago(n * 3_600_000),
    count: 1,
  })),
}
