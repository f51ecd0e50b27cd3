import test from 'ava'
import { fetchToken, pullStatus, pushImage } from '../support/image.ts'
import { pushIndex } from '../support/index-maze.ts'
import { untilIndexed } from '../support/index-rows.ts'
import { ADMIN, type Credentials, type Service, startService } from '../support/service.ts'
import { waitFor } from '../support/wait-for.ts'

let service: Service
const DEV = { username: 'dev', password: 'devs-own-pw-7' }
const GUEST = { username: 'gast', password: 'gasts-own-pw-7' }

test.before(async () => {
  service = await startService({ notifies: true })
  for (const name of ['acme', 'prod']) await service.admin('POST', '/api/v1/projects', { name })
  for (const user of [DEV, GUEST]) await service.admin('POST', '/api/v1/users', user)
  const member = (project: string, name: string, role: string) =>
    service.admin('PUT', `/api/v1/projects/${project}/members/users/${name}`, { role })
  await member('acme', 'dev', 'developer')
  await member('prod', 'dev', 'developer')
  await member('acme', 'gast', 'guest')
  await member('prod', 'gast', 'guest')
})
test.after.always(() => service.stop())

const copy = (name: string, tag: string, from: object, as: Credentials = DEV) =>
  service.request('PUT', `/api/v1/repositories/${name}/tags/${tag}`, { as, json: { from } })

const blobStatus = async (repository: string, digest: string): Promise<number> => {
  const token = await fetchToken(service, { as: ADMIN, scope: `repository:${repository}:pull` })
  const { status } = await fetch(`${service.registryUrl}/v2/${repository}/blobs/${digest}`, {
    method: 'HEAD',
    headers: { authorization: `Bearer ${token}` },
  })
  return status
}

test.serial('a tag is put on what another one is on', async (t) => {
  const repository = 'acme/app'
  const { digest } = await pushImage(service, { as: ADMIN, repository, tags: ['v1'] })
  const { status, body } = await copy(repository, 'stable', { reference: 'v1' })
  t.is(status, 200)
  t.deepEqual(body, { repository, tag: 'stable', digest })
  t.is(await pullStatus(service, { as: DEV, repository, tag: 'stable' }), 200)
  await untilIndexed(service, { repository, tags: ['stable'] })
  const [row] = await service.database('audit').where({ action: 'tag.copy' })
  t.is(`${row?.actor_name} ${row?.target}`, 'dev acme/app:stable')
})

test.serial('an image of two platforms comes whole into another repository', async (t) => {
  const source = 'acme/multi'
  const { digest: child } = await pushImage(service, {
    as: ADMIN,
    repository: source,
    tags: ['one'],
    text: 'a platform',
  })
  const index = await pushIndex(service, {
    repository: source,
    tags: ['multi'],
    child,
    isChildImage: true,
  })
  const from = { repository: source, reference: 'multi' }
  const { status, body } = await copy('prod/multi', 'v1', from)
  t.is(status, 200)
  t.is(body.digest, index)
  t.is(await pullStatus(service, { as: DEV, repository: 'prod/multi', tag: child }), 200)
  await untilIndexed(service, { repository: source, tags: ['one'] })
  const { body: manifest } = await service.admin(
    'GET',
    `/api/v1/repositories/${source}/manifests/${child}`,
  )
  t.is(await blobStatus('prod/multi', manifest.config.digest), 200)
})

test.serial('who may not pull the source, or not push to the target, copies nothing', async (t) => {
  await pushImage(service, { as: ADMIN, repository: 'hidden', tags: ['v1'] })
  const hidden = await copy('acme/app', 'x', { repository: 'hidden', reference: 'v1' })
  t.is(hidden.status, 404)
  const from = { repository: 'acme/app', reference: 'v1' }
  t.is((await copy('prod/other', 'x', from, GUEST)).status, 403)
  t.is((await copy('nowhere/app', 'x', from)).status, 404)
  t.is((await copy('acme/app', 'x', { reference: 'none' })).status, 404)
  t.is((await copy('acme/app/tags', 'x', from)).status, 400)
})

test.serial(
  'R24: our own write passes the rules of everybody: an immutable tag stays',
  async (t) => {
    const repository = 'acme/fixed'
    await pushImage(service, { as: ADMIN, repository, tags: ['v1'], text: 'first' })
    await pushImage(service, { as: ADMIN, repository, tags: ['dev'], text: 'second' })
    await untilIndexed(service, { repository, tags: ['v1', 'dev'] })
    const rules = [{ repositories: 'fixed', tags: 'v*' }]
    await service.admin('PUT', '/api/v1/projects/acme/immutable-tags', { rules })
    await waitFor(async () => (await copy(repository, 'v1', { reference: 'dev' })).status === 409)
    const { body } = await copy(repository, 'v1', { reference: 'dev' })
    t.regex(body.detail, /immutable/)
    t.is((await copy(repository, 'v2', { reference: 'dev' })).status, 200)
  },
)

test.serial(
  'R24: our own write waits for nobody: while it is read-only it is a conflict',
  async (t) => {
    await service.admin('PUT', '/api/v1/maintenance/read-only', {
      enabled: true,
      reason: 'we move',
    })
    const { status, body } = await copy('acme/app', 'late', { reference: 'v1' })
    await service.admin('PUT', '/api/v1/maintenance/read-only', { enabled: false })
    t.is(status, 409)
    t.regex(body.detail, /^acme\/app takes no writes now: the registry is read-only: we move/)
  },
)

test.serial('an image with a layer that is gone is not copied', async (t) => {
  const repository = 'acme/holes'
  const { digest } = await pushImage(service, { as: ADMIN, repository, tags: ['v1'], text: 'hole' })
  await untilIndexed(service, { repository, tags: ['v1'] })
  const token = await fetchToken(service, { as: ADMIN, scope: `repository:${repository}:*` })
  const { body } = await service.admin('GET', `/api/v1/repositories/${repository}/manifests/v1`)
  const config = body.config?.digest ?? ''
  t.is(digest.length, 71)
  const { status } = await fetch(`${service.registryUrl}/v2/${repository}/blobs/${config}`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${token}` },
  })
  t.is(status, 202)
  const from = { repository, reference: 'v1' }
  const reply = await copy('prod/holes', 'v1', from)
  t.is(reply.status, 409)
  t.regex(reply.body.detail, /is not there, so the image cannot be copied/)
})
