import test from 'ava'
import { ADMIN, type Service, startService } from '../support/service.ts'
import { type Result, signedIn, warden } from './command.ts'

const ANN = { username: 'ann', password: 'anns-own-pw-7' }
const BEN = { username: 'ben', password: 'bens-own-pw-7' }
let service: Service

test.before(async () => {
  service = await startService({
    registryUrl: 'http://127.0.0.1:9',
    env: { WARDEN_IDENTITY_TOKENS: 'on' },
  })
  for (const user of [ANN, BEN]) await service.admin('POST', '/api/v1/users', user)
})
test.after.always(() => service?.stop())

const asAnn = (args: readonly string[]): Promise<Result> =>
  warden(args, { env: signedIn(service.url, ANN) })

const asBen = (args: readonly string[]): Promise<Result> =>
  warden(args, { env: signedIn(service.url, BEN) })

const asAdmin = (args: readonly string[]): Promise<Result> =>
  warden(args, { env: signedIn(service.url, ADMIN) })

const INSTANT = /\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z/g

const rowsOf = (text: string): readonly string[] =>
  text
    .replace(INSTANT, 'NOW')
    .split('\n')
    .map((line) => line.trimEnd().replace(/ {2,}/g, ' | '))

const jsonOf = async (result: Promise<Result>) => JSON.parse((await result).stdout)

test('the secret of a new token stands alone on the standard output, and works', async (t) => {
  const { code, stdout, stderr } = await asAnn(['token', 'create', 'laptop'])
  t.is(code, 0)
  t.regex(stdout, /^rwt_[0-9A-Za-z]{49}\n$/)
  const { host } = new URL(service.url)
  t.is(
    stderr.replace(/\(\d+\)/, '(ID)'),
    'The access token laptop (ID) is made: all that its owner may; it does not end by time. Its secret is shown this once.\n' +
      `Next: docker login ${host} --username ann --password-stdin < FILE\n`,
  )
  const as = { username: 'ann', password: stdout.trim() }
  t.is((await service.request('GET', '/auth/token?service=registry-warden', { as })).status, 200)
})

test('a token is made as narrow and as short as it was asked for', async (t) => {
  const rights = ['--repositories', 'demo/**', 'web/*', '--actions', 'pull', 'api']
  const made = await jsonOf(
    asAnn(['token', 'create', 'narrow', ...rights, '--expires-in', '30d', '--json']),
  )
  t.deepEqual(made.permissions, [{ repositories: ['demo/**', 'web/*'], actions: ['pull', 'api'] }])
  const days = (Date.parse(made.expiresAt) - Date.now()) / 86_400_000
  t.true(days > 29.9 && days <= 30)
  t.regex(made.secret, /^rwt_/)
  t.is(made.username, 'ann')
})

test('an end may be a time with its zone', async (t) => {
  const args = ['token', 'create', 'till', '--expires-at', '2031-01-01T00:00:00+08:00', '--json']
  t.is((await jsonOf(asAnn(args))).expiresAt, '2030-12-31T16:00:00.000Z')
})

test('tokens are listed without their secrets', async (t) => {
  const rights = ['--repositories', 'demo/**', '--actions', 'pull', 'push']
  const { id } = await jsonOf(asBen(['token', 'create', 'ci', ...rights, '--json']))
  const { code, stdout, stderr } = await asBen(['token', 'list'])
  t.is(code, 0)
  t.is(stderr, '')
  t.deepEqual(rowsOf(stdout), [
    'id | name | may | until | last used | created',
    `${id} | ci | pull push on demo/** | - | - | NOW`,
    '',
  ])
})

test('a revoked token opens nothing more', async (t) => {
  const { id, secret } = await jsonOf(asAnn(['token', 'create', 'short', '--json']))
  const me = async () => {
    const headers = { authorization: `Bearer ${secret}` }
    return (await service.request('GET', '/api/v1/me', { headers })).status
  }
  t.is(await me(), 200)
  const { code, stdout, stderr } = await asAnn(['token', 'revoke', String(id)])
  t.deepEqual([code, stdout], [0, ''])
  t.regex(stderr, new RegExp(`^The access token ${id} is revoked;`))
  t.is(await me(), 401)
  t.is((await asAnn(['token', 'revoke', String(id)])).code, 3)
})

test('an administrator lists and revokes tokens of a user, and others do not', async (t) => {
  const { id } = await jsonOf(asAnn(['token', 'create', 'seen', '--json']))
  const { items } = await jsonOf(asAdmin(['token', 'list', '--user', 'ann', '--json']))
  t.true(items.some((token: { id: number }) => token.id === id))
  t.is((await asBen(['token', 'list', '--user', 'ann'])).code, 4)
  t.is((await asBen(['token', 'revoke', String(id), '--user', 'ann'])).code, 4)
  const revoked = await asAdmin(['token', 'revoke', String(id), '--user', 'ann', '--json'])
  t.deepEqual(JSON.parse(revoked.stdout), { id, kind: 'access', revoked: true })
})

test('identity tokens are listed and revoked', async (t) => {
  const path = '/auth/token?service=registry-warden&offline_token=true&client_id=docker'
  const { body } = await service.request('GET', path, { as: BEN })
  t.regex(body.refresh_token, /^rwi_/)
  const { items } = await jsonOf(asBen(['token', 'list', '--identity', '--json']))
  const [{ id, client }] = items
  t.is(client, 'docker')
  const table = await asAdmin(['token', 'list', '--identity', '--user', 'ben'])
  t.deepEqual(rowsOf(table.stdout), [
    'id | client | address | until | last used | created',
    `${id} | docker | 127.0.0.1 | NOW | - | NOW`,
    '',
  ])
  const revoked = await asBen(['token', 'revoke', '--identity', String(id)])
  t.is(revoked.code, 0)
  t.regex(revoked.stderr, new RegExp(`^The identity token ${id} is revoked;`))
  t.is((await asBen(['token', 'list', '--identity'])).stderr, 'There are no identity tokens.\n')
})

test('a name that is given twice is a conflict, and shows no secret', async (t) => {
  await asAnn(['token', 'create', 'twice'])
  const { code, stdout, stderr } = await asAnn(['token', 'create', 'twice'])
  t.deepEqual([code, stdout], [5, ''])
  t.regex(stderr, /you have an access token named "twice" already/)
})

test('a token is shown without its secret, to its owner and to administrators', async (t) => {
  const cyd = { username: 'cyd', password: 'cyds-own-pw-7' }
  await service.admin('POST', '/api/v1/users', cyd)
  const asCyd = (args: readonly string[]) => warden(args, { env: signedIn(service.url, cyd) })
  const { id } = await jsonOf(asCyd(['token', 'create', 'shown', '--json']))
  const own = await jsonOf(asCyd(['token', 'show', String(id), '--json']))
  t.deepEqual([own.name, 'secret' in own], ['shown', false])
  const seen = await asAdmin(['token', 'show', String(id), '--user', 'cyd'])
  t.regex(seen.stdout, /^may +all that its owner may *$/m)
  t.is((await asAnn(['token', 'show', String(id)])).code, 3)
})
