import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from './client.ts'
import { ABSENT, type Model, type Pending, type Place } from './model.ts'

const LOOK_EVERY_MS = 1000
const ENDED = new Set(['done', 'failed', 'cancelled', 'skipped', 'stopped'])

export interface JobDeps {
  readonly client: Client
  readonly model: Model
  /** Jobs that are known, by their addresses. */
  readonly seen: Set<string>
  readonly watched: Promise<void>[]
  readonly isOver: () => boolean
}

interface Item {
  readonly repository: string
  readonly tag: string
  readonly digest: string
  readonly outcome: string | null
}

export interface Job {
  /** Of the list of its like. */
  readonly path: string
  readonly body: unknown
  readonly what: string
  /** Another way to ask for it than a POST to its list. */
  readonly ask?: { readonly method: string; readonly path: string }
  readonly fits: (place: Place) => boolean
  /** What the items of its decisions are asked for with. */
  readonly items: string
}

interface Reading {
  readonly id: number
  readonly state: string
}

const pathOf = ({ path }: Job, { id }: Reading): string => `${path}/${id}`

/** What was not answered may have begun: it is in the list then. */
async function findUnseen({ client, seen }: JobDeps, job: Job): Promise<Reading | undefined> {
  await sleep(LOOK_EVERY_MS)
  const { status, text } = await client.api('GET', `${job.path}?limit=50`)
  if (status !== 200) throw new Error(`${job.path}: ${status} ${text}`)
  const { items } = JSON.parse(text) as { readonly items: readonly Reading[] }
  return items.find((item) => !seen.has(pathOf(job, item)))
}

async function readItems(
  { client }: JobDeps,
  path: string,
  query: string,
): Promise<readonly Item[]> {
  const items: Item[] = []
  let next: string | null = ''
  while (next !== null) {
    const cursor: string = next === '' ? '' : `&cursor=${encodeURIComponent(next)}`
    const { status, text } = await client.api('GET', `${path}/items?limit=1000${query}${cursor}`)
    if (status !== 200) throw new Error(`${path}: ${status} ${text}`)
    const page = JSON.parse(text) as {
      readonly items: readonly Item[]
      readonly next: string | null
    }
    items.push(...page.items)
    next = page.next
  }
  return items
}

/** What was begun by a worker that died may have been done without a word. */
const OPEN: ReadonlySet<string> = new Set(['waiting', 'failed', 'null'])

function settle(pending: Pending, { outcome }: Item): void {
  const words = String(outcome)
  if (words === 'removed') pending.done()
  else if (OPEN.has(words)) pending.unknown(words)
  else pending.undone(words)
}

async function watch(
  deps: JobDeps,
  job: Job,
  wide: Pending,
  { path, startedAtMs }: { path: string; startedAtMs: number },
) {
  const { client, model, isOver } = deps
  for (;;) {
    await sleep(LOOK_EVERY_MS)
    const answer = await client.tryApi('GET', path)
    const state = answer?.status === 200 ? (JSON.parse(answer.text) as Reading).state : 'running'
    if (ENDED.has(state)) {
      const items = await readItems(deps, path, job.items)
      for (const item of items) {
        const intent = { value: ABSENT, from: item.digest, what: `${job.what} ${path}` }
        settle(model.begin(item, intent, startedAtMs), item)
      }
      wide.undone(`${state}: see each`)
      return
    }
    if (isOver()) return
  }
}

/** Asks for a job, and notes down at its end what became of each tag. */
export async function runJob(deps: JobDeps, job: Job): Promise<void> {
  const { client, model, seen, watched } = deps
  const startedAtMs = performance.now()
  const wide = model.beginWide(job.fits, { value: ABSENT, what: job.what })
  const { method, path } = job.ask ?? { method: 'POST', path: job.path }
  const answer = await client.tryApi(method, path, job.body)
  if (answer !== undefined && answer.status >= 400 && answer.status < 500) {
    wide.undone(`${answer.status} ${answer.text}`)
    return
  }
  const isBegun = answer?.status === 202
  const reading = isBegun ? (JSON.parse(answer.text) as Reading) : await findUnseen(deps, job)
  if (reading === undefined) {
    wide.undone('not begun')
    return
  }
  const own = pathOf(job, reading)
  seen.add(own)
  watched.push(watch(deps, job, wide, { path: own, startedAtMs }))
}
