import test from 'ava'
import { ADMIN, type Service, startService } from '../support/service.ts'
import { type Result, signedIn, warden } from './command.ts'

const ANN = { username: 'ann', password: 'anns-own-pw-7' }
let service: Service

test.before(async () => {
  service = await startService({
    registryUrl: 'http://127.0.0.1:9',
    env: { WARDEN_FORBID_PUBLIC: 'true' },
  })
  await service.admin('POST', '/api/v1/users', ANN)
})
test.after.always(() => service.stop())

const asAdmin = (...args: readonly string[]): Promise<Result> =>
  warden(['setting', ...args], { env: signedIn(service.url, ADMIN) })

const rowsOf = (text: string): readonly string[] =>
  text.split('\n').map((line) => line.trimEnd().replace(/ {2,}/g, ' | '))

test.serial('settings are listed with their values, and what pins them', async (t) => {
  t.deepEqual(rowsOf((await asAdmin('list')).stdout), [
    'setting | value | pinned by',
    'selfRegistration | false | -',
    'projectCreation | administrators | -',
    'forbidPublic | true | WARDEN_FORBID_PUBLIC',
    'personalProjects | false | -',
    'firstSightUsers | true | -',
    'defaultQuotaBytes | none | -',
    'auditRetentionDays | none | -',
    '',
  ])
})

for (const [name, text, value, first] of [
  ['selfRegistration', 'true', true, false],
  ['projectCreation', 'everyone', 'everyone', 'administrators'],
  ['personalProjects', 'true', true, false],
  ['defaultQuotaBytes', '5000000', 5_000_000, null],
  ['auditRetentionDays', '365', 365, null],
] as const) {
  test.serial(`${name} is set, and is as at first after a reset`, async (t) => {
    const valueNow = async () => JSON.parse((await asAdmin('list', '--json')).stdout)[name].value
    const set = await asAdmin('set', name, text)
    t.deepEqual([set.code, set.stderr], [0, `${name} is ${text}.\n`])
    t.is(await valueNow(), value)
    const reset = await asAdmin('reset', name, '--json')
    t.is(JSON.parse(reset.stdout)[name].value, first)
    t.is(await valueNow(), first)
  })
}

test.serial('a number is taken away with none', async (t) => {
  await asAdmin('set', 'auditRetentionDays', '30')
  t.is((await asAdmin('set', 'auditRetentionDays', 'none')).stderr, 'auditRetentionDays is none.\n')
})

test('a setting that the environment pins is a conflict', async (t) => {
  const { code, stderr } = await asAdmin('set', 'forbidPublic', 'false')
  t.is(code, 5)
  t.regex(stderr, /forbidPublic is set by WARDEN_FORBID_PUBLIC/)
})

test('who may not read settings is refused', async (t) => {
  const { code } = await warden(['setting', 'list'], { env: signedIn(service.url, ANN) })
  t.is(code, 4)
})

for (const [args, sentence] of [
  [['selfRegistration', 'yes'], /"yes" is no value of selfRegistration\. Whether anybody may make/],
  [['projectCreation', 'nobody'], /"nobody" is no value of projectCreation\. .*or everyone/],
  [['auditRetentionDays', '0'], /"0" is no value of auditRetentionDays\. .*in days, or none/],
  [['registryUrl', 'http://evil.example'], /Allowed choices are selfRegistration, projectCreation/],
] as const) {
  test(`${args.join(' ')} is wrong use`, async (t) => {
    const { code, stderr } = await asAdmin('set', ...args)
    t.is(code, 2)
    t.regex(stderr, sentence)
  })
}
