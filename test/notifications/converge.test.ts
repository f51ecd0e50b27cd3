import test from 'ava'
import { disengageBrake, forgetVanished } from '../../src/images/brake-queries.ts'
import { countDirty } from '../../src/images/dirty-queries.ts'
import { refreshDirty } from '../../src/images/refresh-dirty.ts'
import { readSlice } from '../../src/maintenance/reconcile/read-slice.ts'
import { applyEvents } from '../../src/notifications/apply-events.ts'
import { insertEvents } from '../../src/notifications/queries.ts'
import type { RegistryEvent } from '../../src/protocol/event.ts'
import { chooseSeed, createGenerator, type Generator } from '../support/generate.ts'
import { digestOf, openIndexDatabase, scriptRegistry } from '../support/index-database.ts'
import { AT, registryEvent } from '../support/registry-event.ts'

const REPOSITORIES = ['one/app', 'one/web', 'two/app']
const TAGS = ['v1', 'v2', 'latest']
const STEPS = 150

let index: Awaited<ReturnType<typeof openIndexDatabase>>

test.before(async () => {
  index = await openIndexDatabase()
})
test.after.always(() => index?.stop())

type Deps = ReturnType<typeof scriptRegistry>

/** Somebody pushes or deletes a tag. @returns what the registry tells of it */
function act({ script }: Deps, { pick, once, integer }: Generator): RegistryEvent {
  const [repository, tag] = [pick(REPOSITORIES), pick(TAGS)]
  const key = `${repository}:${tag}`
  if (once(3)) {
    script.tags.delete(key)
    return registryEvent({ repository, tag, action: 'delete', digest: undefined })
  }
  const digest = digestOf(1 + integer(9))
  script.tags.set(key, digest)
  return registryEvent({ repository, tag, action: 'push', digest, method: 'PUT' })
}

/** So many events, some twice, in an order of chance. */
function mix(events: readonly RegistryEvent[], { integer, once }: Generator): RegistryEvent[] {
  const mixed: RegistryEvent[] = []
  for (const event of events) {
    for (let times = once(4) ? 2 : 1; times > 0; times--) {
      mixed.splice(integer(mixed.length + 1), 0, event)
    }
  }
  return mixed
}

/** Lets all graces pass, and reads until nothing is to be read. */
async function drain(deps: Deps): Promise<void> {
  const { database } = index
  while ((await applyEvents(database)) > 0);
  while ((await countDirty(database, 1)) > 0) {
    await refreshDirty(deps)
    await database('tags')
      .whereNotNull('missing_since')
      .update({ missing_since: database.raw('missing_since - INTERVAL 11 MINUTE') })
    await database('dirty_references').update({ due_at: database.raw('UTC_TIMESTAMP(3)') })
  }
}

async function listed(): Promise<readonly string[]> {
  const rows = await index
    .database('tags')
    .join('repositories', 'repositories.id', 'tags.repository_id')
    .where({ 'tags.is_listed': 1 })
    .select({ repository: 'repositories.name', tag: 'tags.name', digest: 'digest' })
  return rows.map(({ repository, tag, digest }) => `${repository}:${tag} ${digest}`).sort()
}

const held = ({ script }: Deps): readonly string[] =>
  [...script.tags].map(([key, digest]) => `${key} ${digest}`).sort()

/** Events come in while people go on and readers read. */
async function play(deps: Deps, generator: Generator, isLost: () => boolean): Promise<void> {
  let waiting: RegistryEvent[] = []
  let reading: Promise<unknown> = Promise.resolve()
  deps.script.onLookUp = async () => {
    // What is found is old by the time it is written.
    if (generator.once(2)) waiting.push(act(deps, generator))
  }
  for (let step = 0; step < STEPS; step++) {
    const event = act(deps, generator)
    if (!isLost()) waiting.push(event)
    if (!generator.once(5)) continue
    const told = mix(waiting, generator)
    waiting = []
    for (const one of told) await insertEvents(index.database, [one], AT)
    await applyEvents(index.database)
    await reading
    reading = refreshDirty(deps)
  }
  await reading
  deps.script.onLookUp = () => undefined
  for (const one of mix(waiting, generator)) await insertEvents(index.database, [one], AT)
  await drain(deps)
}

test.serial('R29: events twice, late and in any order come to what the registry has', async (t) => {
  const generator = createGenerator(chooseSeed())
  t.log(`TEST_SEED=${generator.seed}`)
  const deps = scriptRegistry(index.database)
  await play(deps, generator, () => false)
  t.deepEqual(await listed(), held(deps))
})

test.serial('what lost events left wrong is right again after a reconcile', async (t) => {
  const generator = createGenerator(chooseSeed())
  t.log(`TEST_SEED=${generator.seed}`)
  const deps = scriptRegistry(index.database)
  await play(deps, generator, () => generator.once(2))
  deps.script.tags.set('one/app:untold', digestOf(1))
  t.notDeepEqual(await listed(), held(deps))
  // What was gone before anybody told of it may have been too much for the brake.
  await disengageBrake(index.database)
  await forgetVanished(index.database)
  const log = { info: () => undefined, warn: () => undefined }
  await readSlice({ ...deps, log }, { names: REPOSITORIES, check: () => undefined })
  await drain(deps)
  t.deepEqual(await listed(), held(deps))
})
