import { setTimeout as sleep } from 'node:timers/promises'
import { createKeepAliveClient } from '../support/keep-alive-client.ts'
import { benchBrowse } from './browse.ts'
import { type Figure, toFigure } from './figure.ts'
import { LISTS, type MeasuredList } from './index-lists.ts'
import { benchReconcile } from './index-reconcile.ts'
import { type IndexSize, startIndexWorld } from './index-world.ts'
import { benchIntake } from './intake.ts'
import type { ServiceWorld } from './service-world.ts'
import { basic } from './token-requests.ts'

const LARGE: IndexSize = {
  users: 100_000,
  projects: 100_000,
  auditRows: 1_000_000,
  members: 10_000,
  robots: 1000,
}
const TENTH: IndexSize = {
  users: 10_000,
  projects: 10_000,
  auditRows: 100_000,
  members: 1000,
  robots: 100,
}

const WARM_UP = 20
const REQUESTS = 200
const PAGE = 100
const GOAL_MS = 20

type Client = ReturnType<typeof createKeepAliveClient>

/** @returns how long the answer took, in milliseconds; a caller who asked too often waits first */
async function readPage(client: Client, list: MeasuredList, key: string): Promise<number> {
  const { path, as } = list
  const cursor = Buffer.from(key, 'utf8').toString('base64url')
  const request = {
    method: 'GET',
    path: `/api/v1${path}${path.includes('?') ? '&' : '?'}limit=${PAGE}&cursor=${cursor}`,
    headers: { authorization: basic(as.username, as.password) },
  }
  const startedAtMs = performance.now()
  const { status, headers, text } = await client.send(request)
  const tookMs = performance.now() - startedAtMs
  if (status === 200) return tookMs
  if (status !== 429) throw new Error(`${list.what}: ${status} ${text}`)
  await sleep(Number(headers['retry-after']) * 1000)
  return readPage(client, list, key)
}

const atRank = (sorted: readonly number[], rank: number): number =>
  sorted[Math.ceil(sorted.length * rank) - 1] ?? Number.NaN

async function measureList(
  client: Client,
  { database }: ServiceWorld,
  list: MeasuredList,
): Promise<readonly Figure[]> {
  const keys = await list.keys(database, WARM_UP + REQUESTS)
  const tookMs: number[] = []
  for (const key of keys) tookMs.push(await readPage(client, list, key))
  const sorted = tookMs.slice(WARM_UP).sort((a, b) => a - b)
  const against = { unit: 'ms', against: 'the goal', reference: GOAL_MS } as const
  return [
    toFigure({ what: list.what, value: atRank(sorted, 0.5), ...against }, { atMost: 1 }),
    toFigure({ what: `${list.what}, p99`, value: atRank(sorted, 0.99), ...against }),
  ]
}

/** Measures pages of 100 at random places of every list, one after the other. */
async function benchLists(
  tell: (line: string) => void,
  { isLarge }: { readonly isLarge: boolean },
): Promise<readonly Figure[]> {
  tell('starting database and service; filling it takes some minutes …')
  const browsed = await benchBrowse(tell, { isLarge })
  const world = await startIndexWorld(isLarge ? LARGE : TENTH, tell)
  const client = createKeepAliveClient(Number(new URL(world.wardenUrl).port), 1)
  try {
    const figures: Figure[] = [...browsed]
    for (const list of LISTS) {
      tell(list.what)
      figures.push(...(await measureList(client, world, list)))
    }
    return figures
  } finally {
    client.close()
    await world.stop()
  }
}

/** Lists, then the repair of the index, then what comes in. */
export async function benchIndex(
  tell: (line: string) => void,
  size: { readonly isLarge: boolean },
): Promise<readonly Figure[]> {
  return [
    ...(await benchLists(tell, size)),
    ...(await benchReconcile(tell, size)),
    ...(await benchIntake(tell)),
  ]
}
