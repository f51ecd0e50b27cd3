import test from 'ava'
import { ADMIN, type Credentials, type Service, startService } from '../support/service.ts'
import { type CommandInput, type Result, signedIn, warden } from './command.ts'

const ANN = { username: 'ann', password: 'anns-own-pw-7' }
let service: Service

test.before(async () => {
  service = await startService({ registryUrl: 'http://127.0.0.1:9' })
  await service.admin('POST', '/api/v1/users', ANN)
  await service.admin('POST', '/api/v1/projects', { name: 'acme' })
  await service.admin('POST', '/api/v1/projects', { name: 'empty' })
  await service.admin('PUT', '/api/v1/projects/acme/members/users/ann', { role: 'projectAdmin' })
})
test.after.always(() => service?.stop())

const asAnn = (args: readonly string[], input: CommandInput = {}): Promise<Result> =>
  warden(args, { ...input, env: signedIn(service.url, ANN) })

const asAdmin = (args: readonly string[]): Promise<Result> =>
  warden(args, { env: signedIn(service.url, ADMIN) })

const INSTANT = /\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z/g

const rowsOf = (text: string): readonly string[] =>
  text
    .replace(INSTANT, 'NOW')
    .split('\n')
    .map((line) => line.trimEnd().replace(/ {2,}/g, ' | '))

const IN_ACME = ['--project', 'acme']
const PUSHES = ['--repositories', '**', '--actions', 'pull', 'push']

/** Makes a robot in acme, which is `robot$acme+NAME`. */
const make = async (name: string, ...rest: readonly string[]): Promise<Credentials> => {
  const args = ['robot', 'create', name, ...IN_ACME, ...PUSHES, ...rest]
  return { username: `robot$acme+${name}`, password: (await asAnn(args)).stdout.trim() }
}

const signIn = async (as: Credentials): Promise<number> =>
  (await service.request('GET', '/auth/token?service=registry-warden', { as })).status

test('the secret of a new robot stands alone on the standard output, and works', async (t) => {
  const args = ['robot', 'create', 'ci', ...IN_ACME, ...PUSHES]
  const { code, stdout, stderr } = await asAnn(args)
  t.is(code, 0)
  t.regex(stdout, /^rwr_[0-9A-Za-z]{49}\n$/)
  const { host } = new URL(service.url)
  t.is(
    stderr,
    'The robot robot$acme+ci is made: pull push on **; it does not end by time. Its secret is shown this once.\n' +
      `Next: docker login ${host} --username 'robot$acme+ci' --password-stdin < FILE\n`,
  )
  t.is(await signIn({ username: 'robot$acme+ci', password: stdout.trim() }), 200)
})

test('a robot of the system belongs to no project', async (t) => {
  const rights = [
    '--repositories',
    'acme/**',
    '--actions',
    'pull',
    '--network',
    '10.0.0.0/8',
    '::1',
  ]
  const about = ['--description', 'mirrors acme', '--expires-at', '2031-01-01T00:00:00Z']
  const args = ['robot', 'create', 'mirror', ...rights, ...about, '--json']
  const { stdout, stderr } = await asAdmin(args)
  t.is(stderr, '')
  const made = JSON.parse(stdout)
  t.like(made, {
    username: 'robot$mirror',
    project: null,
    description: 'mirrors acme',
    networks: ['10.0.0.0/8', '::1'],
    expiresAt: '2031-01-01T00:00:00.000Z',
  })
  t.regex(made.secret, /^rwr_/)
  t.is((await asAnn(['robot', 'list'])).code, 4)
  const { items } = JSON.parse((await asAdmin(['robot', 'list', '--json'])).stdout)
  t.deepEqual(
    items.map(({ name }: { name: string }) => name),
    ['mirror'],
  )
})

test.serial('a robot of the system may be made to act for the members of a group', async (t) => {
  await service.admin('POST', '/api/v1/groups', { name: 'staff' })
  const rights = ['--repositories', '**', '--actions', 'api', 'pull']
  const create = ['robot', 'create', 'portal', ...rights, '--on-behalf-of', 'staff']
  t.regex(
    (await asAdmin(create)).stderr,
    /^The robot robot\$portal is made: api pull on \*\*, and act on behalf of the members of staff; it/,
  )
  t.true(rowsOf((await asAdmin(['robot', 'read', 'portal'])).stdout).includes('acts for | staff'))
  const taken = await asAdmin(['robot', 'update', 'portal', '--on-behalf-of', '', '--json'])
  t.is(JSON.parse(taken.stdout).onBehalfOf, null)
  const given = await asAdmin(['robot', 'update', 'portal', '--on-behalf-of', 'staff'])
  t.regex(given.stderr, /and act on behalf of the members of staff/)
  t.is((await asAdmin([...create, ...IN_ACME])).code, 2)
  t.is((await asAdmin(['robot', 'delete', 'portal', '--yes'])).code, 0)
})

