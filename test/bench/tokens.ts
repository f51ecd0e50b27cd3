import { coldFigures } from './cold.ts'
import { type Figure, toFigure } from './figure.ts'
import { largeFigures } from './large.ts'
import { type Load, measureRate, median } from './load.ts'
import { basic, distinct, PATH } from './token-requests.ts'
import { ACCESS_TOKEN, ROBOT_SECRET, startTokenWorld, type TokenWorld } from './token-world.ts'

const ROUNDS = 3
const SECONDS = 3
const COLD_USERS = 300

interface Contest {
  readonly what: string
  readonly load: Omit<Load, 'seconds'>
  readonly against: 'koa' | 'koaSigning'
  readonly atLeast: number
}

const REFERENCE_NAMES = { koa: 'bare Koa', koaSigning: 'bare Koa that signs' } as const

const repeated = (
  url: string,
  who: string,
  authorization?: string,
  project = 'bench',
): Contest => ({
  what: `repeated request, ${who}`,
  load: { url: `${url}${PATH}&scope=repository:${project}/app:pull`, authorization },
  against: 'koa',
  atLeast: 0.65,
})

const contests = (url: string): readonly Contest[] => [
  repeated(url, 'password user', basic('warm1')),
  repeated(url, 'access token', basic('warm1', ACCESS_TOKEN)),
  repeated(url, 'robot', basic('robot$bench+ci', ROBOT_SECRET)),
  repeated(url, 'anonymous on a public project', undefined, 'open'),
  {
    what: '1,000 warm subjects, each its repository, a fresh signature each time',
    load: { url, script: distinct(1) },
    against: 'koaSigning',
    atLeast: 0.65,
  },
  {
    what: 'the same with five scopes',
    load: { url, script: distinct(5) },
    against: 'koaSigning',
    atLeast: 0.5,
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
  const pairs: { readonly rate: number; readonly reference: number }[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const rate = await measure(contest.load, SECONDS)
    pairs.push({ rate, reference: await measure(reference, SECONDS) })
  }
  const ratio = median(pairs.map((pair) => pair.rate / pair.reference))
  const value = median(pairs.map((pair) => pair.rate))
  const against = REFERENCE_NAMES[contest.against]
  const measured = { what: contest.what, value, unit: '/s', against } as const
  return toFigure({ ...measured, reference: value / ratio }, { atLeast: contest.atLeast })
}

/** What else this machine does, for whoever compares machines. */
async function machineFigures(world: TokenWorld): Promise<readonly Figure[]> {
  const against = 'bare Koa'
  const rate = (name: 'http' | 'koa' | 'koaSigning'): Promise<number> =>
    measureRate(world.dir, { url: world.references[name], seconds: SECONDS })
  const reference = await rate('koa')
  return [
    toFigure({ what: 'bare node:http', value: await rate('http'), unit: '/s', against, reference }),
    toFigure({
      what: 'raw ES256 on one core',
      value: world.signaturesPerSecond,
      unit: '/s',
      against,
      reference,
    }),
  ]
}

/** Measures the realm straight at the service, with production defaults and its log on. */
export async function benchTokens(
  tell: (line: string) => void,
  { isLarge }: { readonly isLarge: boolean },
): Promise<readonly Figure[]> {
  tell('starting database, service and references …')
  const world = await startTokenWorld(COLD_USERS)
  try {
    const figures: Figure[] = []
    for (const contest of contests(world.wardenUrl)) {
      tell(contest.what)
      figures.push(await compete(world, contest))
    }
    tell('cold password logins, and warm requests beside them')
    figures.push(...(await coldFigures(world, COLD_USERS)), ...(await machineFigures(world)))
    if (!isLarge) return figures
    tell('a million users; this takes some minutes')
    return [...figures, ...(await largeFigures(world, tell))]
  } finally {
    await world.stop()
  }
}
