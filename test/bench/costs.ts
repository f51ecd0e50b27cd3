import { readFileSync } from 'node:fs'
import argon2 from 'argon2'
import type { Database } from '../../src/database/open-database.ts'
import { type Figure, toFigure } from './figure.ts'
import { startFullRegistry, startVariedRegistry } from './full-registry.ts'
import { reconcile, settle } from './index-reconcile.ts'
import { drain, steadyPlan } from './intake.ts'
import { type Load, measureRate, median } from './load.ts'
import { runPlan } from './run-plan.ts'
import { startServiceWorld } from './service-world.ts'
import { basic, distinct, PATH } from './token-requests.ts'
import { PASSWORD, startTokenWorld, type TokenWorld, WARM_SUBJECTS } from './token-world.ts'

const ROUNDS = 5
const SECONDS = 2
const SIGN_INS_AT_ONCE = 4
const HASHES = 20
const EVENT_SECONDS = 10
const REPOSITORIES = 1000
const TAGS = 10
/** Of the kernel's clock of processes. */
const TICK_US = 10_000

/** Time on a processor that a process took so far, in microseconds, all threads of it. */
function cpuUs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * TICK_US
}

async function costUs(dir: string, pid: number, load: Omit<Load, 'seconds'>): Promise<number> {
  const before = cpuUs(pid)
  const rate = await measureRate(dir, { ...load, seconds: SECONDS })
  return (cpuUs(pid) - before) / (rate * SECONDS)
}

interface Pair {
  readonly what: string
  readonly against: string
  readonly load: Omit<Load, 'seconds'>
  readonly reference: keyof TokenWorld['references']
}

/** Rounds of both in turns; the same requests to both. */
async function compareCosts(world: TokenWorld, pair: Pair): Promise<Figure> {
  const { pathname, search } = new URL(pair.load.url)
  const reference = new URL(`${pathname}${search}`, world.references[pair.reference]).href
  const costs: { readonly own: number; readonly bare: number }[] = []
  for (let round = 0; round < ROUNDS; round++) {
    costs.push({
      own: await costUs(world.dir, world.wardenPid, pair.load),
      bare: await costUs(world.dir, world.referencesPid, { ...pair.load, url: reference }),
    })
  }
  return toFigure({
    what: `${pair.what}: the service`,
    value: median(costs.map(({ own }) => own)),
    unit: 'us',
    against: pair.against,
    reference: median(costs.map(({ bare }) => bare)),
  })
}

/** Everybody once, so that nobody is new afterwards. @returns microseconds for each */
async function signInAll({ wardenUrl, wardenPid }: TokenWorld): Promise<number> {
  const before = cpuUs(wardenPid)
  let next = 0
  const signIn = async (): Promise<void> => {
    for (let who = next++; who < WARM_SUBJECTS; who = next++) {
      const url = `${wardenUrl}${PATH}&scope=repository:bench/r${who}-0:pull,push`
      const answer = await fetch(url, { headers: { authorization: basic(`warm${who}`) } })
      if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`)
      await answer.arrayBuffer()
    }
  }
  await Promise.all(Array.from({ length: SIGN_INS_AT_ONCE }, signIn))
  return (cpuUs(wardenPid) - before) / WARM_SUBJECTS
}

async function hashUs(): Promise<number> {
  const parameters = { type: argon2.argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 }
  const hash = await argon2.hash(PASSWORD, parameters)
  const before = process.cpuUsage()
  for (let n = 0; n < HASHES; n++) await argon2.verify(hash, PASSWORD)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / HASHES
}

async function tokenCosts(world: TokenWorld): Promise<readonly Figure[]> {
  const signIn = toFigure({
    // All have the same stored hash, which is computed once.
    what: 'first token of somebody at a process, but for the slow hash: the service',
    value: await signInAll(world),
    unit: 'us',
    against: 'the slow hash (argon2)',
    reference: await hashUs(),
  })
  const url = world.wardenUrl
  const repeated = await compareCosts(world, {
    what: 'token that was asked for a moment ago',
    load: { url: `${url}${PATH}&scope=repository:bench/app:pull`, authorization: basic('warm1') },
    against: 'bare Koa',
    reference: 'koa',
  })
  const fresh = await compareCosts(world, {
    what: 'token for somebody who is known, signed anew',
    load: { url, script: distinct(1) },
    against: 'bare Koa that signs',
    reference: 'koaSigning',
  })
  return [signIn, repeated, fresh]
}

const tableBytes = async (database: Database): Promise<number> => {
  const tables: readonly string[] = await database('information_schema.tables')
    .where({ table_schema: database.raw('DATABASE()') })
    .pluck('table_name')
  await database.raw(`ANALYZE TABLE ${tables.map((table) => `\`${table}\``).join(', ')}`)
  const row = await database('information_schema.tables')
    .where({ table_schema: database.raw('DATABASE()') })
    .sum({ bytes: database.raw('data_length + index_length') })
    .first()
  return Number(row?.bytes)
}

/** Nine pulls to one push, as they come from a registry. */
async function eventCosts(world: TokenWorld): Promise<readonly Figure[]> {
  const { images, registry } = await startFullRegistry(world, REPOSITORIES)
  try {
    await reconcile(world)
    await settle(world)
    const before = [cpuUs(world.wardenPid), cpuUs(world.databasePid)]
    const plan = steadyPlan(world, { run: 'costs', seconds: EVENT_SECONDS }, images)
    const { failed } = await runPlan(plan)
    if (failed > 0) throw new Error(`${failed} events were refused`)
    await drain(world)
    await settle(world)
    const after = [cpuUs(world.wardenPid), cpuUs(world.databasePid)]
    const [service = 0, database = 0] = after.map(
      (us, n) => (us - (before[n] ?? 0)) / (plan.perSecond * EVENT_SECONDS),
    )
    const what = 'event of the registry, taken and applied: the service'
    return [
      toFigure({ what, value: service, unit: 'us', against: 'the database', reference: database }),
    ]
  } finally {
    await registry.stop()
  }
}

/** A registry with an image for each tag, read into an empty index. */
async function indexCosts(): Promise<readonly Figure[]> {
  const world = await startServiceWorld()
  try {
    const registry = await startVariedRegistry(world, { repositories: REPOSITORIES, tags: TAGS })
    try {
      const bytes = await tableBytes(world.database)
      const before = [cpuUs(world.wardenPid), cpuUs(world.databasePid)]
      const { tags } = await reconcile(world)
      await settle(world)
      const after = [cpuUs(world.wardenPid), cpuUs(world.databasePid)]
      const [service = 0, database = 0] = after.map((us, n) => (us - (before[n] ?? 0)) / tags)
      const value = ((await tableBytes(world.database)) - bytes) / tags
      return [
        toFigure({
          what: 'tag with an image of its own, read into the index: the service',
          value: service,
          unit: 'us',
          against: 'the database',
          reference: database,
        }),
        toFigure({
          what: 'the same: room in the database',
          value,
          unit: 'bytes',
          against: 'a kilobyte',
          reference: 1024,
        }),
      ]
    } finally {
      await registry.stop()
    }
  } finally {
    await world.stop()
  }
}

/** What one of each costs: time on a processor, and room. From these docs/scaling.md reckons. */
export async function benchCosts(tell: (line: string) => void): Promise<readonly Figure[]> {
  const world = await startTokenWorld(0)
  try {
    tell('tokens')
    const tokens = await tokenCosts(world)
    tell('events')
    const events = await eventCosts(world)
    tell('an index that is filled')
    return [...tokens, ...events, ...(await indexCosts())]
  } finally {
    await world.stop()
  }
}
