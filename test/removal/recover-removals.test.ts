import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { AppError } from '../../src/errors.ts'
import type { HoldTags } from '../../src/holds/hold-tags.ts'
import { releaseHold, takeHold } from '../../src/holds/take-hold.ts'
import type { RegistryClient } from '../../src/registry/client.ts'
import { deleteTag } from '../../src/removal/delete-tag.ts'
import { recoverRemovals } from '../../src/removal/recover-removals.ts'
import { removeBatch } from '../../src/removal/remove-batch.ts'
import { pullStatus, pushImage } from '../support/image.ts'
import { openRegistry } from '../support/registry-client.ts'
import { ADMIN, type Service, startService } from '../support/service.ts'

let service: Service
let registry: RegistryClient
const now = (): Date => new Date()
const free = {
  holdTags: async () => ({
    stopsPushes: false,
    prolong: async () => undefined,
    release: async () => undefined,
  }),
  findImmutable: async () => new Map<string, string>(),
}

test.before(async () => {
  service = await startService()
  await service.admin('POST', '/api/v1/projects', { name: 'acme' })
  registry = await openRegistry(service)
})
test.after.always(async () => {
  await registry.close()
  await service.stop()
})

const origin = { address: '127.0.0.1', userAgent: undefined, requestId: 'r' }
const caller = {
  subject: { kind: 'user', id: 1, username: 'admin', systemRole: 'administrator' },
  origin,
} as const

/** A registry that stops answering before or after one of our calls. */
const failing = (
  call: 'putManifest' | 'deleteManifest',
  when: 'before' | 'after',
  nth: number,
): RegistryClient => {
  let calls = 0
  const fail = async (): Promise<never> => {
    throw new Error('the line is dead')
  }
  const wrap =
    <A extends readonly unknown[], R>(real: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      calls++
      if (calls !== nth) return real(...args)
      if (when === 'after') await real(...args)
      return fail()
    }
  return call === 'putManifest'
    ? { ...registry, putManifest: wrap(registry.putManifest) }
    : { ...registry, deleteManifest: wrap(registry.deleteManifest) }
}

const interrupt = async (repository: string, broken: RegistryClient) => {
  const { database } = service
  await pushImage(service, { as: ADMIN, repository, tags: ['gone', 'stay'] })
  const deps = { ...free, database, registry: broken, now }
  try {
    await deleteTag(deps, { caller, repository, tag: 'gone' })
    return undefined
  } catch (error) {
    return error
  }
}

const recover = async (repository: string): Promise<void> => {
  const { database } = service
  await database('tag_removals')
    .where({ repository })
    .update({ expires_at: database.raw('UTC_TIMESTAMP(3) - INTERVAL 1 SECOND') })
  await recoverRemovals({ ...free, database, registry, now, log: () => undefined })
  // The service itself, or the recovery of another test, may have taken it and be at it still.
  for (let tries = 0; tries < 100; tries++) {
    if ((await database('tag_removals').where({ repository })).length === 0) return
    await sleep(50)
  }
}

const outcomeOf = async (repository: string) => {
  const [row] = await service
    .database('audit')
    .where({ action: 'tag.delete', target: `${repository}:gone` })
  const left = await service.database('tag_removals').where({ repository })
  return {
    gone: await pullStatus(service, { as: ADMIN, repository, tag: 'gone' }),
    stay: await pullStatus(service, { as: ADMIN, repository, tag: 'stay' }),
    audit: row?.outcome,
    left: left.length,
  }
}

test('R23: a removal that ended before its first write leaves the tag as it was', async (t) => {
  const repository = 'acme/before'
  const error = await interrupt(repository, failing('putManifest', 'before', 1))
  t.like(error, { code: 'UNAVAILABLE' })
  await recover(repository)
  t.deepEqual(await outcomeOf(repository), { gone: 200, stay: 200, audit: 'failed', left: 0 })
})

test('R23: a removal that ended on the empty index is rolled forward', async (t) => {
  const repository = 'acme/middle'
  await interrupt(repository, failing('deleteManifest', 'before', 1))
  await recover(repository)
  t.deepEqual(await outcomeOf(repository), { gone: 404, stay: 200, audit: 'done', left: 0 })
})

