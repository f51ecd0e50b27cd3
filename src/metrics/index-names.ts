/** What the intake of notifications, the index and its repair tell. */
export const INDEX_METRICS = {
  warden_immutable_tags_moved_total: {
    kind: 'counter',
    labels: ['outcome'],
    help: 'Immutable tags that were moved past this service, by what became of them.',
  },
  warden_lost_pushes_total: {
    kind: 'counter',
    labels: ['outcome'],
    help: 'Pushes that a removal without the door took along, by what became of them.',
  },
  warden_notification_events_total: {
    kind: 'counter',
    labels: ['outcome'],
    help: 'Events that registries sent to this process, by what became of them.',
  },
  warden_notification_events_applied_total: {
    kind: 'counter',
    labels: [],
    help: 'Events of the inbox that this process applied.',
  },
  warden_notification_events_waiting: {
    kind: 'gauge',
    labels: [],
    help: 'Events in the inbox, 10000 at most.',
  },
  warden_notification_lag_seconds: {
    kind: 'gauge',
    labels: [],
    help: 'Age of the event that waits longest.',
  },
  warden_index_dirty_references: {
    kind: 'gauge',
    labels: [],
    help: 'Tags and digests that are to be read at the registry again, 10000 at most.',
  },
  warden_index_reads_total: {
    kind: 'counter',
    labels: [],
    help: 'Tags and digests that this process read at the registry for the index.',
  },
  warden_index_failures_total: {
    kind: 'counter',
    labels: [],
    help: 'Reads for the index that failed, and are tried again.',
  },
  warden_notification_events_lost: {
    kind: 'gauge',
    labels: [],
    help: 'Changes that reconcile found within seven days and that no event told of.',
  },
  warden_reconcile_drift: {
    kind: 'gauge',
    labels: ['kind'],
    help: 'Tags that the index had wrong when it was last compared with the registry.',
  },
  warden_reconcile_failures: {
    kind: 'gauge',
    labels: [],
    help: 'Repositories and tags that could not be read when the index was last compared.',
  },
  warden_reconcile_end_time_seconds: {
    kind: 'gauge',
    labels: [],
    help: 'When the index was last compared with the registry as a whole, in seconds since 1970; 0 is never.',
  },
  warden_index_brake_engaged: {
    kind: 'gauge',
    labels: [],
    help: '1 while nothing may leave the index that nobody told of.',
  },
  warden_index_vanished: {
    kind: 'gauge',
    labels: ['kind'],
    help: 'Repositories and tags that vanished from the registry within seven days and that no event told of.',
  },
} as const
