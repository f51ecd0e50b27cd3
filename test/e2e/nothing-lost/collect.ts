import { setTimeout as sleep } from 'node:timers/promises'
import type { Generator } from '../../support/generate.ts'
import { waitFor } from '../../support/wait-for.ts'
import { makeImage, makeLayer } from './images.ts'
import type { Lane, Step } from './rounds.ts'
import { count, expect, learn, type Run } from './run.ts'
import { applyEvents, reconcile } from './settle.ts'
import { takeStep } from './steps.ts'

/** What becomes of the collector in the middle of its work, and of the process that waits for it. */
export type Strike = 'freeze' | 'kill' | 'kill-owner'

const GC = '/maintenance/gc'
const ENDED: ReadonlySet<string> = new Set(['done', 'failed', 'cancelled'])
const LOOK_EVERY_MS = 5
const LONGEST_MS = 120_000
const FROZEN_MS = 4000
/** About until the writes before the fence have ended, and a collector after that. */
const SPREAD_MS = 19_000
const PUSHES = 3

interface Collection {
  readonly id: number
  readonly state: string
  readonly gapCount: number
  readonly blobs: number
  readonly untaggedCount: number
  readonly error: string | null
}

/** Before, in the middle of, and right after it: new images, and known ones on other tags. */
function planPush({ planned }: Run, lane: Lane, from: Generator): Step {
  const known = planned.get(lane) ?? []
  const shared = [makeLayer(from)]
  const image =
    from.once(2) || known.length === 0 ? makeImage(from, shared) : from.pick(known).image
  return {
    kind: 'push',
    image,
    repository: from.pick(lane.repositories),
    tag: from.pick(['latest', 'v1', 'night']),
    mountFrom: undefined,
    patienceMs: 60_000,
    afterMs: from.integer(SPREAD_MS),
  }
}

const pushAll = (run: Run, from: Generator): readonly Promise<void>[] =>
  run.lanes.flatMap((lane) =>
    from
      .list(0, PUSHES, () => planPush(run, lane, from))
      .map((step) => {
        if ('image' in step) learn(run.images, step.image)
        return takeStep(run, lane.project, step)
      }),
  )

async function read(run: Run, id: number): Promise<Collection> {
  return JSON.parse(await expect(run, 'GET', `${GC}/runs/${id}`)) as Collection
}

/** Waits for the collector and does that to it. */
async function strike(run: Run, way: Strike, isEnded: () => boolean): Promise<void> {
  const { collector } = run.world
  let pid = collector.find()
  while (pid === undefined && !isEnded()) {
    await sleep(LOOK_EVERY_MS)
    pid = collector.find()
  }
  count(run, `collector ${pid === undefined ? 'unseen' : way}`)
  if (pid === undefined) return
  if (way === 'kill') collector.signal(pid, 'SIGKILL')
  else if (collector.signal(pid, 'SIGSTOP')) {
    if (way === 'kill-owner') await run.world.killOwner(pid)
    else await sleep(FROZEN_MS)
    collector.signal(pid, 'SIGCONT')
  }
}

const isOpen = async (run: Run): Promise<boolean> =>
  JSON.parse(await expect(run, 'GET', GC)).fence === null

/**
 * Collects garbage, with untagged manifests, while images are pushed and something happens to the
 * collector.
 */
export async function collect(run: Run, from: Generator, way: Strike): Promise<void> {
  await run.world.sleepANight()
  await reconcile(run)
  await applyEvents(run)
  await run.world.grow()
  const { id } = JSON.parse(await expect(run, 'POST', GC, { dryRun: false })) as Collection
  let isEnded = false
  const striking = strike(run, way, () => isEnded)
  const pushes = pushAll(run, from)
  const look = async () => ENDED.has((await read(run, id)).state)
  await waitFor(look, { mostMs: LONGEST_MS, what: 'the end of the collection' })
  isEnded = true
  await Promise.all([striking, ...pushes])
  const { state, gapCount, blobs, untaggedCount, error } = await read(run, id)
  count(run, `collection ${state}`)
  run.counts.set('blobs swept', (run.counts.get('blobs swept') ?? 0) + blobs)
  run.counts.set('untagged swept', (run.counts.get('untagged swept') ?? 0) + untaggedCount)
  if (gapCount > 0) run.faults.push(`collection ${id}: ${gapCount} gaps ${error ?? ''}`)
  if (await isOpen(run)) return
  // Nobody has seen its end: only time and its lock open the fence.
  await run.world.sleepANight()
  await waitFor(() => isOpen(run), { mostMs: LONGEST_MS, what: 'the end of the fence' })
}
