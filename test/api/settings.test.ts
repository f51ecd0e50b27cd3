import test from 'ava'
import { SETTING_SCHEMAS } from '../../src/settings/types.ts'
import { type Service, startService } from '../support/service.ts'

const AUDITOR = { username: 'audrey', password: 'audreys-own-7' }
const ANN = { username: 'ann', password: 'anns-own-pw-7' }
let service: Service

test.before(async () => {
  service = await startService({
    registryUrl: 'http://127.0.0.1:9',
    env: { WARDEN_DEFAULT_QUOTA_BYTES: '5000000', WARDEN_AUDIT_RETENTION_DAYS: 'none' },
  })
  await service.admin('POST', '/api/v1/users', { ...AUDITOR, systemRole: 'auditor' })
  await service.admin('POST', '/api/v1/users', ANN)
})
test.after.always(() => service.stop())

const PATH = '/api/v1/settings'

test('R20: no setting holds an address, a path, a command or a secret', (t) => {
  for (const [name, schema] of Object.entries(SETTING_SCHEMAS)) {
    for (const text of ['https://evil.example', '/etc/passwd', 'rm -rf /', 'hunter2', '']) {
      t.false(schema.safeParse(text).success, `${name}: ${text}`)
      t.false(schema.safeParse([text]).success, name)
      t.false(schema.safeParse({ url: text }).success, name)
    }
  }
})

test.serial('settings are the safe choice until somebody changes them', async (t) => {
  const { status, body } = await service.admin('GET', PATH)
  t.is(status, 200)
  t.deepEqual(body, {
    selfRegistration: { value: false, pinnedBy: null },
    projectCreation: { value: 'administrators', pinnedBy: null },
    forbidPublic: { value: false, pinnedBy: null },
    personalProjects: { value: false, pinnedBy: null },
    firstSightUsers: { value: true, pinnedBy: null },
    defaultQuotaBytes: { value: 5_000_000, pinnedBy: 'WARDEN_DEFAULT_QUOTA_BYTES' },
    auditRetentionDays: { value: null, pinnedBy: 'WARDEN_AUDIT_RETENTION_DAYS' },
  })
})

test.serial('a changed setting stays, and the audit record has both values', async (t) => {
  const { status, body } = await service.admin('PATCH', PATH, {
    forbidPublic: true,
    projectCreation: 'administrators',
  })
  t.is(status, 200)
  t.deepEqual(body.forbidPublic, { value: true, pinnedBy: null })
  t.deepEqual((await service.admin('GET', PATH)).body, body)
  const rows = await service.database('audit').where({ action: 'settings.update' })
  t.deepEqual(
    rows.map(({ actor_name, target }) => ({ actor_name, target })),
    [{ actor_name: 'admin', target: 'forbidPublic: false -> true' }],
  )
  await service.admin('PATCH', PATH, { forbidPublic: false })
})

test.serial('a setting that the environment pins is refused with the variable', async (t) => {
  const change = { defaultQuotaBytes: 1, personalProjects: true }
  const { status, body } = await service.admin('PATCH', PATH, change)
  t.is(status, 409)
  t.regex(body.detail, /defaultQuotaBytes is set by WARDEN_DEFAULT_QUOTA_BYTES/)
  const after = await service.admin('GET', PATH)
  t.is(after.body.personalProjects.value, false)
})

for (const change of [
  { selfRegistration: 'yes' },
  { projectCreation: 'nobody' },
  { forbidPublic: null },
  { registryUrl: 'http://evil.example' },
]) {
  test(`${JSON.stringify(change)} is no setting`, async (t) => {
    t.is((await service.admin('PATCH', PATH, change)).status, 400)
  })
}

test('auditors read settings, administrators change them, others do neither', async (t) => {
  const ask = async (method: string, as?: typeof ANN): Promise<number> => {
    const json = method === 'PATCH' ? { personalProjects: true } : undefined
    return (await service.request(method, PATH, { ...(as && { as }), json })).status
  }
  t.deepEqual([await ask('GET', AUDITOR), await ask('PATCH', AUDITOR)], [200, 403])
  t.deepEqual([await ask('GET', ANN), await ask('PATCH', ANN)], [403, 403])
  t.deepEqual([await ask('GET'), await ask('PATCH')], [401, 401])
})
