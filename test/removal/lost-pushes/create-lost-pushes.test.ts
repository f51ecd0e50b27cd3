import { randomUUID } from 'node:crypto'
import test from 'ava'
import type { Database } from '../../../src/database/open-database.ts'
import { createUnderWay } from '../../../src/holds/under-way.ts'
import { OCI_MANIFEST } from '../../../src/protocol/media-types.ts'
import type { RegistryClient } from '../../../src/registry/client.ts'
import { createLostPushes } from '../../../src/removal/lost-pushes/create-lost-pushes.ts'
import { restoreLostPushes } from '../../../src/removal/lost-pushes/restore-lost-pushes.ts'
import { digestOf, openIndexDatabase } from '../../support/index-database.ts'
import { waitFor } from '../../support/wait-for.ts'

const [OLD, DUMMY, NEW] = [digestOf(1), digestOf(2), digestOf(3)]
const ALLOWED = async () => ({ allowed: true }) as const
const log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
}

/** A registry in which every manifest is there, and one tag was taken away. */
function scriptRegistry() {
  const puts: string[] = []
  let onPut = async (): Promise<void> => undefined
  const manifest = (digest: string) => ({
    digest,
    mediaType: OCI_MANIFEST,
    content: Buffer.from('{}'),
  })
  const onTag = () => {
    const last = puts.at(-1)
    return last === undefined ? undefined : manifest(last)
  }
  const registry = {
    findManifest: async () => onTag(),
    readManifest: async ({ reference }: { reference: string }) => manifest(reference),
    putManifest: async (_name: unknown, { digest }: { digest: string }) => {
      puts.push(digest)
      await onPut()
    },
  }
  return {
    puts,
    /** Fails once what is put after it was put. */
    loseNextAnswer: () => {
      onPut = async () => {
        onPut = async () => undefined
        throw new Error('the line is dead')
      }
    },
    registry: registry as unknown as RegistryClient,
  }
}

const past = (database: Database, seconds: number) =>
  database.raw('UTC_TIMESTAMP(3) - INTERVAL ? SECOND', [seconds])

/** A removal of ten seconds ago that took a push along, as its table and the events tell of it. */
async function loseOne(database: Database, repository: string): Promise<void> {
  const project = repository.split('/')[0]
  const long = past(database, 9000)
  const row = { visibility: 'private', version: 1, created_at: long, updated_at: long }
  await database('projects').insert({ name: project, ...row })
  const tag = 'v1'
  await database('removed_tags').insert({
    repository,
    tag,
    digest: OLD,
    dummy_digest: DUMMY,
    begun_at: past(database, 10),
    ended_at: past(database, 9),
  })
  for (const [seconds, action, digest, actor] of [
    [100, 'push', OLD, 'alice'],
    [9.8, 'push', DUMMY, 'warden$system'],
    [9.6, 'push', NEW, 'alice'],
    [9.4, 'delete', null, 'warden$system'],
  ] as const) {
    const at = past(database, seconds)
    const told = { received_at: at, happened_at: at, applied_at: at, content: 'manifest' }
    const which = { event_id: randomUUID(), repository, tag, digest }
    const how = { action, actor, method: 'PUT', address: '127.0.0.1' }
    await database('events').insert({ ...told, ...which, ...how })
  }
}

async function startWorld(repository: string) {
  const { database, stop } = await openIndexDatabase()
  await loseOne(database, repository)
  const scripted = scriptRegistry()
  const counted: string[] = []
  const count = (outcome: string): void => void counted.push(outcome)
  const deps = {
    database,
    registry: scripted.registry,
    underWay: createUnderWay(),
    writeDecisions: {
      decideManifestWrite: ALLOWED,
      decideManifestDelete: ALLOWED,
      decideUploadStart: ALLOWED,
    },
  }
  const parts = { ...deps, log, metrics: { countLostPush: count } }
  const restore = () => restoreLostPushes({ ...deps, count, warn: log.warn })
  const makeDue = () => database('removed_tags').update({ due_at: past(database, 1) })
  const recorded = () => database('audit').where({ action: 'tag.restore' }).pluck('outcome')
  return { ...scripted, database, stop, counted, parts, restore, makeDue, recorded, repository }
}

test('R21: with the door, what a removal of before took along is put back all the same', async (t) => {
  const world = await startWorld('left/app')
  const { notePushed, start } = createLostPushes({ ...world.parts, config: { door: 'required' } })
  const stop = start()
  t.teardown(async () => {
    await stop()
    await world.stop()
  })
  await notePushed(world.database, [{ repository: 'left/app', tag: 'v1' }])
  await waitFor(async () => world.counted.length > 0, { mostMs: 20_000 })
  t.deepEqual(world.puts, [NEW])
  t.deepEqual(await world.recorded(), ['done'])
})

test('with the door nobody looks for pushes that no removal could take along', async (t) => {
  const world = await startWorld('none/app')
  await world.database('removed_tags').delete()
  const { notePushed, start } = createLostPushes({ ...world.parts, config: { door: 'required' } })
  const stop = start()
  t.teardown(async () => {
    await stop()
    await world.stop()
  })
  const nobody = (() => {
    throw new Error('the database is asked')
  }) as unknown as Database
  const keys = [{ repository: 'none/app', tag: 'v1' }]
  await waitFor(
    async () => {
      const asked = await notePushed(nobody, keys).catch(() => 'asked' as const)
      return asked !== 'asked'
    },
    { mostMs: 20_000 },
  )
  await t.notThrowsAsync(notePushed(nobody, keys))
})

test('R21: processes that look at the same moment put a push back once', async (t) => {
  const world = await startWorld('many/app')
  t.teardown(world.stop)
  await world.makeDue()
  await Promise.all(Array.from({ length: 5 }, world.restore))
  t.deepEqual(world.puts, [NEW])
  t.deepEqual(world.counted, ['restored'])
  t.deepEqual(await world.recorded(), ['done'])
})

test('R21: who is cut off after putting it back is followed by one who only records it', async (t) => {
  const world = await startWorld('cut/app')
  t.teardown(world.stop)
  await world.makeDue()
  world.loseNextAnswer()
  await world.restore()
  t.deepEqual([world.puts, await world.recorded()], [[NEW], []])
  await world.makeDue()
  await world.restore()
  t.deepEqual(world.puts, [NEW])
  t.deepEqual(world.counted, ['restored'])
  t.deepEqual(await world.recorded(), ['done'])
})
