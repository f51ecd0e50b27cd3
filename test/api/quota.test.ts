import test from 'ava'
import { fetchToken, putBlob } from '../support/image.ts'
import { isSettled, pushIndexed } from '../support/index-rows.ts'
import { ADMIN, type Reply, type Service, startService } from '../support/service.ts'
import { waitFor } from '../support/wait-for.ts'

let service: Service

test.before(async () => {
  service = await startService({ notifies: true, env: { WARDEN_DOOR: 'off' } })
  for (const name of ['acme', 'work', 'full']) {
    await service.admin('POST', '/api/v1/projects', { name })
  }
})
test.after.always(() => service.stop())

const pathOf = (project: string): string => `/api/v1/projects/${project}/quota`
const read = async (project: string) => (await service.admin('GET', pathOf(project))).body
const set = (project: string, limitBytes: unknown): Promise<Reply> =>
  service.admin('PUT', pathOf(project), { limitBytes })

let asked = 0

/** Actions that a new token of the administrator has for a repository. */
async function grantedFor(repository: string): Promise<readonly string[]> {
  // An answer is repeated for a part of its life, but not to another client.
  const path = `/auth/token?service=registry-warden&scope=repository:${repository}:pull,push&client_id=c${++asked}`
  const { body } = await service.request('GET', path, { as: ADMIN })
  const claims = JSON.parse(Buffer.from(body.token.split('.')[1], 'base64url').toString())
  return claims.access.flatMap(({ actions }: { actions: readonly string[] }) => actions)
}

test.serial('a project without a limit tells what it uses', async (t) => {
  t.deepEqual(await read('work'), {
    limitBytes: null,
    effectiveLimitBytes: null,
    usedBytes: 0,
    warning: false,
    enforcement: 'token',
  })
})

test.serial(
  'R32: what is shared counts once, and what was pushed counts without a manifest',
  async (t) => {
    const { sizeBytes } = await pushIndexed(service, {
      as: ADMIN,
      repository: 'acme/app',
      tags: ['1', '2'],
    })
    t.is((await read('acme')).usedBytes, sizeBytes)
    await pushIndexed(service, { as: ADMIN, repository: 'acme/copy', tags: ['1'] })
    t.is((await read('acme')).usedBytes, sizeBytes)
    const token = await fetchToken(service, { as: ADMIN, scope: 'repository:acme/app:pull,push' })
    await putBlob(service, 'acme/app', token, Buffer.alloc(5000, 'x'))
    await waitFor(async () => (await read('acme')).usedBytes === sizeBytes + 5000)
    await service.admin('DELETE', '/api/v1/repositories/acme/app/tags/2')
    await waitFor(() => isSettled(service))
    t.true((await read('acme')).usedBytes >= sizeBytes + 5000, 'a deleted tag frees nothing')
  },
)

test.serial('a limit is set, warned of from 85 % on, and left to the settings again', async (t) => {
  const { usedBytes } = await read('acme')
  const roomy = await set('acme', usedBytes * 2)
  t.deepEqual(
    [roomy.status, roomy.body.limitBytes, roomy.body.warning],
    [200, usedBytes * 2, false],
  )
  t.true((await set('acme', Math.floor(usedBytes / 0.86))).body.warning)
  await service.admin('PATCH', '/api/v1/settings', { defaultQuotaBytes: 7_000_000 })
  const { body } = await set('acme', null)
  t.deepEqual([body.limitBytes, body.effectiveLimitBytes], [null, 7_000_000])
  await service.admin('PATCH', '/api/v1/settings', { defaultQuotaBytes: null })
  t.is((await read('acme')).effectiveLimitBytes, null)
})

test.serial('who sets a limit is in the record, with the limit', async (t) => {
  await set('work', 1234)
  const { body } = await service.admin('GET', '/api/v1/audit?action=quota.set&project=work')
  const [{ actor, target, outcome }] = body.items
  t.deepEqual([actor, target, outcome], ['admin', 'work: 1234', 'done'])
})

for (const limit of [-1, 1.5, '10GiB', 9_007_199_254_740_992, true, undefined]) {
  test.serial(`a limit of ${JSON.stringify(limit)} is not taken`, async (t) => {
    t.is((await set('work', limit)).status, 400)
  })
}

test.serial(
  'without the door nobody gets a token to push with at the limit, and all may pull',
  async (t) => {
    await pushIndexed(service, { as: ADMIN, repository: 'full/app', tags: ['1'] })
    t.deepEqual(await grantedFor('full/app'), ['pull', 'push'])
    await set('full', 1)
    await waitFor(async () => (await grantedFor('full/app')).join() === 'pull')
    const scope = ['repository:full/app:push']
    const { body } = await service.admin('POST', '/api/v1/explain', { scope })
    const push = body.decisions.find(({ action }: { action: string }) => action === 'push')
    t.is(push.rule, 'a push gets nothing, because the project keeps as much as its quota allows')
    t.deepEqual(await grantedFor('work/app'), ['pull', 'push'])
    await set('full', 1_000_000_000)
    await waitFor(async () => (await grantedFor('full/app')).join() === 'pull,push')
  },
)
