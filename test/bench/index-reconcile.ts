import { execFile } from 'node:child_process'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { type Figure, toFigure } from './figure.ts'
import { startFullRegistry } from './full-registry.ts'
import { ADMIN, type ServiceWorld, startServiceWorld } from './service-world.ts'
import { basic, residentMib } from './token-requests.ts'

const run = promisify(execFile)

const LARGE = 10_000
const TENTH = 1000
const GOAL_RATIO = 0.8
const GOAL_MIB = 200
const LOOK_EVERY_MS = 50

interface Walked {
  readonly tags: number
  readonly seconds: number
}

async function walkBare(
  { registryPort, certsDir }: ServiceWorld,
  what: 'images' | 'tags',
): Promise<Walked> {
  const { stdout } = await run(process.execPath, [
    resolve('dist/test/bench/bare-walk.js'),
    `http://127.0.0.1:${registryPort}`,
    join(certsDir, 'token-ca', 'ca.pem'),
    what,
  ])
  return JSON.parse(stdout)
}

interface Reconciled extends Walked {
  readonly mostMib: number
}

/** Compares the index with the registry, once. */
export async function reconcile({
  wardenUrl,
  wardenPid,
  database,
}: ServiceWorld): Promise<Reconciled> {
  const headers = {
    authorization: basic(ADMIN.username, ADMIN.password),
    'content-type': 'application/json',
  }
  const asked = await fetch(`${wardenUrl}/api/v1/maintenance/reconcile`, {
    method: 'POST',
    headers,
    body: '{}',
  })
  const { jobId } = (await asked.json()) as { readonly jobId: number }
  let mostMib = 0
  for (;;) {
    mostMib = Math.max(mostMib, residentMib(wardenPid))
    const job = await database('jobs').where({ id: jobId }).first('state', 'error')
    if (job.error !== null) throw new Error(job.error)
    if (job.state === 'done') break
    await sleep(LOOK_EVERY_MS)
  }
  const row = await database('reconcile_runs')
    .where({ job_id: jobId })
    .first(
      'tags',
      'failures',
      database.raw('TIMESTAMPDIFF(MICROSECOND, started_at, ended_at) AS microseconds'),
    )
  if (row.failures > 0) throw new Error(`${row.failures} could not be read`)
  return { tags: Number(row.tags), seconds: Number(row.microseconds) / 1e6, mostMib }
}

/** Waits until nothing of the index is to be read or summed up. */
export async function settle({ database }: ServiceWorld): Promise<void> {
  while ((await database('dirty_figures').first('name')) !== undefined) await sleep(LOOK_EVERY_MS)
}

const compare = (what: string, own: Reconciled, bare: Walked): readonly Figure[] => [
  toFigure(
    {
      what: `${what}, tags a second`,
      value: own.tags / own.seconds,
      unit: '/s',
      against: 'a client that makes the same calls',
      reference: bare.tags / bare.seconds,
    },
    { atLeast: GOAL_RATIO },
  ),
  toFigure(
    {
      what: `${what}, memory of the service`,
      value: own.mostMib,
      unit: 'MiB',
      against: 'the goal',
      reference: GOAL_MIB,
    },
    { atMost: 1 },
  ),
]

async function measure(
  world: ServiceWorld,
  tell: (line: string) => void,
): Promise<readonly Figure[]> {
  tell('a first run, and a client that reads every image too')
  const bareFirst = await walkBare(world, 'images')
  const first = await reconcile(world)
  await settle(world)
  tell('a second run, which finds nothing new')
  const before = await walkBare(world, 'tags')
  const second = await reconcile(world)
  const after = await walkBare(world, 'tags')
  // Before and after it: a machine is not equally fast all the time.
  const bare = { tags: before.tags, seconds: (before.seconds + after.seconds) / 2 }
  return [
    ...compare('reconcile of an index that is empty', first, bareFirst),
    ...compare('reconcile of an index that is right', second, bare),
  ]
}

/** Compares the index with a registry of many repositories, against a client that only walks it. */
export async function benchReconcile(
  tell: (line: string) => void,
  { isLarge }: { readonly isLarge: boolean },
): Promise<readonly Figure[]> {
  const repositories = isLarge ? LARGE : TENTH
  const world = await startServiceWorld()
  try {
    tell(`writing ${repositories} repositories into the storage of a registry`)
    const { registry } = await startFullRegistry(world, repositories)
    try {
      return await measure(world, tell)
    } finally {
      await registry.stop()
    }
  } finally {
    await world.stop()
  }
}
