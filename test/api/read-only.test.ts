import test from 'ava'
import { fetchToken } from '../support/image.ts'
import { ADMIN, type Service, startService } from '../support/service.ts'
import { waitFor } from '../support/wait-for.ts'

const PATH = '/api/v1/maintenance/read-only'
const SCOPE = 'repository:acme/app:pull,push,delete'

async function start(door: 'required' | 'off'): Promise<Service> {
  const service = await startService({
    env: { WARDEN_DOOR: door },
    registryUrl: 'http://127.0.0.1:9',
  })
  await service.admin('POST', '/api/v1/projects', { name: 'acme' })
  return service
}

async function grantedActions(service: Service): Promise<readonly string[]> {
  const token = await fetchToken(service, { as: ADMIN, scope: SCOPE })
  const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
  return claims.access[0]?.actions.toSorted() ?? []
}

test('it is off at first, is set with a reason, and everything is told again', async (t) => {
  const service = await start('required')
  t.teardown(service.stop)
  const off = { enabled: false, reason: null, since: null, enforcedBy: 'door' }
  t.deepEqual((await service.admin('GET', PATH)).body, off)
  const on = await service.admin('PUT', PATH, { enabled: true, reason: 'disks' })
  t.like(on.body, { enabled: true, reason: 'disks', enforcedBy: 'door' })
  t.true(Math.abs(Date.parse(on.body.since) - Date.now()) < 60_000)
  t.deepEqual((await service.admin('GET', PATH)).body, on.body)
  const again = await service.admin('PUT', PATH, { enabled: true, reason: 'disks' })
  t.deepEqual(again.body, on.body)
  const changed = await service.admin('PUT', PATH, { enabled: true })
  t.regex(changed.body.reason, /^maintenance; pulls go on, push again later$/)
  t.deepEqual((await service.admin('PUT', PATH, { enabled: false })).body, off)
  const { body } = await service.admin('GET', '/api/v1/audit?action=read-only.enable')
  t.deepEqual(body.items.map(({ target }: { target: string }) => target).toSorted(), [
    'disks',
    'maintenance; pulls go on, push again later',
  ])
  t.is((await service.admin('GET', '/api/v1/audit?action=read-only.disable')).body.items.length, 1)
})

for (const body of [
  {},
  { enabled: 'yes' },
  { enabled: true, reason: '' },
  { enabled: true, reason: '  ' },
  { enabled: true, reason: 'x'.repeat(401) },
  { enabled: true, reason: 'two\nlines' },
  { enabled: true, reason: 'turned\u202eround' },
  { enabled: true, reason: 'half \ud800' },
  { enabled: false, reason: 'why' },
  { enabled: true, until: '2031-01-01' },
]) {
  test(`${JSON.stringify(body).slice(0, 60)} is 400`, async (t) => {
    const service = await shared()
    t.is((await service.admin('PUT', PATH, body)).status, 400)
    t.false((await service.admin('GET', PATH)).body.enabled)
  })
}

let sharedService: Promise<Service> | undefined
const shared = (): Promise<Service> => {
  sharedService ??= start('required')
  return sharedService
}
test.after.always(async () => (await sharedService)?.stop())

test('with the door, tokens keep their push: it alone can say why', async (t) => {
  const service = await start('required')
  t.teardown(service.stop)
  await service.admin('PUT', PATH, { enabled: true })
  t.deepEqual(await grantedActions(service), ['delete', 'pull', 'push'])
})

test('without the door, tokens are without push and delete, and whoever asks is told why', async (t) => {
  const service = await start('off')
  t.teardown(service.stop)
  t.deepEqual(await grantedActions(service), ['delete', 'pull', 'push'])
  const on = await service.admin('PUT', PATH, { enabled: true, reason: 'disks' })
  t.is(on.body.enforcedBy, 'tokens')
  t.deepEqual(await grantedActions(service), ['pull'])
  const scope = 'repository:acme/app:push'
  const { body } = await service.admin('POST', '/api/v1/explain', { scope })
  t.true(JSON.stringify(body).includes('the registry takes no writes: disks'), JSON.stringify(body))
  await service.admin('PUT', PATH, { enabled: false })
  const { found } = await waitFor(async () => (await grantedActions(service)).length === 3)
  t.true(found)
})
