/** What the collection of garbage tells; every replica tells the same. */
export const COLLECT_METRICS = {
  warden_gc_fence_stuck: {
    kind: 'gauge',
    labels: [],
    help: '1 while writes stay held after a collection because nobody gets the lock of its collector.',
  },
  warden_gc_gaps: {
    kind: 'gauge',
    labels: [],
    help: 'Blobs that manifests need and that were found to be gone after the last collection.',
  },
  warden_gc_freed_bytes: {
    kind: 'gauge',
    labels: [],
    help: 'Bytes that the last collection swept, by the sizes of the index.',
  },
  warden_gc_held_seconds: {
    kind: 'gauge',
    labels: [],
    help: 'How long the last collection held writes.',
  },
  warden_gc_end_time_seconds: {
    kind: 'gauge',
    labels: [],
    help: 'When the last collection ended, in seconds since 1970; 0 is never.',
  },
} as const
