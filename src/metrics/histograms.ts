/** Metrics that are made of measured durations. */
export const HISTOGRAMS = {
  warden_http_request_duration_seconds: {
    labels: ['listener', 'method', 'route'],
    help: 'From the first look at a request to its answer.',
    buckets: [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10],
  },
  warden_password_hash_duration_seconds: {
    labels: [],
    help: 'Computing one slow hash, without its wait.',
    buckets: [0.02, 0.05, 0.1, 0.25, 1],
  },
  warden_ldap_request_duration_seconds: {
    labels: ['request'],
    help: 'One request to the directory (LDAP), or one connection with its TLS.',
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 8],
  },
  warden_door_request_duration_seconds: {
    labels: ['request'],
    help: 'One write of a manifest, or one question about an upload, with its wait.',
    buckets: [0.002, 0.005, 0.02, 0.1, 1, 15, 60],
  },
} as const