test('R23: a removal whose last answer was lost is noted as done', async (t) => {
  const repository = 'acme/answer'
  await interrupt(repository, failing('deleteManifest', 'after', 1))
  await recover(repository)
  t.deepEqual(await outcomeOf(repository), { gone: 404, stay: 200, audit: 'done', left: 0 })
})

test('R23: what somebody pushed to the tag meanwhile stays', async (t) => {
  const repository = 'acme/pushed'
  await interrupt(repository, failing('deleteManifest', 'before', 1))
  await pushImage(service, { as: ADMIN, repository, tags: ['gone'], text: 'a newer one' })
  await recover(repository)
  t.deepEqual(await outcomeOf(repository), { gone: 200, stay: 200, audit: 'failed', left: 0 })
})

test.serial(
  'R21: pushes to a tag are held while its interrupted removal is finished',
  async (t) => {
    const repository = 'acme/held'
    const { database } = service
    await interrupt(repository, failing('deleteManifest', 'before', 1))
    const told: string[] = []
    const holdTags: HoldTags = async ({ repository: name, tags }) => {
      if (name === repository) told.push(`hold ${tags}`)
      return {
        stopsPushes: true,
        prolong: async () => undefined,
        release: async () => void told.push('release'),
      }
    }
    const deleting: RegistryClient = {
      ...registry,
      deleteManifest: async (reference) => {
        told.push('delete')
        return registry.deleteManifest(reference)
      },
    }
    await database('tag_removals')
      .where({ repository })
      .update({ expires_at: database.raw('UTC_TIMESTAMP(3) - INTERVAL 1 SECOND') })
    const deps = { database, registry: deleting, holdTags, now, log: () => undefined }
    await recoverRemovals(deps)
    t.deepEqual(told, ['hold gone', 'delete', 'release'])
    t.deepEqual(await outcomeOf(repository), { gone: 404, stay: 200, audit: 'done', left: 0 })
  },
)

test.serial('R21: while others hold a tag its interrupted removal waits', async (t) => {
  const repository = 'acme/busy'
  const { database } = service
  await interrupt(repository, failing('deleteManifest', 'before', 1))
  const holdTags: HoldTags = async () => {
    throw new AppError('CONFLICT', { detail: 'held already' })
  }
  // The service itself recovers, too, now and then.
  const target = { repository, tag: 'gone' }
  const taken = { target, holder: 'others', reason: 'held already', seconds: 600 } as const
  const hold = await takeHold({ database }, { ...taken, kind: 'removal' })
  await database('tag_removals')
    .where({ repository })
    .update({ expires_at: database.raw('UTC_TIMESTAMP(3) - INTERVAL 1 SECOND') })
  const deps = { database, registry, holdTags, now, log: () => undefined }
  await t.throwsAsync(recoverRemovals(deps), { message: 'held already' })
  // On an index without entries, until somebody finishes it.
  t.deepEqual(await outcomeOf(repository), { gone: 404, stay: 200, audit: undefined, left: 1 })
  await releaseHold({ database }, hold)
  await recover(repository)
})

test.serial(
  'R23: where deletes were switched off meanwhile the old manifest is put back',
  async (t) => {
    const repository = 'acme/off'
    await interrupt(repository, failing('deleteManifest', 'before', 1))
    const disabled = { ...registry, deleteManifest: async () => 'disabled' as const }
    const { database } = service
    await database('tag_removals')
      .where({ repository })
      .update({ expires_at: database.raw('UTC_TIMESTAMP(3) - INTERVAL 1 SECOND') })
    await recoverRemovals({ ...free, database, registry: disabled, now, log: () => undefined })
    t.deepEqual(await outcomeOf(repository), { gone: 200, stay: 200, audit: 'failed', left: 0 })
  },
)

test('R23: deletes are proven to work before a tag is touched', async (t) => {
  const repository = 'acme/proof'
  const disabled = { ...registry, deleteTagByName: async () => 'disabled' as const }
  const error = await interrupt(repository, disabled)
  t.like(error, { code: 'CONFLICT' })
  t.deepEqual(await outcomeOf(repository), { gone: 200, stay: 200, audit: undefined, left: 0 })
})

