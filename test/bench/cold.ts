import { Agent, request } from 'node:http'
import { availableParallelism } from 'node:os'
import { type Figure, toFigure } from './figure.ts'
import type { Plan } from './open-loop.ts'
import { p99, runPlan } from './run-plan.ts'
import { measureArgon2, PASSWORD, type TokenWorld } from './token-world.ts'

const PATH = '/auth/token?service=registry-warden'
const COLD_AT_ONCE = 8
const WARM_PER_SECOND = 500
const OPEN_LOOP_SECONDS = 8

const agent = new Agent({ keepAlive: true, maxSockets: COLD_AT_ONCE })

function logInOnce(world: TokenWorld, n: number): Promise<void> {
  // From many networks, as people come: one alone gets only so many places in the queue.
  const headers = {
    'x-forwarded-for': `10.${n % 200}.${n >> 8}.7`,
    authorization: `Basic ${Buffer.from(`cold${n}:${PASSWORD}`).toString('base64')}`,
  }
  return new Promise((done, fail) => {
    const sent = request(`${world.wardenUrl}${PATH}`, { agent, headers }, (response) => {
      response.resume()
      const { statusCode } = response
      response.on('end', () => {
        if (statusCode === 200) done()
        else fail(new Error(`cold login: ${statusCode}`))
      })
    })
    sent.on('error', fail)
    sent.end()
  })
}

async function logIn(world: TokenWorld, from: number, to: number): Promise<number> {
  let next = from
  const worker = async (): Promise<void> => {
    while (next < to) await logInOnce(world, next++)
  }
  const startedAtMs = performance.now()
  await Promise.all(Array.from({ length: COLD_AT_ONCE }, worker))
  return (to - from) / ((performance.now() - startedAtMs) / 1000)
}

/** Halves of both in turns, so that a noisy moment is one for both. */
async function measureColdLogins(world: TokenWorld, users: number): Promise<Figure> {
  const cores = availableParallelism()
  const half = Math.floor(users / 2)
  await measureArgon2(2 * cores, cores)
  const rates = [await measureArgon2(half, cores), 0]
  const logins = [await logIn(world, 0, half), await logIn(world, half, users)]
  rates[1] = await measureArgon2(half, cores)
  const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b) / values.length
  return toFigure(
    {
      what: 'cold password logins, all different users',
      value: mean(logins),
      unit: '/s',
      against: 'raw argon2 on all cores',
      reference: mean(rates),
    },
    { atLeast: 0.9 },
  )
}

const warmPlan = (world: TokenWorld): Plan => ({
  perSecond: WARM_PER_SECOND,
  seconds: OPEN_LOOP_SECONDS,
  requests: Array.from({ length: 100 }, (_, who) => ({
    url: `${world.wardenUrl}${PATH}&scope=repository:bench/app${who}:pull&n={n}`,
    username: `warm${who}`,
    password: PASSWORD,
  })),
})

/** Every one of them another wrong password from another network, so that each costs a hash. */
const floodPlan = (world: TokenWorld, perSecond: number): Plan => ({
  perSecond,
  seconds: OPEN_LOOP_SECONDS + 2,
  requests: Array.from({ length: 1000 }, (_, who) => ({
    url: `${world.wardenUrl}${PATH}`,
    username: `warm${who}`,
    password: 'wrong-{n}',
    address: '10.{net}.7',
  })),
})

/** Fixed rate, open loop: what waits behind cold logins is seen, and not politely held back. */
async function measureWarmBesideCold(world: TokenWorld, capacity: number): Promise<Figure> {
  await runPlan({ ...warmPlan(world), seconds: 2 })
  const quiet = await runPlan(warmPlan(world))
  const flood = runPlan(floodPlan(world, Math.ceil(2 * capacity)))
  const busy = await runPlan(warmPlan(world))
  await flood
  if (quiet.failed + busy.failed > 0) {
    throw new Error(
      `${busy.failed} warm requests failed beside cold logins, ${quiet.failed} without`,
    )
  }
  return toFigure(
    {
      what: `p99 of ${WARM_PER_SECOND} warm requests a second, cold logins at twice capacity beside`,
      value: p99(busy),
      unit: 'ms',
      against: 'p99 without them',
      reference: p99(quiet),
    },
    { atMost: 4 },
  )
}

/** Cold logins by themselves, and what they do to warm requests. */
export async function coldFigures(world: TokenWorld, users: number): Promise<readonly Figure[]> {
  const logins = await measureColdLogins(world, users)
  return [logins, await measureWarmBesideCold(world, logins.reference)]
}
