import type { Schemas } from '../client/generated.ts'
import { type Column, formatSize } from './listing.ts'

type Removal = Schemas['Removal']

/** Tags that stay, whatever keeps them. */
export const keptOf = ({ counts }: Removal): number =>
  counts.needed + counts.absent + counts.changed + counts.immutable + counts.hollow

export const REMOVAL_COLUMNS: readonly Column<Removal>[] = [
  { head: 'removal', cell: ({ id }) => id },
  { head: 'state', cell: ({ state, dryRun }) => (dryRun ? `dry run, ${state}` : state) },
  { head: 'waiting', cell: ({ counts }) => counts.waiting },
  { head: 'removed', cell: ({ counts }) => counts.removed },
  { head: 'kept', cell: keptOf },
  { head: 'frees at most', cell: (removal) => formatSize(removal.reclaimableBytesAtMost) },
  { head: 'by', cell: ({ actor }) => actor },
  { head: 'created', cell: ({ createdAt }) => createdAt },
  { head: 'error', cell: ({ error }) => error },
]
