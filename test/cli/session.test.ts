import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import test from 'ava'
import { ADMIN, type Service, startService } from '../support/service.ts'
import { createHome, signedIn, warden } from './command.ts'

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

test('the environment stands for a login, with the password in a file', async (t) => {
  const { env, path, remove } = createHome()
  t.teardown(remove)
  const file = join(env.HOME ?? '', 'password')
  writeFileSync(file, `${ADMIN.password}\n`)
  const { code, stdout } = await warden(['user', 'show', 'admin', '--json'], {
    env: {
      ...env,
      WARDEN_URL: `${service.url}/`,
      WARDEN_USERNAME: 'admin',
      WARDEN_PASSWORD_FILE: file,
    },
  })
  t.is(code, 0)
  t.is(JSON.parse(stdout).username, 'admin')
  t.false(existsSync(path))
})

test('a user name without a password is wrong use', async (t) => {
  const env = { WARDEN_URL: service.url, WARDEN_USERNAME: 'admin', HOME: '/nonexistent' }
  const { code, stderr } = await warden(['user', 'list'], { env })
  t.is(code, 2)
  t.regex(stderr, /one of WARDEN_USERNAME and WARDEN_PASSWORD is set without the other/)
})

test('a password file that is not there is named', async (t) => {
  const env = { WARDEN_URL: service.url, WARDEN_PASSWORD_FILE: '/nonexistent/password' }
  const { code, stderr } = await warden(['user', 'list'], { env })
  t.is(code, 2)
  t.regex(stderr, /WARDEN_PASSWORD_FILE names a file that cannot be read/)
})

test("a broken variable of the service is none of the client's concern", async (t) => {
  const env = { ...signedIn(service.url, ADMIN), WARDEN_DB_PASSWORD_FILE: '/nonexistent/password' }
  const { code, stderr } = await warden(['user', 'show', 'admin'], { env })
  t.is(code, 0)
  t.is(stderr, '')
})

test('a kept password is not sent to another address', async (t) => {
  const { env, remove } = createHome()
  t.teardown(remove)
  await pipedLogin(env)
  const other = service.url.replace('127.0.0.1', '127.1')
  const { code, stderr } = await warden(['user', 'list'], { env: { ...env, WARDEN_URL: other } })
  t.is(code, 4)
  t.regex(
    stderr,
    /this needs a user name and a password; sign in with: warden login http:\/\/127\.1/,
  )
})

test('what is public needs no login', async (t) => {
  const { code, stdout } = await warden(['project', 'list', '--json'], {
    env: { WARDEN_URL: service.url, HOME: '/nonexistent' },
  })
  t.is(code, 0)
  t.deepEqual(JSON.parse(stdout), { items: [] })
})

test('a file that others may read is used with a warning', async (t) => {
  const { env, path, remove } = createHome()
  t.teardown(remove)
  await pipedLogin(env)
  chmodSync(path, 0o644)
  const { code, stderr } = await warden(['user', 'show', 'admin'], { env })
  t.is(code, 0)
  t.is(stderr, `Other people may read ${path}, and it holds a password: chmod 600 it.\n`)
})

test('a broken file is named, and a new login replaces it', async (t) => {
  const { env, path, remove } = createHome()
  t.teardown(remove)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, '{"url":')
  const { code, stderr } = await warden(['user', 'list'], { env })
  t.is(code, 1)
  t.regex(stderr, /login\.json cannot be read .*; remove it and run: warden login/)
  t.is((await pipedLogin(env)).code, 0)
  t.is((await warden(['user', 'list'], { env })).code, 0)
})