test('robots of a project are listed without their secrets', async (t) => {
  await service.admin('POST', '/api/v1/projects', { name: 'few' })
  const args = ['robot', 'create', 'one', '--project', 'few', ...PUSHES]
  await asAdmin(args)
  t.deepEqual(rowsOf((await asAdmin(['robot', 'list', '--project', 'few'])).stdout), [
    'robot | signs in as | may | state | until | last used',
    'one | robot$few+one | pull push on ** | enabled | - | -',
    '',
  ])
  const none = await asAdmin(['robot', 'list', '--project', 'empty'])
  t.is(none.stderr, 'There are no robots in empty.\n')
})

test('a robot is shown field by field', async (t) => {
  await make('shown', '--description', 'of the pipeline', '--network', '127.0.0.1')
  const { code, stdout } = await asAnn(['robot', 'read', 'shown', ...IN_ACME])
  t.is(code, 0)
  t.deepEqual(rowsOf(stdout), [
    'field | value',
    'robot | shown',
    'signs in as | robot$acme+shown',
    'may | pull push on **',
    'state | enabled',
    'until | -',
    'last used | -',
    'networks | 127.0.0.1',
    'acts for | -',
    'description | of the pipeline',
    'old secret until | -',
    'created | NOW',
    '',
  ])
  t.is((await asAnn(['robot', 'show', 'nobody', ...IN_ACME])).code, 3)
})

test('a change leaves alone what it does not name', async (t) => {
  await make('changed', '--description', 'before', '--network', '127.0.0.1', '--expires-in', '4w')
  const rights = ['--repositories', 'web/**', '--actions', 'pull']
  const update = async (...options: readonly string[]) => {
    const args = ['robot', 'update', 'changed', ...IN_ACME, ...options, '--json']
    return JSON.parse((await asAnn(args)).stdout)
  }
  const narrowed = await update(...rights)
  t.like(narrowed, { description: 'before', networks: ['127.0.0.1'] })
  t.deepEqual(narrowed.permissions, [{ repositories: ['web/**'], actions: ['pull'] }])
  t.regex(narrowed.expiresAt, /^20/)
  const emptied = await update('--network', 'any', '--expires-at', 'never', '--description', '')
  t.like(emptied, { description: null, networks: null, expiresAt: null })
  t.deepEqual(emptied.permissions, narrowed.permissions)
})

test('a disabled robot signs in again only when enabled', async (t) => {
  const robot = await make('switched')
  const disabled = await asAnn(['robot', 'disable', 'switched', ...IN_ACME])
  t.is(disabled.code, 0)
  t.regex(disabled.stderr, /^The robot robot\$acme\+switched is disabled;/)
  t.is(await signIn(robot), 401)
  const enabled = await asAnn(['robot', 'enable', 'switched', ...IN_ACME])
  t.is(
    enabled.stderr,
    'The robot robot$acme+switched may sign in again; it does not end by time.\n',
  )
  t.is(await signIn(robot), 200)
})

test('a rotated secret works, and so does the one before for the overlap', async (t) => {
  const robot = await make('rotated')
  const rotated = await asAnn(['robot', 'rotate', 'rotated', ...IN_ACME, '--overlap', '600'])
  t.is(rotated.code, 0)
  t.regex(rotated.stdout, /^rwr_[0-9A-Za-z]{49}\n$/)
  t.regex(rotated.stderr, /^The robot robot\$acme\+rotated has a new secret, which is shown this/)
  const next = { ...robot, password: rotated.stdout.trim() }
  t.deepEqual([await signIn(robot), await signIn(next)], [200, 200])
  await asAnn(['robot', 'rotate', 'rotated', ...IN_ACME, '--overlap', '0'])
  t.deepEqual([await signIn(robot), await signIn(next)], [401, 401])
})

test('a robot is deleted by who says yes', async (t) => {
  const robot = await make('gone')
  const no = await asAnn(['robot', 'delete', 'gone', ...IN_ACME], { typed: ['n\r'] })
  t.is(no.code, 1)
  t.regex(no.stderr, /Delete the robot gone of acme\? \[y\/N\]/)
  t.is(await signIn(robot), 200)
  const yes = await asAnn(['robot', 'delete', 'gone', ...IN_ACME, '--yes'])
  t.deepEqual([yes.code, yes.stderr], [0, 'The robot gone of acme is gone.\n'])
  t.is(await signIn(robot), 401)
})

test('a robot with the action api uses the commands with its name and secret', async (t) => {
  const { password } = await make('worker', '--actions', 'pull', 'api')
  const env = signedIn(service.url, { username: 'robot$acme+worker', password })
  const { code, stdout } = await warden(['project', 'list', '--json'], { env })
  t.is(code, 0)
  t.deepEqual(
    JSON.parse(stdout).items.map(({ name }: { name: string }) => name),
    ['acme'],
  )
})
