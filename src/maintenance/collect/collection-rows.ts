import type { Database } from '../../database/open-database.ts'
import type { JobState } from '../../jobs/types.ts'
import type { CollectionReading, Gap, Phase, UntaggedManifest } from './types.ts'

export interface CollectionRow {
  readonly id: number
  readonly job_id: number
  readonly is_dry_run: number
  readonly phase: Phase
  readonly epoch: number | null
  readonly actor_id: number | null
  readonly actor_name: string
  readonly on_behalf_of: string | null
  readonly blobs: number
  readonly bytes: number
  readonly unknown_blobs: number
  readonly untagged_count: number
  readonly gap_count: number
  readonly untagged: string | null
  readonly gaps: string | null
  readonly notes: string | null
  readonly error: string | null
  readonly created_at: Date
  readonly held_at: Date | null
  readonly opened_at: Date | null
  readonly ended_at: Date | null
  readonly job_state: JobState | null
  readonly job_error: string | null
}

export const COLUMNS = [
  'collections.id',
  'job_id',
  'is_dry_run',
  'phase',
  'epoch',
  'actor_id',
  'actor_name',
  'on_behalf_of',
  'blobs',
  'bytes',
  'unknown_blobs',
  'untagged_count',
  'gap_count',
  'notes',
  'collections.error',
  'collections.created_at',
  'held_at',
  'opened_at',
  'collections.ended_at',
  'jobs.state as job_state',
  'jobs.error as job_error',
]
export const LISTS = ['untagged', 'gaps']

const readList = <T>(text: string | null | undefined): readonly T[] =>
  text ? JSON.parse(text) : []

export const toCollection = (row: CollectionRow): CollectionReading => ({
  id: row.id,
  jobId: row.job_id,
  isDryRun: row.is_dry_run === 1,
  phase: row.phase,
  epoch: row.epoch ?? undefined,
  actor: {
    actorId: row.actor_id ?? undefined,
    actorName: row.actor_name,
    onBehalfOf: row.on_behalf_of ?? undefined,
  },
  blobs: Number(row.blobs),
  bytes: Number(row.bytes),
  unknownBlobs: Number(row.unknown_blobs),
  untaggedCount: Number(row.untagged_count),
  untagged: readList<UntaggedManifest>(row.untagged),
  gapCount: Number(row.gap_count),
  gaps: readList<Gap>(row.gaps),
  notes: readList<string>(row.notes),
  error: row.error ?? undefined,
  createdAt: row.created_at,
  heldAt: row.held_at ?? undefined,
  openedAt: row.opened_at ?? undefined,
  endedAt: row.ended_at ?? undefined,
  jobState: row.job_state ?? undefined,
  jobError: row.job_error ?? undefined,
})

/** With the state of the job, and why its last attempt failed. */
export const selectCollections = (database: Database) =>
  database('collections').leftJoin('jobs', 'jobs.id', 'collections.job_id')
