import test from 'ava'
import { findLostPush } from '../../../src/removal/lost-pushes/find-lost-push.ts'
import type { RemovedTag, TagEvent } from '../../../src/removal/lost-pushes/types.ts'

const OLD = 'sha256:old'
const DUMMY = 'sha256:dummy'
const DUMMIES = new Set([DUMMY, 'sha256:earlier-dummy'])

/** An hour behind ours: only its own times are held against each other. */
const registryTime = (seconds: number): Date => new Date(1_000_000_000 + seconds * 1000)
const ourTime = (seconds: number): Date => new Date(registryTime(seconds).getTime() + 3_600_000)

/** Removed from second 100 to 101. */
const removed: RemovedTag = {
  id: 1,
  repository: 'acme/app',
  tag: 'v1',
  digest: OLD,
  dummyDigest: DUMMY,
  begunAt: ourTime(100),
  endedAt: ourTime(101),
  restoredDigest: undefined,
  isRestored: false,
  marks: 1,
  tries: 0,
}

let ids = 0
const event = (
  seconds: number,
  digest: string | undefined,
  over: Partial<TagEvent> = {},
): TagEvent => ({
  id: ++ids,
  action: 'push',
  digest,
  actor: 'alice',
  happenedAt: registryTime(seconds),
  receivedAt: ourTime(seconds),
  ...over,
})
const own = { actor: 'warden$system' } as const
const isDelete = { action: 'delete' } as const

const before = event(50, OLD)
const dummy = event(100.5, DUMMY, own)
const untagged = event(100.9, undefined, { ...own, ...isDelete })
const removal = [before, dummy, untagged]

const find = (events: readonly TagEvent[], over: Partial<RemovedTag> = {}) => {
  const found = findLostPush({ ...removed, ...over }, events, DUMMIES)
  return typeof found === 'object' ? found.digest : found
}

test('R21: a push right before or after our empty index is lost, whenever its event comes', (t) => {
  for (const seconds of [100.4, 100.7]) {
    const push = event(seconds, 'sha256:new')
    t.is(find([...removal, push]), 'sha256:new')
    t.is(find([push, ...removal].toReversed()), 'sha256:new')
  }
})

test('R21: of several pushes the last one counts, in any order of events', (t) => {
  const pushes = [event(100.4, 'sha256:a'), event(100.8, 'sha256:c'), event(100.6, 'sha256:b')]
  t.is(find([...pushes, ...removal]), 'sha256:c')
  t.is(find([...removal, ...pushes.toReversed()]), 'sha256:c')
})

test('without a push of somebody nothing is lost', (t) => {
  t.is(find(removal), undefined)
  t.is(find([]), undefined)
  t.is(find([...removal, event(90, 'sha256:earlier-dummy', own)]), undefined)
})

test('what the tag was on before is what was to go, unless it was pushed again after our index', (t) => {
  t.is(find([...removal, event(99.9, OLD)]), undefined)
  t.is(find([...removal, event(100.7, OLD)]), OLD)
})

test('an earlier push that another followed is not lost, however late its event', (t) => {
  t.is(find([...removal, event(49, 'sha256:new')]), undefined)
  // The event of the push that followed is lost: then the time tells.
  t.is(find([dummy, untagged, event(80, 'sha256:new')]), undefined)
})

test('R21: a delete that somebody else asked the registry for is not undone', (t) => {
  const push = event(100.7, 'sha256:new')
  t.is(find([...removal, push, event(103, undefined, isDelete)]), undefined)
})

test('a push long after the removal was not taken along by it', (t) => {
  t.is(find([...removal, event(200, 'sha256:new')]), undefined)
  t.is(find([...removal, event(100.7, 'sha256:a'), event(200, 'sha256:new')]), undefined)
})

test('a tag that was removed by its name counts from its own delete', (t) => {
  t.is(find([before, untagged, event(100.7, 'sha256:new')]), 'sha256:new')
  t.is(find([before, untagged, event(100.95, OLD)]), undefined)
})

test('where the registry did not tell of the removal, nobody knows yet', (t) => {
  t.is(find([before, event(100.7, 'sha256:new')]), 'unknown')
  t.is(find([before]), undefined)
})

test('what we put back ourselves is no push of somebody', (t) => {
  const push = event(100.4, 'sha256:a')
  const restored = event(103, 'sha256:a', own)
  const later = event(100.8, 'sha256:b')
  const after = { restoredDigest: 'sha256:a', endedAt: ourTime(104) }
  t.is(find([...removal, push, restored], after), 'sha256:a')
  t.is(find([...removal, push, restored, later], after), 'sha256:b')
})
