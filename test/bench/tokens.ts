import { availableParallelism } from 'node:os'
import { type Load, measureRate, median } from './load.ts'
import {
  measureArgon2,
  PASSWORD,
  startTokenWorld,
  type TokenWorld,
  WARM_SUBJECTS,
} from './token-world.ts'

const ROUNDS = 3
const SECONDS = 4
const COLD_USERS = 300
const COLD_AT_ONCE = 8

/** One line of the result: a rate, what it is held against, and the goal for their ratio. */
export interface Figure {
  readonly what: string
  readonly perSecond: number
  readonly against: string
  readonly referencePerSecond: number
  readonly ratio: number
  readonly goal: number
}

const basic = (username: string): string =>
  `Basic ${Buffer.from(`${username}:${PASSWORD}`).toString('base64')}`

const PATH = '/auth/token?service=registry-warden'

/** What of a request is the same each time that it is this subject's. */
function tailOf(who: number, scopes: number): string {
  const asked = Array.from(
    { length: scopes },
    (_, i) => `&scope=repository:bench/r${who}-${i}:pull,push`,
  )
  return `${asked.join('')} HTTP/1.1\\r\\nHost: localhost\\r\\nAuthorization: ${basic(`warm${who}`)}\\r\\n\\r\\n`
}

/**
 * Every request is another subject's, and none is ever repeated: each answer is signed anew. Almost
 * all of a request is made beforehand, so that its sender is not what is measured.
 */
const distinct = (scopes: number): string => `
local tails = {${Array.from({ length: WARM_SUBJECTS }, (_, who) => `"${tailOf(who, scopes)}"`).join(',')}}
local n = math.floor(os.clock() * 1e9)
request = function()
  n = n + 1
  return "GET ${PATH}&n=" .. n .. tails[n % ${WARM_SUBJECTS} + 1]
end`

interface Contest {
  readonly what: string
  readonly load: Omit<Load, 'seconds'>
  readonly against: 'koa' | 'koaSigning'
  readonly goal: number
}

const contests = (url: string): readonly Contest[] => [
  {
    what: 'repeated request, password user',
    load: {
      url: `${url}${PATH}&scope=repository:bench/app:pull,push`,
      authorization: basic('warm1'),
    },
    against: 'koa',
    goal: 0.65,
  },
  {
    what: 'repeated request, anonymous on a public project',
    load: { url: `${url}${PATH}&scope=repository:open/app:pull` },
    against: 'koa',
    goal: 0.65,
  },
  {
    what: '1,000 warm subjects, each its repository, a fresh signature each time',
    load: { url, script: distinct(1) },
    against: 'koaSigning',
    goal: 0.65,
  },
  {
    what: 'the same with five scopes',
    load: { url, script: distinct(5) },
    against: 'koaSigning',
    goal: 0.5,
  },
]

function referenceUrl(world: TokenWorld, { load, against }: Contest): string {
  const { pathname, search } = new URL(load.url)
  return new URL(`${pathname}${search}`, world.references[against]).href
}

/** Rounds of both, one after the other, so that a noisy minute is one for both. */
async function compete(world: TokenWorld, contest: Contest): Promise<Figure> {
  const measure = (load: Omit<Load, 'seconds'>, seconds: number): Promise<number> =>
    measureRate(world.dir, { ...load, seconds })
  // The same requests, so that the load costs its sender the same.
  const reference = { ...contest.load, url: referenceUrl(world, contest) }
  await measure(contest.load, 2)
  await measure(reference, 1)
  const rates: number[] = []
  const references: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    rates.push(await measure(contest.load, SECONDS))
    references.push(await measure(reference, SECONDS))
  }
  const ratio = median(rates.map((rate, i) => rate / (references[i] ?? Number.NaN)))
  return {
    what: contest.what,
    perSecond: median(rates),
    against: contest.against === 'koa' ? 'bare Koa' : 'bare Koa that signs',
    referencePerSecond: median(references),
    ratio,
    goal: contest.goal,
  }
}

async function logIn(world: TokenWorld): Promise<number> {
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < COLD_USERS) {
      // From many networks, as people come: one alone gets only so many places in the queue.
      const headers = {
        'x-forwarded-for': `203.0.${next % 200}.7`,
        authorization: basic(`cold${next++}`),
      }
      const response = await fetch(`${world.wardenUrl}${PATH}`, { headers })
      await response.arrayBuffer()
      if (response.status !== 200) throw new Error(`cold login: ${response.status}`)
    }
  }
  const startedAtMs = performance.now()
  await Promise.all(Array.from({ length: COLD_AT_ONCE }, worker))
  return COLD_USERS / ((performance.now() - startedAtMs) / 1000)
}

async function measureColdLogins(world: TokenWorld): Promise<Figure> {
  const before = await measureArgon2(COLD_USERS / 2, availableParallelism())
  const perSecond = await logIn(world)
  const after = await measureArgon2(COLD_USERS / 2, availableParallelism())
  const referencePerSecond = (before + after) / 2
  return {
    what: 'cold password logins, all different users',
    perSecond,
    against: 'raw argon2 on all cores',
    referencePerSecond,
    ratio: perSecond / referencePerSecond,
    goal: 0.9,
  }
}

/** Measures the realm straight at the service, with production defaults and its log on. */
export async function benchTokens(tell: (line: string) => void): Promise<readonly Figure[]> {
  tell('starting database, service and references …')
  const world = await startTokenWorld(COLD_USERS)
  try {
    const figures: Figure[] = []
    for (const contest of contests(world.wardenUrl)) {
      tell(contest.what)
      figures.push(await compete(world, contest))
    }
    tell('cold password logins')
    return [...figures, await measureColdLogins(world)]
  } finally {
    await world.stop()
  }
}
