import { setTimeout as sleep } from 'node:timers/promises'
import { type Figure, toFigure } from './figure.ts'
import { type Image, startFullRegistry, TAGS } from './full-registry.ts'
import { reconcile, settle } from './index-reconcile.ts'
import { measureRate } from './load.ts'
import type { Plan, PlannedRequest } from './open-loop.ts'
import { p99, runPlan } from './run-plan.ts'
import { NOTIFICATIONS_SECRET, type ServiceWorld } from './service-world.ts'
import { PATH } from './token-requests.ts'
import { PASSWORD, startTokenWorld, type TokenWorld } from './token-world.ts'

const REPOSITORIES = 1000
/** One event in so many is a push, the others are pulls. */
const PUSH_EVERY = 10
const ACCEPTED_SECONDS = 6
const GOAL_PER_SECOND = 1000
const STEADY_PER_SECOND = 300
const STEADY_SECONDS = 10
const GOAL_LAG_MS = 2000
const TOKENS_PER_SECOND = 200
const TOKEN_SECONDS = 20
/** Work beside begins so much earlier: the start of its sender is not what is measured. */
const AHEAD_SECONDS = 3
const LOOK_EVERY_MS = 50
/** An inbox that is not empty after so long does not keep up. */
const DRAIN_MS = 120_000

const bearer = NOTIFICATIONS_SECRET

/** An envelope as registry 2.8 sends it: with one event. */
function envelope(run: string, { repository, digest }: Image, n: number): string {
  const isPush = n % PUSH_EVERY === 0
  return JSON.stringify({
    events: [
      {
        id: `${run}-{n}`,
        timestamp: new Date().toISOString(),
        action: isPush ? 'push' : 'pull',
        target: {
          mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
          size: 418,
          digest,
          length: 418,
          repository,
          url: `http://127.0.0.1/v2/${repository}/manifests/${digest}`,
          tag: TAGS[n % TAGS.length],
        },
        request: {
          id: `request-${n}`,
          addr: `192.0.2.${n % 200}:40000`,
          host: 'localhost',
          method: isPush ? 'PUT' : 'GET',
          useragent: 'containerd/1.6.20',
        },
        actor: { name: `warm${n % 100}` },
        source: { addr: 'bench:5000', instanceID: '0' },
      },
    ],
  })
}

const envelopes = (run: string, images: readonly Image[]): readonly string[] =>
  images.map((image, n) => envelope(run, image, n))

const waiting = async ({ database }: ServiceWorld): Promise<number> => {
  const row = await database('events').whereNull('applied_at').count({ count: '*' }).first()
  return Number(row?.count)
}

/** @throws Error when events stay in the inbox */
export async function drain(world: ServiceWorld): Promise<void> {
  const giveUpAtMs = performance.now() + DRAIN_MS
  for (;;) {
    const left = await waiting(world)
    if (left === 0) return
    if (performance.now() > giveUpAtMs) throw new Error(`${left} events wait and are not applied`)
    await sleep(LOOK_EVERY_MS)
  }
}

const posting = (bodies: readonly string[]): string => `
local bodies = {${bodies.map((body) => `[[${body}]]`).join(',')}}
local headers = { ["Authorization"] = "Bearer ${bearer}", ["Content-Type"] = "application/json" }
local n = 0
request = function()
  n = n + 1
  local body = string.gsub(bodies[n % #bodies + 1], "{n}", n)
  return wrk.format("POST", "/notifications", headers, body)
end`

/** As many as come in over 16 connections, each answered when it is written down. */
async function measureAccepted(
  world: ServiceWorld,
  images: readonly Image[],
): Promise<readonly Figure[]> {
  const { dir, notificationsUrl: url } = world
  const script = posting(envelopes('flood', images))
  const value = await measureRate(dir, { url, script, seconds: ACCEPTED_SECONDS })
  const startedAtMs = performance.now()
  await drain(world)
  const what = 'events accepted, one a request'
  const drainMs = performance.now() - startedAtMs
  return [
    toFigure(
      { what, value, unit: '/s', against: 'the goal', reference: GOAL_PER_SECOND },
      { atLeast: 1 },
    ),
    toFigure({
      what: 'until all of them are applied',
      value: drainMs,
      unit: 'ms',
      against: 'the time in which they came',
      reference: ACCEPTED_SECONDS * 1000,
    }),
  ]
}

export const steadyPlan = (
  { notificationsUrl: url }: ServiceWorld,
  { run, seconds }: { readonly run: string; readonly seconds: number },
  images: readonly Image[],
): Plan => ({
  perSecond: STEADY_PER_SECOND,
  seconds,
  requests: envelopes(run, images).map((body) => ({ url, posted: { body, bearer } })),
})

