// Tests run compiled (`npm test` builds first), so that they are type-checked; traces show the sources.
export default {
  files: ['dist/test/**/*.test.js'],
  nodeArguments: ['--enable-source-maps'],
  timeout: '2m',
  // Far from UTC: a date that was read in local time shows.
  environmentVariables: { TZ: 'Asia/Shanghai' },
}
