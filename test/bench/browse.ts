import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { sealKey } from '../../src/images/browse/sealed-cursor.ts'
import { createNameSeal, type NameSeal } from '../../src/images/name-seal.ts'
import { type Registry, startRegistry } from '../../src/stack/registry.ts'
import { createKeepAliveClient } from '../support/keep-alive-client.ts'
import { type BrowseSize, MEMBER, openManyProjects, startBrowseWorld } from './browse-world.ts'
import { type Figure, toFigure } from './figure.ts'
import { ADMIN, type ServiceWorld } from './service-world.ts'
import { basic } from './token-requests.ts'

const LARGE: BrowseSize = { repositories: 100_000, tagsEach: 10 }
const SMALL: BrowseSize = { repositories: 20_000, tagsEach: 5 }
const CATALOG = 20_000

const PAGE = 100
const WARM_UP = 10
const REQUESTS = 100
const CATALOG_REQUESTS = 7
const PAGE_GOAL_MS = 10
const SEARCH_GOAL_MS = 30
const TIMES_FASTER = 50

type Client = ReturnType<typeof createKeepAliveClient>
type Person = typeof ADMIN | typeof MEMBER

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

const cursorOf = (key: string): string => Buffer.from(key, 'utf8').toString('base64url')

async function read(client: Client, path: string, as: Person): Promise<number> {
  const headers = { authorization: basic(as.username, as.password) }
  const startedAtMs = performance.now()
  const answer = await client.send({ method: 'GET', path: `/api/v1${path}`, headers })
  const tookMs = performance.now() - startedAtMs
  if (answer.status === 200) return tookMs
  if (answer.status !== 429) throw new Error(`${path}: ${answer.status} ${answer.text}`)
  await sleep(Number(answer.headers['retry-after']) * 1000)
  return read(client, path, as)
}

async function medianOf(client: Client, as: Person, paths: readonly string[]): Promise<number> {
  const tookMs: number[] = []
  for (const path of paths) tookMs.push(await read(client, path, as))
  return median(tookMs.slice(WARM_UP))
}

const SORTS = {
  name: undefined,
  pushedAt: 'pushed_at',
  pulledAt: 'pulled_at',
  sizeBytes: 'size_bytes',
}

/** Pages of one sort that begin at places anywhere in the list. */
async function pagesOf(
  { database }: ServiceWorld,
  seal: NameSeal,
  sort: string,
): Promise<readonly string[]> {
  const column = SORTS[sort.replace('-', '') as keyof typeof SORTS]
  const rows: readonly Record<string, string | number | Date>[] = await database('repositories')
    .orderByRaw('RAND()')
    .limit(WARM_UP + REQUESTS)
    .select('name', ...(column === undefined ? [] : [column]))
  return rows.map((row) => {
    const value = column === undefined ? null : row[column]
    const key = [String(row.name), value instanceof Date ? value.getTime() : (value ?? null)]
    const question = { list: 'repositories', query: { limit: PAGE, sort } }
    const cursor = cursorOf(sealKey(seal, question, key) ?? '')
    return `/repositories?limit=${PAGE}&sort=${sort}&cursor=${cursor}`
  })
}

async function measurePages(
  client: Client,
  world: ServiceWorld,
  { who, as, goal }: { readonly who: string; readonly as: Person; readonly goal: boolean },
): Promise<readonly Figure[]> {
  const row = await world.database('installation').first('installation_id')
  const seal = createNameSeal(row.installation_id)
  const figures: Figure[] = []
  for (const sort of Object.keys(SORTS).flatMap((key) => [key, `-${key}`])) {
    const value = await medianOf(client, as, await pagesOf(world, seal, sort))
    const what = `a page of repositories by ${sort} as ${who}`
    const measured = {
      what,
      value,
      unit: 'ms',
      against: 'the goal',
      reference: PAGE_GOAL_MS,
    } as const
    figures.push(goal ? toFigure(measured, { atMost: 1 }) : toFigure(measured))
  }
  return figures
}

/** What people type: beginnings of names and of tags, parts of names, and what is not there. */
const SEARCHES: Readonly<Record<string, (n: number) => string>> = {
  'the beginning of a name': (n) => `q=${['web', 'queue', 'team-1', 'api'][n % 4]}`,
  'the beginning of a rare name': (n) => `q=shop-base-${n % 90}&kind=repository`,
  'a part of a name': (n) => `q=${['-api-7', 'uth-work', 'ch-cron'][n % 3]}&kind=repository`,
  'a number in names': (n) => `q=${1000 + n * 37}&kind=repository`,
  'the beginning of a tag': (n) => `q=1.${n % 5}.${n % 9}&kind=tag`,
  'the beginning of a rare tag': (n) => `q=build-${n * 5}0&kind=tag`,
  'what is not there': (n) => `q=nothing-${n}`,
}

