import { createCommandCollector } from '../../src/maintenance/collect/command-collector.ts'

/** Runs a collector under a limit, and is killed in the middle by a test. */
const [, , program = '', lock = '', limitSeconds = ''] = process.argv

await createCommandCollector({ words: [program], lock }).run({
  epoch: 1,
  dryRun: false,
  limitSeconds: Number(limitSeconds),
  signal: new AbortController().signal,
  confirm: async () => undefined,
  onLine: () => undefined,
})
