/** Each takes a minute or more; begun last, one of them would be left alone in the end. */
const LONGEST = [
  'removal/registry-faults',
  'api/matrix',
  'api/reconcile',
  'api/throttle',
  'api/advisories-reads',
  'collect/service/collector',
  'api/collect-fence',
  'api/password-reset',
]

const rankOf = (file) => {
  const rank = LONGEST.findIndex((part) => file.includes(`/${part}.test.`))
  return rank === -1 ? LONGEST.length : rank
}

// Tests run compiled (`npm test` builds first), so that they are type-checked; traces show the sources.
export default {
  files: ['dist/test/**/*.test.js'],
  nodeArguments: ['--enable-source-maps'],
  timeout: '2m',
  // Far from UTC: a date that was read in local time shows.
  environmentVariables: { TZ: 'Asia/Shanghai' },
  sortTestFiles: (a, b) => rankOf(a) - rankOf(b) || (a < b ? -1 : 1),
}
