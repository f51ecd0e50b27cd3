import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import type { HoldTags } from '../../src/holds/hold-tags.ts'
import { isOwnFailure } from '../../src/registry/answers.ts'
import type { RegistryClient } from '../../src/registry/client.ts'
import { deleteTag } from '../../src/removal/delete-tag.ts'
import { recoverRemovals } from '../../src/removal/recover-removals.ts'
import { removeBatch } from '../../src/removal/remove-batch.ts'
import { removeTags } from '../../src/removal/remove-tags.ts'
import { pullStatus, pushImage } from '../support/image.ts'
import { pushIndex } from '../support/index-maze.ts'
import { openRegistry } from '../support/registry-client.ts'
import { ADMIN, type Service, startService } from '../support/service.ts'
import { tearTag } from '../support/torn-tag.ts'

let service: Service
let registry: RegistryClient
const now = (): Date => new Date()
const actor = { actorId: 1, actorName: 'admin', onBehalfOf: undefined }
const findImmutable = async () => new Map<string, string>()

test.before(async () => {
  service = await startService()
  await service.admin('POST', '/api/v1/projects', { name: 'acme' })
  registry = await openRegistry(service)
})
test.after.always(async () => {
  await registry?.close()
  await service?.stop()
})

/** Holds that stop nobody, and what was done with them. */
function createHolds() {
  const told: string[] = []
  const holdTags: HoldTags = async ({ tags }) => {
    told.push(`hold ${tags?.toSorted()}`)
    return {
      stopsPushes: true,
      prolong: async () => undefined,
      release: async () => void told.push('release'),
    }
  }
  return { told, holdTags }
}

const push = (repository: string, tags: readonly string[], text = repository) =>
  pushImage(service, { as: ADMIN, repository, tags, text })

const statusOf = (repository: string, tag: string) =>
  pullStatus(service, { as: ADMIN, repository, tag })

const caller = {
  subject: { kind: 'user', id: 1, username: 'admin', systemRole: 'administrator' },
  origin: { address: '127.0.0.1', userAgent: undefined, requestId: 'r' },
} as const

/** Leaves a tag on its empty index, as a process that dies before the delete. */
async function interrupt(repository: string, tag: string): Promise<void> {
  const { database } = service
  const deleteManifest = async (): Promise<never> => {
    throw new Error('the process is at its end')
  }
  const broken = { ...registry, deleteManifest }
  const deps = { database, registry: broken, now, findImmutable, ...createHolds() }
  await deleteTag(deps, { caller, repository, tag }).catch(() => undefined)
}

/** The registry is killed while our empty index is put on a tag, and another tag is whole. */
async function leaveTorn(repository: string): Promise<void> {
  await push(repository, ['torn', 'stay'])
  await interrupt(repository, 'torn')
  tearTag(service, { repository, tag: 'torn' })
}

/** One round, after the terms of all that was begun there; the oldest first. */
async function recover(repository: string, from: RegistryClient = registry) {
  const { database } = service
  const { told: holds, holdTags } = createHolds()
  const told: string[] = []
  const log = (fields: object, message: string): void => {
    const { tag, isRemoved } = fields as { tag?: string; isRemoved?: boolean }
    told.push([tag, message, isRemoved].filter((word) => word !== undefined).join(' '))
  }
  for (const [age, tag] of ['torn', 'whole'].entries()) {
    const ago = database.raw('UTC_TIMESTAMP(3) - INTERVAL ? SECOND', [10 - age])
    await database('tag_removals').where({ repository, tag }).update({ expires_at: ago })
  }
  await recoverRemovals({ database, registry: from, holdTags, now, log })
  // The service itself may have taken one of them a moment before.
  await sleep(100)
  const left: readonly string[] = await database('tag_removals').where({ repository }).pluck('tag')
  return { holds, told, left }
}

test('the registry says itself that it cannot read a tag whose file is empty', async (t) => {
  const repository = 'acme/own-word'
  await push(repository, ['torn'])
  tearTag(service, { repository, tag: 'torn' })
  const error = await t.throwsAsync(registry.readManifest({ repository, reference: 'torn' }), {
    message: 'the registry answered 500 to a read of acme/own-word torn',
  })
  t.true(isOwnFailure(error))
})

test('beside a torn tag the registry deletes a digest, and leaves its tags leading nowhere', async (t) => {
  const repository = 'acme/nowhere'
  const { digest } = await push(repository, ['a', 'b'])
  await push(repository, ['torn'], 'another')
  tearTag(service, { repository, tag: 'torn' })
  const deleted = registry.deleteManifest({ repository, reference: digest })
  t.true(isOwnFailure(await t.throwsAsync(deleted, { message: /^the registry answered 500 / })))
  t.is(await statusOf(repository, 'a'), 404)
  t.deepEqual((await registry.listTags(repository))?.toSorted(), ['a', 'b', 'torn'])
  // They come back with it.
  await push(repository, ['c'])
  t.is(await statusOf(repository, 'a'), 200)
})

test('beside a torn tag another one is deleted at once', async (t) => {
  const repository = 'acme/beside'
  await push(repository, ['gone', 'stay'])
  await push(repository, ['torn'], 'another')
  tearTag(service, { repository, tag: 'torn' })
  const { status } = await service.admin('DELETE', `/api/v1/repositories/${repository}/tags/gone`)
  t.is(status, 204)
  t.is(await statusOf(repository, 'gone'), 404)
  t.is(await statusOf(repository, 'stay'), 200)
  t.deepEqual(await service.database('tag_removals').where({ repository }), [])
})

