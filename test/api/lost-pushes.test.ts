import test from 'ava'
import { OCI_INDEX, OCI_MANIFEST } from '../../src/protocol/media-types.ts'
import { createFaultyRegistry } from '../support/faulty-registry.ts'
import { fetchToken, pushImage } from '../support/image.ts'
import { findIndexedTag, isSettled, pushIndexed } from '../support/index-rows.ts'
import { ADMIN, type Service, startService } from '../support/service.ts'
import { waitFor } from '../support/wait-for.ts'

const faulty = createFaultyRegistry()
const PATIENT = { mostMs: 40_000 }
let service: Service

test.before(async () => {
  const env = { WARDEN_DOOR: 'off' }
  service = await startService({ notifies: true, env, between: faulty.between })
  await service.admin('POST', '/api/v1/projects', { name: 'acme' })
})
test.after.always(async () => {
  await service?.stop()
  await faulty.stop()
})
test.afterEach.always(() => faulty.interrupt(undefined))

const push = (repository: string, tags: readonly string[], text: string) =>
  // Past the proxy, as clients push.
  pushImage({ url: service.url, registryUrl: registryUrl() }, { as: ADMIN, repository, tags, text })

const registryUrl = (): string => service.registry?.url ?? ''

const remove = (repository: string) =>
  service.admin('DELETE', `/api/v1/repositories/${repository}/tags/v1`)

async function digestOfTag(repository: string): Promise<string | undefined> {
  const token = await fetchToken(service, { as: ADMIN, scope: `repository:${repository}:pull` })
  const response = await fetch(`${registryUrl()}/v2/${repository}/manifests/v1`, {
    method: 'HEAD',
    headers: { authorization: `Bearer ${token}`, accept: `${OCI_MANIFEST}, ${OCI_INDEX}` },
  })
  return response.headers.get('docker-content-digest') ?? undefined
}

/** Does something once, right before a write of ours gets to the registry. */
function meanwhile(method: string, part: string, work: () => Promise<unknown>): void {
  let isDone = false
  faulty.interrupt(async (asked) => {
    if (isDone || asked.method !== method || !asked.path.includes(part)) return undefined
    isDone = true
    await work()
    return undefined
  })
}

const restores = async (repository: string): Promise<readonly (readonly string[])[]> => {
  const path = `/api/v1/audit?action=tag.restore&target=${repository}:v1`
  const { body } = await service.admin('GET', path)
  return body.items.map(({ actor, outcome }: Record<string, string>) => [actor, outcome])
}

/** Waits until all that was told of was looked at. */
const untilLooked = () =>
  waitFor(async () => {
    const due = await service.database('removed_tags').whereNotNull('due_at').first('id')
    return due === undefined && (await isSettled(service))
  }, PATIENT)

test.serial('R21: without the door a push that a removal took along is put back', async (t) => {
  const repository = 'acme/lost'
  await pushIndexed(service, { as: ADMIN, repository, tags: ['v1', 'sibling'], text: 'old' })
  let pushed = ''
  meanwhile('PUT', `${repository}/manifests/v1`, async () => {
    pushed = (await push(repository, ['v1'], 'new')).digest
  })
  t.is((await remove(repository)).status, 204)
  await waitFor(async () => (await restores(repository)).length > 0, PATIENT)
  await untilLooked()
  t.is(await digestOfTag(repository), pushed)
  t.is((await findIndexedTag(service, { repository, tag: 'v1' }))?.digest, pushed)
  t.deepEqual(await restores(repository), [['warden$system', 'done']])
  const metrics = await fetch(`${service.privateUrl}/metrics`).then((response) => response.text())
  t.regex(metrics, /warden_lost_pushes_total\{outcome="restored"\} 1/)
})

test.serial('R21: a removal that nobody pushed into stays done', async (t) => {
  const repository = 'acme/alone'
  await pushIndexed(service, { as: ADMIN, repository, tags: ['v1', 'sibling'], text: 'old' })
  t.is((await remove(repository)).status, 204)
  await untilLooked()
  t.is(await digestOfTag(repository), undefined)
  t.deepEqual(await restores(repository), [])
})

test.serial('R21: a push that outlived a removal, and was deleted later, stays gone', async (t) => {
  const repository = 'acme/later'
  await pushIndexed(service, { as: ADMIN, repository, tags: ['v1', 'sibling'], text: 'old' })
  let pushed = ''
  meanwhile('DELETE', `${repository}/manifests/sha256:`, async () => {
    pushed = (await push(repository, ['v1'], 'new')).digest
  })
  t.is((await remove(repository)).status, 204)
  t.is(await digestOfTag(repository), pushed)
  t.is((await remove(repository)).status, 204)
  await untilLooked()
  t.is(await digestOfTag(repository), undefined)
  t.deepEqual(await restores(repository), [])
})

test.serial('R21: who deletes the tag again, before it is put back, has it gone', async (t) => {
  const repository = 'acme/again'
  await pushIndexed(service, { as: ADMIN, repository, tags: ['v1', 'sibling'], text: 'old' })
  meanwhile('PUT', `${repository}/manifests/v1`, () => push(repository, ['v1'], 'new'))
  t.is((await remove(repository)).status, 204)
  // Put back already where the machine is slow: then it is deleted as any other.
  t.true([404, 204].includes((await remove(repository)).status))
  await untilLooked()
  t.is(await digestOfTag(repository), undefined)
})

/** Does something once, right before the second look at the tag: the last one before it is touched. */
function beforeLastLook(repository: string, work: () => Promise<unknown>): void {
  let looks = 0
  faulty.interrupt(async ({ method, path }) => {
    if (method !== 'HEAD' || !path.includes(`${repository}/manifests/v1`)) return undefined
    looks++
    if (looks === 2) await work()
    return undefined
  })
}

for (const [how, name] of [
  ['with us', 'changed'],
  ['at the registry', 'changed-there'],
] as const) {
  test.serial(
    `R21: a tag that was changed in the middle, and is deleted ${how}, stays gone`,
    async (t) => {
      const repository = `acme/${name}`
      await pushIndexed(service, { as: ADMIN, repository, tags: ['v1', 'sibling'], text: 'old' })
      let pushed = ''
      beforeLastLook(repository, async () => {
        pushed = (await push(repository, ['v1'], `new in ${name}`)).digest
      })
      const { status, body } = await remove(repository)
      t.is(status, 409)
      t.is(body.detail, `the tag v1 of ${repository} was changed at this moment; look at it again`)
      t.is(await digestOfTag(repository), pushed)
      faulty.interrupt(undefined)
      if (how === 'with us') t.is((await remove(repository)).status, 204)
      else t.is(await deleteThere(repository, pushed), 202)
      await untilLooked()
      t.is(await digestOfTag(repository), undefined)
      t.deepEqual(await restores(repository), [])
    },
  )
}

async function deleteThere(repository: string, digest: string): Promise<number> {
  const token = await fetchToken(service, { as: ADMIN, scope: `repository:${repository}:delete` })
  const { status } = await fetch(`${registryUrl()}/v2/${repository}/manifests/${digest}`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${token}` },
  })
  return status
}
