import test from 'ava'
import { ADMIN, type Service, startService } from '../support/service.ts'
import { type CommandInput, type Result, signedIn, warden } from './command.ts'

let service: Service

test.before(async () => {
  service = await startService({ registryUrl: 'http://127.0.0.1:9' })
  for (const username of ['ann', 'ben']) {
    await service.admin('POST', '/api/v1/users', { username, password: `${username}s-own-pw-7` })
  }
})
test.after.always(() => service.stop())

const asAdmin = (args: readonly string[], input: CommandInput = {}): Promise<Result> =>
  warden(args, { ...input, env: signedIn(service.url, ADMIN) })

const asAnn = (args: readonly string[]): Promise<Result> =>
  warden(args, { env: signedIn(service.url, { username: 'ann', password: 'anns-own-pw-7' }) })

const INSTANT = /\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z/g

/** Lines without padding, with every instant as NOW. */
const rowsOf = (text: string): readonly string[] =>
  text
    .replace(INSTANT, 'NOW')
    .split('\n')
    .map((line) => line.trimEnd().replace(/ {2,}/g, ' | '))

test('a user is made with a password from the standard input, and may sign in', async (t) => {
  const args = ['user', 'create', 'Carl', '--password-stdin', '--display-name', 'Carl C.']
  const { code, stdout, stderr } = await asAdmin(args, { stdin: 'carls-own-pw-7\n' })
  t.is(code, 0)
  t.is(stdout, '')
  t.is(stderr, 'The user carl is made.\nNext: warden member set PROJECT carl --role developer\n')
  const as = { username: 'carl', password: 'carls-own-pw-7' }
  t.is((await service.request('GET', '/api/v1/me', { as })).body.displayName, 'Carl C.')
})

test('a person types a new password twice', async (t) => {
  const typed = ['dias-own-pw-7\r', 'dias-own-pw-7\r']
  const { code, stderr } = await asAdmin(['user', 'create', 'dia'], { typed })
  t.is(code, 0)
  t.regex(stderr, /^Password for dia: \nOnce more: \nThe user dia is made\./)
  t.false(stderr.includes('dias-own-pw-7'))
})

test('two passwords that differ make no user', async (t) => {
  const typed = ['dias-own-pw-7\r', 'dias-own-pw-8\r']
  const { code, stderr } = await asAdmin(['user', 'create', 'eva'], { typed })
  t.is(code, 2)
  t.regex(stderr, /the two passwords differ; nothing was done/)
  t.is((await asAdmin(['user', 'show', 'eva'])).code, 3)
})

test('programs get the new user as JSON and no suggestion', async (t) => {
  const args = ['user', 'create', 'fay', '--password-stdin', '--system-role', 'auditor', '--json']
  const { code, stdout, stderr } = await asAdmin(args, { stdin: 'fays-own-pw-7' })
  t.is(code, 0)
  t.is(stderr, '')
  const { createdAt, updatedAt, ...user } = JSON.parse(stdout)
  t.is(createdAt, updatedAt)
  t.deepEqual(user, {
    username: 'fay',
    email: null,
    displayName: null,
    systemRole: 'auditor',
    disabled: false,
  })
})

test('a name that is taken is a conflict', async (t) => {
  const args = ['user', 'create', 'ann', '--password-stdin']
  const { code, stderr } = await asAdmin(args, { stdin: 'other-own-pw-7' })
  t.is(code, 5)
  t.regex(stderr, /\bann\b.*taken/)
})

test('a weak password is wrong use, with the reason', async (t) => {
  const args = ['user', 'create', 'gus', '--password-stdin']
  const { code, stderr } = await asAdmin(args, { stdin: 'password123' })
  t.is(code, 2)
  t.is(
    stderr,
    'the password is not accepted: it is on a list of well-known passwords; choose another one\n',
  )
})

test('who may not do a thing is refused', async (t) => {
  const { code, stdout, stderr } = await asAnn(['user', 'list'])
  t.is(code, 4)
  t.is(stdout, '')
  t.not(stderr, '')
})

test('a user is shown field by field', async (t) => {
  const { code, stdout } = await asAdmin(['user', 'show', 'ben'])
  t.is(code, 0)
  t.deepEqual(rowsOf(stdout), [
    'field | value',
    'user | ben',
    'display name | -',
    'email | -',
    'system role | -',
    'state | enabled',
    'created | NOW',
    '',
  ])
})

test('a user who is not there is not found', async (t) => {
  t.deepEqual(await asAdmin(['user', 'show', 'nobody']), {
    code: 3,
    stdout: '',
    stderr: 'there is no user nobody\n',
  })
})

test('a list stops at its limit and says that there is more', async (t) => {
  const { stdout, stderr } = await asAdmin(['user', 'list', '--limit', '2'])
  t.deepEqual(rowsOf(stdout), [
    'user | display name | email | system role | state | created',
    'admin | - | - | administrator | enabled | NOW',
    'ann | - | - | - | enabled | NOW',
    '',
  ])
  t.is(stderr, 'These are the first 2; there are more.\n')
})

test('a list is one JSON document for programs', async (t) => {
  const { stdout, stderr } = await asAdmin(['user', 'list', '--json'])
  t.is(stderr, '')
  const { items } = JSON.parse(stdout)
  t.deepEqual(
    items.slice(0, 3).map(({ username }: { username: string }) => username),
    ['admin', 'ann', 'ben'],
  )
})

test('a disabled user signs in again only when enabled', async (t) => {
  const as = { username: 'hal', password: 'hals-own-pw-7' }
  await service.admin('POST', '/api/v1/users', as)
  const signIn = async () => (await service.request('GET', '/api/v1/me', { as })).status
  const disabled = await asAdmin(['user', 'disable', 'hal'])
  t.is(disabled.code, 0)
  t.regex(disabled.stderr, /^The user hal is disabled/)
  t.is(await signIn(), 401)
  const enabled = await asAdmin(['user', 'enable', 'hal', '--json'])
  t.is(JSON.parse(enabled.stdout).disabled, false)
  t.is(await signIn(), 200)
})

test('what is said of a user is changed, and taken away', async (t) => {
  const password = 'dees-own-pw-7'
  await service.admin('POST', '/api/v1/users', { username: 'dee', password })
  const args = ['--email', 'dee@example.com', '--display-name', 'Dee', '--system-role', 'auditor']
  const set = await asAdmin(['user', 'set', 'dee', ...args])
  t.is(set.stderr, 'The user dee is changed; system role auditor.\n')
  const taken = ['--email', '', '--system-role', 'none', '--json']
  const { stdout } = await asAdmin(['user', 'set', 'dee', ...taken])
  t.like(JSON.parse(stdout), { email: null, displayName: 'Dee', systemRole: null })
  const nothing = await asAdmin(['user', 'set', 'dee'])
  t.deepEqual([nothing.code, nothing.stderr], [2, 'nothing to change: give at least one option\n'])
})

test('users are searched by the beginning of their name', async (t) => {
  const { stdout } = await asAdmin(['user', 'list', '--search', 'be', '--json'])
  t.deepEqual(
    JSON.parse(stdout).items.map(({ username }: { username: string }) => username),
    ['ben'],
  )
})

test('a link for a new password is asked for without signing in, where mail is sent', async (t) => {
  const { code, stderr } = await warden(['user', 'reset-password', 'Ann'], {
    env: { WARDEN_URL: service.url },
  })
  t.is(code, 5)
  t.regex(stderr, /this service sends no mail; ask an administrator/)
})
