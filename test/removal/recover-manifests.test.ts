import test from 'ava'
import type { RegistryClient } from '../../src/registry/client.ts'
import { type DeleteManifestInput, deleteManifest } from '../../src/removal/delete-manifest.ts'
import { recoverManifests } from '../../src/removal/recover-manifests.ts'
import { pullStatus } from '../support/image.ts'
import { pushIndexed } from '../support/index-rows.ts'
import { openRegistry } from '../support/registry-client.ts'
import { ADMIN, type Service, startService } from '../support/service.ts'

let service: Service
let registry: RegistryClient

test.before(async () => {
  service = await startService({ notifies: true })
  await service.admin('POST', '/api/v1/projects', { name: 'acme' })
  registry = await openRegistry(service)
})
test.after.always(async () => {
  await registry?.close()
  await service?.stop()
})

const origin = { address: '127.0.0.1', userAgent: undefined, requestId: 'r' }
const caller = {
  subject: { kind: 'user', id: 1, username: 'admin', systemRole: 'administrator' },
  origin,
} as const

type Told = string[]

const depsWith = (broken: RegistryClient, told: Told = []) => ({
  database: service.database,
  registry: broken,
  now: () => new Date(),
  findImmutable: async () => new Map<string, string>(),
  holdTags: async () => ({
    stopsPushes: true,
    prolong: async () => void told.push('prolong'),
    release: async () => void told.push('release'),
  }),
})

const asked = (
  repository: string,
  digest: string,
  more: Partial<DeleteManifestInput> = {},
): DeleteManifestInput => ({
  caller,
  repository,
  digest,
  tags: ['a'],
  takesReferrers: false,
  condition: { isAsked: false, check: () => undefined },
  ...more,
})

const DEAD = 'the line is dead'

const cut = async (): Promise<never> => {
  throw new Error(DEAD)
}

/** Stops answering before or after the delete is done. */
const failing = (when: 'before' | 'after'): RegistryClient => ({
  ...registry,
  deleteManifest: async (reference) => {
    if (when === 'after') await registry.deleteManifest(reference)
    return cut()
  },
})

async function recover(): Promise<void> {
  const { database } = service
  const past = database.raw('UTC_TIMESTAMP(3) - INTERVAL 1 SECOND')
  await database('manifest_removals').update({ expires_at: past })
  await recoverManifests({ database, registry, log: () => undefined })
}

const recordOf = async (repository: string, digest: string) => {
  const rows = await service
    .database('audit')
    .where({ action: 'manifest.delete', target: `${repository}@${digest}` })
    .orderBy('id')
    .select('actor_name', 'project', 'outcome')
  return rows.map((row) => `${row.actor_name} ${row.project} ${row.outcome}`)
}

async function interrupt(repository: string, when: 'before' | 'after'): Promise<string> {
  const image = { as: ADMIN, repository, tags: ['a'], text: repository }
  const { digest } = await pushIndexed(service, image)
  try {
    await deleteManifest(depsWith(failing(when)), asked(repository, digest))
  } catch (error) {
    if (error instanceof Error && error.message === DEAD) return digest
    throw error
  }
  throw new Error('nothing was interrupted')
}

test.serial(
  'R23: a delete whose answer was lost is recorded as done, with who asked',
  async (t) => {
    const digest = await interrupt('acme/answer', 'after')
    t.deepEqual(await recordOf('acme/answer', digest), [])
    await recover()
    t.deepEqual(await recordOf('acme/answer', digest), ['admin acme done'])
    t.deepEqual(await service.database('manifest_removals'), [])
  },
)

test.serial('R23: a delete that never came to the registry is recorded as failed', async (t) => {
  const digest = await interrupt('acme/before', 'before')
  await recover()
  t.deepEqual(await recordOf('acme/before', digest), ['admin acme failed'])
  const tag = { as: ADMIN, repository: 'acme/before', tag: 'a' }
  t.is(await pullStatus(service, tag), 200)
})

test.serial('one that is asked for again ends the first, and each is recorded once', async (t) => {
  const digest = await interrupt('acme/again', 'before')
  await deleteManifest(depsWith(registry), asked('acme/again', digest))
  await recover()
  t.deepEqual(await recordOf('acme/again', digest), ['admin acme failed', 'admin acme done'])
})

test.serial('R24: nobody takes over a delete while it may be under way', async (t) => {
  const { database } = service
  const digest = await interrupt('acme/early', 'after')
  await recoverManifests({ database, registry, log: () => undefined })
  t.deepEqual(await recordOf('acme/early', digest), [])
  const [row] = await database('manifest_removals').select(
    database.raw('TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(3), expires_at) AS term'),
  )
  // 60 s of the token and 60 of leeway at the registry, and the time of the request.
  t.true(Number(row?.term) > 180, String(row?.term))
  await recover()
})

test.serial('R24: who was stopped for longer than that deletes nothing more', async (t) => {
  const repository = 'acme/stopped'
  const text = 'stopped'
  const { digest } = await pushIndexed(service, { as: ADMIN, repository, tags: ['a'], text })
  const told: Told = []
  const deps = depsWith({
    ...registry,
    deleteManifest: async () => {
      told.push('delete')
      return 'deleted'
    },
  })
  const holdTags = async () => ({ ...(await deps.holdTags()), prolong: recover })
  await t.throwsAsync(deleteManifest({ ...deps, holdTags }, asked(repository, digest)), {
    message: 'a delete in acme/stopped took too long, and was ended; begin again',
  })
  t.deepEqual(told, [])
  t.deepEqual(await recordOf(repository, digest), ['admin acme failed'])
})

test.serial('R21: the hold is prolonged before each delete, and each is recorded', async (t) => {
  const repository = 'acme/subject'
  const push = (tag: string) =>
    pushIndexed(service, { as: ADMIN, repository, tags: [tag], text: `${tag} of it` })
  const { digest } = await push('a')
  const { digest: signature } = await push(`${digest.replace(':', '-')}.sig`)
  const told: Told = []
  const deleting: RegistryClient = {
    ...registry,
    deleteManifest: async (reference) => {
      told.push(reference.reference === digest ? 'the manifest' : 'its signature')
      return registry.deleteManifest(reference)
    },
  }
  const input = asked(repository, digest, { takesReferrers: true })
  await deleteManifest(depsWith(deleting, told), input)
  t.deepEqual(told, ['prolong', 'its signature', 'prolong', 'the manifest', 'release'])
  t.deepEqual(await recordOf(repository, digest), ['admin acme done'])
  t.deepEqual(await recordOf(repository, signature), ['admin acme done'])
})
