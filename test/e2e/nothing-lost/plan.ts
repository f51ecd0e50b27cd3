import type { Generator } from '../../support/generate.ts'
import { type Blob, type Image, makeImage, makeIndex, signatureTag } from './images.ts'
import {
  type Fault,
  type Lane,
  PATIENCE_MS,
  type PlannedImage,
  type Round,
  type Step,
} from './rounds.ts'

/** Of what was pushed, that much is moved and deleted again. */
const LATEST = 10
const TAGS = ['latest', 'v1', 'v2', 'edge', 'keep-1']
/** About when a delete has waited for the writes before it. */
const DRAINED_MS = 14_500

export interface Planner {
  readonly from: Generator
  readonly lane: Lane
  /** Layers that all projects share. */
  readonly shared: readonly Blob[]
  /** What was planned to be pushed in this project so far, the latest last. */
  readonly images: PlannedImage[]
  /** What of that is there by now, if it could be pushed: the latest of it. */
  readonly there: readonly PlannedImage[]
}

const anyRepository = ({ from, lane }: Planner): string =>
  from.pick([...lane.repositories, ...lane.repositories, ...(lane.crowd ? [lane.crowd] : [])])

function freshImage(planner: Planner): Image {
  const { from, shared } = planner
  return from.once(6) ? makeIndex(from, shared) : makeImage(from, shared)
}

/** Mostly at once, now and then about when deletes are done. */
const moment = ({ from }: Planner): number =>
  from.once(4) ? DRAINED_MS + from.integer(2500) : from.integer(1200)

function planPush(planner: Planner): Step {
  const { from, images, lane } = planner
  const repository = anyRepository(planner)
  const known = images.length > 0 && from.once(3) ? from.pick(images).image : undefined
  const image = known ?? freshImage(planner)
  const tag = from.pick(TAGS)
  images.push({ image, repository, tag })
  return {
    kind: 'push',
    image,
    repository,
    tag,
    mountFrom: from.once(3) ? from.pick(lane.repositories) : undefined,
    patienceMs: from.once(6) ? 500 + from.integer(5000) : PATIENCE_MS,
    afterMs: moment(planner),
  }
}

function planSignature(planner: Planner): Step {
  const { from, there, shared } = planner
  const { image: subject, repository } = from.pick(there)
  const image = makeImage(from, shared, subject)
  const tag = signatureTag(subject)
  const rest = { mountFrom: undefined, patienceMs: PATIENCE_MS, afterMs: moment(planner) }
  return { kind: 'push', image, repository, tag, ...rest }
}

function planCopy(planner: Planner): Step {
  const { from, images, there } = planner
  const { image, repository: source } = from.pick(there)
  const repository = from.once(2) ? source : anyRepository(planner)
  const tag = from.pick(TAGS)
  images.push({ image, repository, tag })
  return { kind: 'copy', image, source, repository, tag, afterMs: moment(planner) }
}

function planJob(planner: Planner): Step {
  const { from, lane } = planner
  const afterMs = from.integer(1000)
  const pick = from.integer(6)
  if (pick === 0) {
    return { kind: 'delete-repository', repository: from.pick(lane.repositories), afterMs }
  }
  if (pick < 3) return { kind: 'retention', afterMs }
  const tags = from.pick(['latest', 'v*', '*e*', 'old-1*'])
  const repositories = lane.crowd === undefined ? ['**'] : [from.pick(['**', 'crowd'])]
  return { kind: 'remove-many', repositories, tags, afterMs }
}

function planDelete(planner: Planner): Step {
  const { from, there } = planner
  const afterMs = from.integer(1200)
  const { image, repository, tag } = from.pick(there)
  if (from.once(4)) return { kind: 'delete-manifest', image, repository, afterMs }
  if (from.once(6)) return { kind: 'delete-digest', image, repository, afterMs }
  return { kind: 'delete-tag', repository, tag, afterMs }
}

function planStep(planner: Planner): Step {
  const { from, there } = planner
  const dice = from.integer(100)
  if (there.length === 0 || dice < 55) return planPush(planner)
  if (dice < 60) return planSignature(planner)
  if (dice < 72) return planCopy(planner)
  return dice < 98 ? planDelete(planner) : planJob(planner)
}

function planFault({ from }: Planner): Fault {
  const part = from.pick(['service', 'worker', 'worker', 'registry', 'database'] as const)
  const way = from.once(2) ? 'kill' : 'freeze'
  const isLong = way === 'freeze' && (part === 'service' || part === 'worker') && from.once(3)
  // Longer than a write may take at the door, and than a delete waits for it.
  const awayMs = isLong ? 11_000 + from.integer(6000) : 200 + from.integer(2300)
  return { part, way, awayMs, afterMs: from.integer(4000) }
}

/** Before the hold of a delete, about when it is taken, and in the look under it. */
const MOMENTS = [
  { fromLooks: 0.1, overLooks: 1, moreMs: 0 },
  { fromLooks: 0.9, overLooks: 1.3, moreMs: 0 },
  { fromLooks: 0.9, overLooks: 1.5, moreMs: 15_000 },
] as const
const RIVALS = 6

/** In a repository that takes long to look through; now and then a door stands still in the middle. */
function planDuel(planner: Planner, repository: string): Omit<Round, 'project'> {
  const { from, shared, images } = planner
  const image = makeImage(from, shared)
  const name = from.text(6, 6, 'abcdefgh')
  const { fromLooks, overLooks, moreMs } = from.pick(MOMENTS)
  const rivals = Array.from({ length: RIVALS }, (_, n) => ({
    tag: `duel-${name}-${n}`,
    looks: fromLooks + (overLooks * from.integer(1000)) / 1000,
    moreMs,
  }))
  images.push({ image, repository, tag: `duel-${name}-0` })
  const rest = { mountFrom: undefined, patienceMs: PATIENCE_MS, afterMs: 0 }
  const first = { kind: 'push', image, repository, tag: `duel-${name}`, ...rest } as const
  const part = from.pick(['service', 'worker'] as const)
  const fault = { part, way: 'freeze', awayMs: 300 + from.integer(1200) } as const
  return {
    before: [first],
    steps: [{ kind: 'duel', image, repository, rivals, afterMs: 0 }],
    fault: from.once(2) ? { ...fault, afterMs: from.integer(2000) } : undefined,
  }
}

/** The next round of a project. */
export function planRound(given: Omit<Planner, 'there'>): Round {
  const planner = { ...given, there: given.images.slice(-LATEST) }
  const { from, lane } = planner
  const { project, crowd } = lane
  if (crowd !== undefined) return { project, ...planDuel(planner, crowd) }
  const steps = from.list(2, 6, () => planStep(planner))
  return { project, before: [], steps, fault: from.once(20) ? planFault(planner) : undefined }
}