async function measureLag(world: ServiceWorld, images: readonly Image[]): Promise<Figure> {
  const { database } = world
  let [isOver, mostMs] = [false, 0]
  const look = async (): Promise<void> => {
    while (!isOver) {
      const { lag } = await database('events')
        .whereNull('applied_at')
        .first(
          database.raw(
            'TIMESTAMPDIFF(MICROSECOND, MIN(received_at), UTC_TIMESTAMP(6)) / 1000 AS lag',
          ),
        )
      mostMs = Math.max(mostMs, Number(lag ?? 0))
      await sleep(LOOK_EVERY_MS)
    }
  }
  const looking = look()
  const { failed } = await runPlan(
    steadyPlan(world, { run: 'steady', seconds: STEADY_SECONDS }, images),
  )
  isOver = true
  await looking
  if (failed > 0) throw new Error(`${failed} events were refused`)
  await drain(world)
  return toFigure(
    {
      what: `longest lag at ${STEADY_PER_SECOND} events a second`,
      value: mostMs,
      unit: 'ms',
      against: 'the goal',
      reference: GOAL_LAG_MS,
    },
    { atMost: 1 },
  )
}

const tokenRequests = ({ wardenUrl }: TokenWorld): readonly PlannedRequest[] =>
  Array.from({ length: 100 }, (_, who) => ({
    url: `${wardenUrl}${PATH}&scope=repository:bench/app${who}:pull&n={n}`,
    username: `warm${who}`,
    password: PASSWORD,
  }))

/** What goes on in the service beside: it is compared with the registry all the time, and events come. */
async function beside<T>(
  world: TokenWorld,
  images: readonly Image[],
  { run, seconds }: { readonly run: string; readonly seconds: number },
  work: () => Promise<T>,
): Promise<T> {
  let isOver = false
  const compareAllTheTime = async (): Promise<void> => {
    while (!isOver) await reconcile(world)
  }
  const comparing = compareAllTheTime()
  const plan = steadyPlan(world, { run, seconds: AHEAD_SECONDS + seconds + 1 }, images)
  const events = runPlan(plan)
  await sleep(AHEAD_SECONDS * 1000)
  const done = await work()
  isOver = true
  await Promise.all([comparing, events])
  return done
}

interface Latencies {
  readonly quiet: number
  readonly busy: number
}

/** p99 in milliseconds of what is asked for, with nothing going on and beside the index. */
async function measureLatencies(
  world: TokenWorld,
  images: readonly Image[],
  { run, requests }: { readonly run: string; readonly requests: readonly PlannedRequest[] },
): Promise<Latencies> {
  const plan: Plan = { perSecond: TOKENS_PER_SECOND, seconds: TOKEN_SECONDS, requests }
  await runPlan({ ...plan, seconds: 3 })
  const quiet = await runPlan(plan)
  const busy = await beside(world, images, { run, seconds: TOKEN_SECONDS }, () => runPlan(plan))
  if (quiet.failed + busy.failed > 0) {
    throw new Error(`${run}: ${busy.failed} failed beside the index, ${quiet.failed} without`)
  }
  return { quiet: p99(quiet), busy: p99(busy) }
}

const beingBeside = `reconcile and ${STEADY_PER_SECOND} events a second beside`

/**
 * Tokens beside the index. The same for a server that does nothing but answer, in a process of its own:
 * more than that the machine itself does not allow, since all of it shares the cores.
 */
async function measureTokensBeside(
  world: TokenWorld,
  images: readonly Image[],
): Promise<readonly Figure[]> {
  const bare = [{ url: world.references.http }]
  const ours = await measureLatencies(world, images, {
    run: 'beside',
    requests: tokenRequests(world),
  })
  const others = await measureLatencies(world, images, { run: 'bare', requests: bare })
  const figure = (what: string, { busy, quiet }: Latencies) => ({
    what: `p99 of ${TOKENS_PER_SECOND} ${what} a second, ${beingBeside}`,
    value: busy,
    unit: 'ms' as const,
    against: 'p99 without them',
    reference: quiet,
  })
  return [
    toFigure(figure('tokens', ours), { atMost: 2 }),
    toFigure(figure('answers of a bare server', others)),
  ]
}

async function measure(
  world: TokenWorld,
  images: readonly Image[],
  tell: (line: string) => void,
): Promise<readonly Figure[]> {
  await reconcile(world)
  await settle(world)
  tell('events, as many as come in')
  const accepted = await measureAccepted(world, images)
  await settle(world)
  tell(`${STEADY_PER_SECOND} events a second`)
  const lag = await measureLag(world, images)
  await settle(world)
  tell('tokens beside the index')
  return [...accepted, lag, ...(await measureTokensBeside(world, images))]
}

/** Measures what the intake of notifications takes, and what it and reconcile leave to tokens. */
export async function benchIntake(tell: (line: string) => void): Promise<readonly Figure[]> {
  tell('starting database, service and a registry')
  const world = await startTokenWorld(0)
  try {
    const { images, registry } = await startFullRegistry(world, REPOSITORIES)
    try {
      return await measure(world, images, tell)
    } finally {
      await registry.stop()
    }
  } finally {
    await world.stop()
  }
}