test('a tag that changes between the look and the removal is left alone', async (t) => {
  const repository = 'acme/changed'
  let looks = 0
  const moving: RegistryClient = {
    ...registry,
    findManifest: async (reference) => {
      // The first look is before anything is begun.
      if (++looks > 1)
        await pushImage(service, { as: ADMIN, repository, tags: ['gone'], text: 'newer' })
      return registry.findManifest(reference)
    },
  }
  const error = await interrupt(repository, moving)
  t.like(error, { code: 'CONFLICT' })
  t.deepEqual(await outcomeOf(repository), { gone: 200, stay: 200, audit: undefined, left: 0 })
})

test('R23: a tag whose removal was cut off is told as being deleted, not as changed', async (t) => {
  const repository = 'acme/cut-off'
  await interrupt(repository, failing('deleteManifest', 'before', 1))
  const { digest } = (await registry.findManifest({ repository, reference: 'stay' })) ?? {}
  const results = await removeBatch(
    { ...free, database: service.database, registry, now },
    {
      repository,
      targets: [{ tag: 'gone', digest }],
      hold: { stopsPushes: true },
      actor: { actorId: 1, actorName: 'admin', onBehalfOf: undefined },
    },
  )
  t.like(results.get('gone'), {
    outcome: 'busy',
    reason: 'the tag gone of acme/cut-off is being deleted already',
  })
  await recover(repository)
  t.deepEqual(await outcomeOf(repository), { gone: 404, stay: 200, audit: 'done', left: 0 })
})

test('R24: a removal is taken over after the last token of its holder has ended', async (t) => {
  const { database } = service
  const repository = 'acme/term'
  await pushImage(service, { as: ADMIN, repository, tags: ['gone', 'stay'] })
  let termSeconds = 0
  const looking: RegistryClient = {
    ...registry,
    putManifest: async (reference, manifest) => {
      const [row] = await database('tag_removals')
        .where({ repository })
        .select(database.raw('TIMESTAMPDIFF(SECOND, created_at, expires_at) AS term'))
      termSeconds = Number(row?.term)
      await registry.putManifest(reference, manifest)
    },
  }
  await deleteTag(
    { ...free, database, registry: looking, now },
    { caller, repository, tag: 'gone' },
  )
  // 60 s until the last write begins, 60 s of its token, 60 s of leeway at the registry.
  t.true(termSeconds > 60 + 60 + 60, `${termSeconds}`)
})

test.serial('R24: a holder that was stopped for too long puts no old manifest back', async (t) => {
  const { database } = service
  const repository = 'acme/stopped'
  await interrupt(repository, failing('deleteManifest', 'before', 1))
  await database('tag_removals')
    .where({ repository })
    .update({ expires_at: database.raw('UTC_TIMESTAMP(3) - INTERVAL 1 SECOND') })
  let at = new Date()
  let puts = 0
  const disabled: RegistryClient = {
    ...registry,
    deleteManifest: async () => {
      at = new Date(at.getTime() + 61_000)
      return 'disabled'
    },
    putManifest: async () => {
      puts++
    },
  }
  const deps = { ...free, database, registry: disabled, now: () => at, log: () => undefined }
  await t.throwsAsync(recoverRemovals(deps), { message: /time for this removal is over/ })
  t.is(puts, 0)
  await recover(repository)
})

test('a removal that was taken over meanwhile is written down once', async (t) => {
  const { database } = service
  const repository = 'acme/taken'
  await pushImage(service, { as: ADMIN, repository, tags: ['gone', 'stay'] })
  let calls = 0
  const slow: RegistryClient = {
    ...registry,
    deleteManifest: async (reference) => {
      const outcome = await registry.deleteManifest(reference)
      if (++calls === 1) await recover(repository)
      return outcome
    },
  }
  await deleteTag({ ...free, database, registry: slow, now }, { caller, repository, tag: 'gone' })
  const target = `${repository}:gone`
  const rows = await database('audit').where({ action: 'tag.delete', target }).select('outcome')
  t.deepEqual(
    rows.map(({ outcome }) => outcome),
    ['done'],
  )
})