test('R22: beside a torn tag no manifest is deleted by its digest, for it may be on it', async (t) => {
  const repository = 'acme/digest'
  const { digest } = await push(repository, ['a', 'torn'])
  tearTag(service, { repository, tag: 'torn' })
  const path = `/api/v1/repositories/${repository}/manifests/${digest}?tags=a`
  const { status, body } = await service.admin('DELETE', path)
  t.is(status, 502)
  t.regex(body.detail, /^the registry answered 500 to a \w+ (?:at|of) acme\/digest torn$/)
  t.is(await statusOf(repository, 'a'), 200)
})

test.serial('a torn tag does not keep other interrupted removals from their end', async (t) => {
  const repository = 'acme/others'
  await push(repository, ['torn', 'whole', 'stay'])
  await interrupt(repository, 'torn')
  await interrupt(repository, 'whole')
  tearTag(service, { repository, tag: 'torn' })
  const { told, left } = await recover(repository)
  t.deepEqual(told, [
    'torn an interrupted tag removal cannot be finished yet',
    'whole finished an interrupted tag removal true',
  ])
  t.deepEqual(left, ['torn'])
  t.is(await statusOf(repository, 'whole'), 404)
  t.is(await statusOf(repository, 'stay'), 200)
})

test.serial('pushes to a torn tag wait for nothing when it was only looked at', async (t) => {
  const repository = 'acme/let-go'
  await leaveTorn(repository)
  const { holds, left } = await recover(repository)
  t.deepEqual(holds, ['hold torn', 'release'])
  t.deepEqual(left, ['torn'])
})

test.serial(
  'R21: what is pushed to a torn tag stays, and ends its interrupted removal',
  async (t) => {
    const repository = 'acme/pushed'
    await leaveTorn(repository)
    t.deepEqual((await recover(repository)).left, ['torn'])
    t.is(await statusOf(repository, 'torn'), 500)
    await push(repository, ['torn'], 'pushed again')
    t.deepEqual((await recover(repository)).left, [])
    t.is(await statusOf(repository, 'torn'), 200)
  },
)

test.serial('R21: a delete that failed, and left the index, keeps the hold', async (t) => {
  const repository = 'acme/kept'
  await push(repository, ['whole', 'stay'])
  await interrupt(repository, 'whole')
  tearTag(service, { repository, tag: 'stay' })
  const deleteManifest = async (): Promise<'missing'> => {
    // Its own word that it failed, while the index is there yet.
    await registry.readManifest({ repository, reference: 'stay' })
    return 'missing'
  }
  const { holds, left } = await recover(repository, { ...registry, deleteManifest })
  t.deepEqual(holds, ['hold whole'])
  t.deepEqual(left, ['whole'])
})

const remove = (repository: string, tags: readonly string[]) =>
  removeBatch(
    { database: service.database, registry, now, findImmutable },
    {
      repository,
      targets: tags.map((tag) => ({ tag, digest: undefined })),
      hold: { stopsPushes: true },
      actor,
    },
  )

test('a torn tag of a batch stays, and the others go', async (t) => {
  const repository = 'acme/batch'
  await push(repository, ['a', 'torn', 'b', 'stay'])
  tearTag(service, { repository, tag: 'torn' })
  const results = await remove(repository, ['a', 'torn', 'b'])
  t.like(Object.fromEntries(results), {
    a: { outcome: 'removed' },
    b: { outcome: 'removed' },
    torn: {
      outcome: 'unreadable',
      reason:
        'the registry answered 500 to a read of acme/batch torn; where that stays so, push the tag again, or see to the storage of the registry',
    },
  })
  t.is(await statusOf(repository, 'torn'), 500)
  t.is(await statusOf(repository, 'stay'), 200)
})

test('where many tags cannot be read nothing is deleted', async (t) => {
  const repository = 'acme/many'
  const torn = Array.from({ length: 21 }, (_, number) => `torn-${number}`)
  await push(repository, [...torn, 'whole'])
  for (const tag of torn) tearTag(service, { repository, tag })
  await t.throwsAsync(remove(repository, [...torn, 'whole']), {
    message: /^the registry answered 500 to a read of acme\/many torn-\d+$/,
  })
  t.is(await statusOf(repository, 'whole'), 200)
})

test('a torn tag is no reason to see no image beside it', async (t) => {
  const repository = 'acme/proof'
  await push(repository, ['a-torn', 'image'])
  await pushIndex(service, { repository, tags: ['empty'] })
  tearTag(service, { repository, tag: 'a-torn' })
  t.is((await remove(repository, ['empty'])).get('empty')?.outcome, 'removed')
})

test('a rule of retention is told of a torn tag, and removes the others', async (t) => {
  const repository = 'acme/rule'
  const { digest } = await push(repository, ['a', 'torn', 'stay'])
  tearTag(service, { repository, tag: 'torn' })
  const items: string[] = []
  const { holdTags, told } = createHolds()
  await removeTags(
    { database: service.database, registry, now, findImmutable, holdTags },
    {
      repository,
      tags: ['a', 'torn'].map((tag) => ({ tag, digest })),
      actor,
      signal: AbortSignal.timeout(60_000),
      onItem: async ({ tag, outcome, reason }) =>
        void items.push(`${tag} ${outcome} ${reason ?? ''}`.trim()),
    },
  )
  t.deepEqual(items.toSorted(), [
    'a removed',
    'torn failed the registry answered 500 to a read of acme/rule torn; where that stays so, push the tag again, or see to the storage of the registry',
  ])
  t.deepEqual(told, ['hold a,torn', 'release'])
})