async function measureSearches(
  client: Client,
  who: string,
  as: Person,
): Promise<readonly Figure[]> {
  const figures: Figure[] = []
  for (const [what, query] of Object.entries(SEARCHES)) {
    const paths = Array.from(
      { length: WARM_UP + REQUESTS },
      (_, n) => `/search?limit=50&${query(n)}`,
    )
    const value = await medianOf(client, as, paths)
    const unit = 'ms' as const
    const measured = { what: `search for ${what} as ${who}`, value, unit, against: 'the goal' }
    figures.push(toFigure({ ...measured, reference: SEARCH_GOAL_MS }, { atMost: 1 }))
  }
  return figures
}

/** Folders are all that its catalog looks at. */
function makeCatalog(dir: string): void {
  const home = join(dir, 'data/docker/registry/v2/repositories')
  for (let n = 0; n < CATALOG; n++) {
    const project = `team-${String(n % 200).padStart(3, '0')}`
    const name = `app-${String(n).padStart(5, '0')}`
    mkdirSync(join(home, project, name, '_layers'), { recursive: true })
    mkdirSync(join(home, project, name, '_manifests'), { recursive: true })
  }
}

async function measureCatalog(world: ServiceWorld, registry: Registry): Promise<number> {
  const scope = 'registry:catalog:*'
  const authorization = basic(ADMIN.username, ADMIN.password)
  const asked = await fetch(
    `${world.wardenUrl}/auth/token?service=registry-warden&scope=${scope}`,
    {
      headers: { authorization },
    },
  )
  const { token } = (await asked.json()) as { readonly token: string }
  const tookMs: number[] = []
  for (let n = 0; n < CATALOG_REQUESTS; n++) {
    const startedAtMs = performance.now()
    const page = await fetch(`${registry.url}/v2/_catalog?n=${PAGE}&last=team-199/app-09999`, {
      headers: { authorization: `Bearer ${token}` },
    })
    const { repositories } = (await page.json()) as { readonly repositories: readonly string[] }
    tookMs.push(performance.now() - startedAtMs)
    if (repositories.length === 0) throw new Error('the last page of the catalog is empty')
  }
  return median(tookMs)
}

/** The last page of the registry's own catalog, against the slowest page of ours. */
async function compareCatalog(world: ServiceWorld, slowestMs: number): Promise<Figure> {
  const dir = join(world.dir, 'registry')
  makeCatalog(dir)
  const registry = await startRegistry({
    env: process.env,
    dir,
    logPath: join(world.dir, 'registry.log'),
    realm: `${world.wardenUrl}/auth/token`,
    bundlePath: join(world.dir, 'certs', 'bundle', 'ca.crt'),
    httpSecret: 'benchmark',
  })
  try {
    const catalogMs = await measureCatalog(world, registry)
    const what = `the last _catalog page of ${CATALOG} repositories`
    const measured = { what, value: catalogMs, unit: 'ms', reference: slowestMs } as const
    return toFigure({ ...measured, against: 'our slowest page' }, { atLeast: TIMES_FASTER })
  } finally {
    await registry.stop()
  }
}

/** Pages of 100 by every sort, and searches, as an administrator and as a member of 50 projects. */
export async function benchBrowse(
  tell: (line: string) => void,
  { isLarge }: { readonly isLarge: boolean },
): Promise<readonly Figure[]> {
  const world = await startBrowseWorld(isLarge ? LARGE : SMALL, tell)
  const client = createKeepAliveClient(Number(new URL(world.wardenUrl).port), 1)
  const administrator = { who: 'administrator', as: ADMIN, goal: true }
  const member = { who: 'member of 50 projects', as: MEMBER, goal: true }
  try {
    tell('pages of repositories')
    const pages = [
      ...(await measurePages(client, world, administrator)),
      ...(await measurePages(client, world, member)),
    ]
    tell("the registry's catalog")
    const catalog = await compareCatalog(world, Math.max(...pages.map(({ value }) => value)))
    tell('searches')
    const searches = [
      ...(await measureSearches(client, administrator.who, ADMIN)),
      ...(await measureSearches(client, member.who, MEMBER)),
    ]
    await openManyProjects(world.database)
    const scattered = { ...member, who: 'member of 50 projects, and 500 public', goal: false }
    const more = await measurePages(client, world, scattered)
    return [...pages, catalog, ...searches, ...more]
  } finally {
    client.close()
    await world.stop()
  }
}
