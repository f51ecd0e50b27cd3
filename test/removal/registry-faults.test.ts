import test, { type ExecutionContext } from 'ava'
import {
  createBarrier,
  type FaultWorld,
  readBoth,
  startFaultWorld,
  untilSettled,
} from '../support/fault-world.ts'
import type { Asked, Before } from '../support/faulty-registry.ts'
import { endAll, type Operation, prepareAll } from '../support/removing.ts'
import type { Reply } from '../support/service.ts'

let world: FaultWorld

test.before(async () => {
  world = await startFaultWorld()
})
test.after.always(() => world?.stop())
test.afterEach.always(() => {
  world.faulty.interrupt(undefined)
  world.faulty.spoil(undefined)
})

const startAll = (operations: readonly Operation[]): readonly Promise<Reply>[] =>
  operations.map(({ start }) => start())

/** What each of them told by then; undefined where it had nothing to say. */
const toldBy = async (operations: readonly Operation[], replies: readonly Reply[]) =>
  Object.fromEntries(
    await Promise.all(
      operations.map(async ({ repository, told }, index) => [
        repository.replace(/^[^/]*\//, ''),
        await told(replies[index] as Reply),
      ]),
    ),
  )

async function checkEnds(
  t: ExecutionContext,
  operations: readonly Operation[],
  replies: readonly Reply[],
): Promise<void> {
  await endAll(world, operations, replies)
  await untilSettled(world)
  for (const { repository, after } of operations) {
    const both = await readBoth(world, repository)
    t.deepEqual(both, { registry: after, index: after, left: 0 }, repository)
  }
}

const isMiddleOf = (operations: readonly Operation[]) => (asked: Asked) =>
  operations.some(({ isMiddle }) => isMiddle(asked))

const UNFINISHED =
  /^the registry stopped answering while the tag \S+ of \S+ was being deleted; the deletion is completed or undone by itself within minutes$/

test.serial('R23: a registry that is killed in the middle loses nobody a tag', async (t) => {
  const operations = await prepareAll(world, 'killed')
  const barrier = createBarrier(isMiddleOf(operations))
  world.faulty.interrupt(barrier.before)
  const asked = startAll(operations)
  await barrier.untilWaiting(operations.length)
  await world.killRegistry()
  barrier.open()
  const replies = await Promise.all(asked)
  await world.untilQuiet()
  const told = await toldBy(operations, replies)
  t.like(told, {
    digest: 'the registry does not answer; try again in a moment',
    target: 'the registry does not answer; try again in a moment',
    app: 'failed',
  })
  t.regex(told.many ?? '', UNFINISHED)
  t.regex(told.whole ?? '', UNFINISHED)
  await world.startRegistryAgain()
  await checkEnds(t, operations, replies)
})

test.serial(
  'R23: a registry that hangs in the middle, and goes on, loses nobody a tag',
  async (t) => {
    const operations = await prepareAll(world, 'stopped')
    const barrier = createBarrier(isMiddleOf(operations))
    world.faulty.interrupt(barrier.before)
    const asked = startAll(operations)
    await barrier.untilWaiting(operations.length)
    const { pid } = world.registry()
    process.kill(pid, 'SIGSTOP')
    let replies: readonly Reply[]
    try {
      barrier.open()
      replies = await Promise.all(asked)
      t.like(await toldBy(operations, replies), {
        digest: 'the registry does not answer; try again in a moment',
        target: 'the registry does not answer; try again in a moment',
      })
    } finally {
      process.kill(pid, 'SIGCONT')
    }
    await checkEnds(t, operations, replies)
  },
)

const PAGE = Buffer.from('<html>welcome</html>')

/** Once for each of them, in its middle. */
function onceEach(operations: readonly Operation[], fault: () => ReturnType<Before>): Before {
  const left = new Set(operations)
  return async (asked) => {
    const hit = [...left].find(({ isMiddle }) => isMiddle(asked))
    if (hit === undefined) return undefined
    left.delete(hit)
    return fault()
  }
}

const INSTEAD: Readonly<Record<string, () => ReturnType<Before>>> = {
  'is answered 500': async () => ({ status: 500, body: Buffer.from('{}') }),
  'is answered by the page of a proxy': async () => ({ status: 200, body: PAGE }),
  'is answered 404 by the page of a proxy': async () => ({ status: 404, body: PAGE }),
  'is answered 503, half': async () => ({ status: 503, body: Buffer.from('{"errors":[{"co') }),
  'is cut off before it gets there': async () => {
    throw new Error('cut')
  },
}

for (const [index, [what, fault]] of Object.entries(INSTEAD).entries()) {
  test.serial(`R23: a write that ${what} is done in the end, whole`, async (t) => {
    const operations = await prepareAll(world, `instead${index}`)
    world.faulty.interrupt(onceEach(operations, fault))
    const replies = await Promise.all(startAll(operations))
    await world.untilQuiet()
    const { many, digest, target } = await toldBy(operations, replies)
    t.regex(many ?? '', UNFINISHED)
    for (const [told, place] of [
      [digest, `instead${index}/digest`],
      [target, `instead${index}/target`],
    ] as const) {
      t.regex(
        told ?? '',
        /^the registry (?:does not answer; try again in a moment|answered \d+ to )/,
      )
      t.true(told?.includes('does not answer') || told?.includes(place), told)
    }
    await checkEnds(t, operations, replies)
  })
}

test.serial('R23: a write whose answer is lost is done in the end, and once', async (t) => {
  const operations = await prepareAll(world, 'lost')
  const left = new Set(operations)
  world.faulty.spoil((path, _answer, method = '') => {
    const hit = [...left].find(({ isMiddle }) => isMiddle({ method, path }))
    if (hit === undefined) return undefined
    left.delete(hit)
    throw new Error('cut')
  })
  const replies = await Promise.all(startAll(operations))
  await checkEnds(t, operations, replies)
  t.is(left.size, 0)
  const rows = await world.service
    .database('audit')
    .where({ action: 'tag.delete', outcome: 'done' })
    .where('target', 'like', 'lost/many:%')
    .orderBy('target')
  t.deepEqual(
    rows.map(({ target }) => target),
    ['lost/many:a', 'lost/many:b', 'lost/many:c'],
  )
})

test.serial(
  'R21: where lists and manifests come as half, nothing is deleted by them',
  async (t) => {
    const operations = await prepareAll(world, 'half')
    const half = (body: Buffer) => ({ body: body.subarray(0, Math.floor(body.length / 2)) })
    world.faulty.spoil((path, { body, status }, method) =>
      path.startsWith('/v2/half') && method === 'GET' && status === 200 ? half(body) : undefined,
    )
    const replies = await Promise.all(startAll(operations))
    await world.untilQuiet()
    const told = await toldBy(operations, replies)
    t.is(told.digest, "the registry's answer to the tags of half/digest is no list")
    t.is(told.target, 'the registry answered 200 to a read of half/source v1 with other content')
    t.regex(
      told.many ?? '',
      /^the registry answered 200 to a read of half\/many \w+ with other content$/,
    )
    for (const { repository, before } of operations) {
      t.deepEqual((await readBoth(world, repository)).registry, before, repository)
    }
    world.faulty.spoil(undefined)
    await checkEnds(t, operations, replies)
  },
)

test.serial('R23: a registry without deletes says so, and nothing is begun', async (t) => {
  const operations = await prepareAll(world, 'without')
  await world.killRegistry()
  await world.startRegistryAgain({ REGISTRY_STORAGE_DELETE_ENABLED: 'false' })
  const replies = await Promise.all(startAll(operations))
  await world.untilQuiet()
  const told = await toldBy(operations, replies)
  const words =
    'the registry is configured without deletes; set storage.delete.enabled to true in its configuration'
  t.like(told, { many: words, digest: words, whole: words })
  for (const { repository, before, after } of operations) {
    const there = repository.endsWith('/target') ? after : before
    t.deepEqual((await readBoth(world, repository)).registry, there, repository)
  }
  await world.killRegistry()
  await world.startRegistryAgain()
  await checkEnds(t, operations, replies)
})
