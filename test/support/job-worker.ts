// A worker of its own process, to be killed and stopped; its argument is where the database is.
import { openDatabase } from '../../src/database/open-database.ts'
import { createJobs } from '../../src/jobs/create-jobs.ts'
import { createMetrics } from '../../src/metrics/create-metrics.ts'
import { LEASE_SECONDS, quietLog } from './jobs-world.ts'
import { dozeKind, stepKind } from './step-kinds.ts'

const database = openDatabase(JSON.parse(process.argv[2] ?? ''), quietLog)
const tell = (text: string): void => void process.send?.(text)
const stop = createJobs({
  database,
  log: { ...quietLog, info: (fields) => tell(`log: ${JSON.stringify(fields)}`) },
  now: () => new Date(),
  metrics: createMetrics(),
  kinds: { steps: stepKind('first', tell, 100), doze: dozeKind('first', tell) },
  schedules: [],
  concurrency: 2,
  leaseSeconds: LEASE_SECONDS,
}).start()

process.once('SIGTERM', async () => {
  await stop()
  await database.destroy()
  process.disconnect?.()
})
