import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import test from 'ava'
import { ADMIN, type Service, startService } from '../support/service.ts'
import { createHome, warden } from './command.ts'

let service: Service

test.before(async () => {
  service = await startService({ registryUrl: 'http://127.0.0.1:9' })
})
test.after.always(() => service.stop())

const pipedLogin = (env: NodeJS.ProcessEnv, password: string = ADMIN.password) =>
  warden(['login', service.url, '--username', 'admin', '--password-stdin'], {
    env,
    stdin: `${password}\n`,
  })

const modeOf = (path: string): number => statSync(path).mode & 0o777

test('a login is kept for its owner alone, and says that it holds the password', async (t) => {
  const { env, path, remove } = createHome()
  t.teardown(remove)
  const { code, stdout, stderr } = await pipedLogin(env)
  t.is(code, 0)
  t.is(stdout, '')
  t.is(
    stderr,
    `You are signed in to ${service.url} as admin.\n` +
      `The password is now in ${path}, in readable form, for your account alone; warden logout removes it.\n` +
      'Next: warden project list\n',
  )
  t.deepEqual(JSON.parse(readFileSync(path, 'utf8')), { url: service.url, ...ADMIN })
  t.deepEqual([modeOf(path), modeOf(dirname(path))], [0o600, 0o700])
})

test('the commands after a login need nothing more, until the logout', async (t) => {
  const { env, path, remove } = createHome()
  t.teardown(remove)
  await pipedLogin(env)
  t.is((await warden(['user', 'show', 'admin'], { env })).code, 0)
  t.is((await warden(['logout'], { env })).stderr, `You are signed out; ${path} is gone.\n`)
  t.false(existsSync(path))
  const { code, stderr } = await warden(['user', 'show', 'admin'], { env })
  t.is(code, 4)
  t.regex(stderr, /you are not signed in; run: warden login URL --username NAME/)
  t.deepEqual(await warden(['logout'], { env }), {
    code: 0,
    stdout: '',
    stderr: 'You were not signed in.\n',
  })
})

test('XDG_CONFIG_HOME moves the file', async (t) => {
  const { env, path, remove } = createHome()
  t.teardown(remove)
  const folder = join(dirname(path), 'elsewhere')
  await pipedLogin({ ...env, XDG_CONFIG_HOME: folder })
  t.is(modeOf(join(folder, 'registry-warden', 'login.json')), 0o600)
  t.false(existsSync(path))
})

test('a wrong password is refused and keeps nothing', async (t) => {
  const { env, path, remove } = createHome()
  t.teardown(remove)
  const { code, stderr } = await pipedLogin(env, 'wrong-wrong-7')
  t.is(code, 4)
  t.is(stderr, 'the user name or the password is wrong\n')
  t.false(existsSync(path))
})

test('a person is asked for name and password, and the password is not shown', async (t) => {
  const { env, remove } = createHome()
  t.teardown(remove)
  const typed = ['ADMIN\r', `${ADMIN.password}\r`]
  const { code, stdout, stderr } = await warden(['login', service.url], { env, typed })
  t.is(code, 0)
  t.is(stdout, '')
  t.regex(stderr, /User name: /)
  t.regex(stderr, /Password of ADMIN: \n/)
  t.false(stderr.includes(ADMIN.password))
  // The service knows the one spelling of a name.
  t.regex(stderr, /as admin\./)
})

for (const [key, typed] of [
  ['Ctrl-C', '\u0003'],
  ['Ctrl-D', '\u0004'],
] as const) {
  test(`${key} at the password ends the login`, async (t) => {
    const { env, path, remove } = createHome()
    t.teardown(remove)
    const args = ['login', service.url, '--username', 'admin']
    const { code, stderr } = await warden(args, { env, typed: [typed] })
    t.is(code, 1)
    t.regex(stderr, /cancelled; nothing was done/)
    t.false(existsSync(path))
  })
}

test('an address without its scheme is wrong use', async (t) => {
  const args = ['login', 'localhost:5000', '--username', 'admin', '--password-stdin']
  const { code, stderr } = await warden(args, { stdin: 'x' })
  t.is(code, 2)
  t.is(
    stderr,
    'the address localhost:5000 must be an http or https URL; write it like https://registry.example.com\n',
  )
})

test('a password over a network in the clear is warned of before it is asked for', async (t) => {
  const args = ['login', 'http://warden.invalid', '--username', 'admin', '--password-stdin']
  const { code, stderr } = await warden(args, { stdin: 'x', env: { HOME: '/nonexistent' } })
  t.is(code, 1)
  t.regex(stderr, /^Warning: http:\/\/warden\.invalid is not encrypted/)
})

test('programs get the login as JSON, without the password', async (t) => {
  const { env, path, remove } = createHome()
  t.teardown(remove)
  const args = ['login', service.url, '--username', 'admin', '--password-stdin', '--json']
  const { stdout, stderr } = await warden(args, { env, stdin: ADMIN.password })
  t.deepEqual(JSON.parse(stdout), { url: service.url, username: 'admin', path })
  t.is(stderr, '')
})
