import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { ADMIN, type Service, startService } from '../support/service.ts'
import { createHome, signedIn, warden } from './command.ts'

const ANN = { username: 'ann', password: 'anns-own-pw-7' }
let service: Service
let token: string

const makeToken = async (name: string, ...actions: readonly string[]): Promise<string> => {
  const rights = ['--repositories', '**', '--actions', ...actions]
  const env = signedIn(service.url, ANN)
  return (await warden(['token', 'create', name, ...rights], { env })).stdout.trim()
}

const makeRobot = async (name: string, ...actions: readonly string[]): Promise<string> => {
  const rights = ['--repositories', '**', '--actions', ...actions]
  const env = signedIn(service.url, ADMIN)
  const args = ['robot', 'create', name, '--project', 'acme', ...rights]
  return (await warden(args, { env })).stdout.trim()
}

test.before(async () => {
  service = await startService({ registryUrl: 'http://127.0.0.1:9' })
  await service.admin('POST', '/api/v1/users', ANN)
  await service.admin('POST', '/api/v1/projects', { name: 'acme' })
  token = await makeToken('cli', 'pull', 'api')
})
test.after.always(() => service?.stop())

const showMe = ['token', 'list', '--json'] as const

test('a token from the standard input is a login, and says whose it is', async (t) => {
  const { env, path, remove } = createHome()
  t.teardown(remove)
  const args = ['login', service.url, '--token-stdin']
  const { code, stdout, stderr } = await warden(args, { env, stdin: `${token}\n` })
  t.is(code, 0)
  t.is(stdout, '')
  t.is(
    stderr,
    `You are signed in to ${service.url} as ann.\n` +
      `The access token is now in ${path}, in readable form, for your account alone; warden logout removes it.\n` +
      'Next: warden project list\n',
  )
  t.deepEqual(JSON.parse(readFileSync(path, 'utf8')), { url: service.url, username: 'ann', token })
  t.is(statSync(path).mode & 0o777, 0o600)
  t.is((await warden(showMe, { env })).code, 0)
})

test('a person is asked for the token, and it is not shown', async (t) => {
  const { env, remove } = createHome()
  t.teardown(remove)
  const args = ['login', service.url, '--token-stdin']
  const { code, stderr } = await warden(args, { env, typed: [`${token}\r`] })
  t.is(code, 0)
  t.regex(stderr, /^Access token: \n/)
  t.false(stderr.includes(token))
})

test('the token of the environment needs no user name, by itself or in a file', async (t) => {
  const { env, path, remove } = createHome()
  t.teardown(remove)
  const file = join(env.HOME ?? '', 'token')
  writeFileSync(file, `${token}\n`)
  for (const given of [{ WARDEN_TOKEN: token }, { WARDEN_TOKEN_FILE: file }]) {
    const { code, stderr } = await warden(showMe, {
      env: { ...env, WARDEN_URL: service.url, ...given },
    })
    t.deepEqual([code, stderr], [0, ''])
  }
  t.false(existsSync(path))
})

test('R11: a token beside a user name is taken for that user alone', async (t) => {
  const env = { WARDEN_URL: service.url, WARDEN_TOKEN: token, HOME: '/nonexistent' }
  t.is((await warden(showMe, { env: { ...env, WARDEN_USERNAME: 'ann' } })).code, 0)
  t.is((await warden(showMe, { env: { ...env, WARDEN_USERNAME: 'admin' } })).code, 4)
})

test('a token and a password at once are wrong use', async (t) => {
  const env = { ...signedIn(service.url, ANN), WARDEN_TOKEN: token }
  for (const args of [showMe, ['login', service.url]]) {
    const { code, stderr } = await warden(args, { env })
    t.is(code, 2)
    t.is(stderr, 'WARDEN_TOKEN and WARDEN_PASSWORD are both set; keep one\n')
  }
})

test('what is no access token is told apart before it is sent, and not shown', async (t) => {
  const robot = await makeRobot('mistaken', 'pull')
  for (const [text, sentence] of [
    [robot, /is the secret of a robot, which signs in with its name/],
    ['two words', /is none; make one with: warden token create NAME/],
    [`rwi_${robot.slice(4)}`, /is none; make one with/],
  ] as const) {
    const env = { WARDEN_URL: service.url, WARDEN_TOKEN: text, HOME: '/nonexistent' }
    const { code, stderr } = await warden(showMe, { env })
    t.is(code, 2)
    t.regex(stderr, sentence)
    t.false(stderr.includes(text))
  }
})

test('a token that the service does not know keeps nothing', async (t) => {
  const { env, path, remove } = createHome()
  t.teardown(remove)
  const args = ['login', service.url, '--token-stdin']
  const { code } = await warden(args, { env, stdin: 'rwt_unknown' })
  t.is(code, 4)
  t.false(existsSync(path))
})

test('a token for the registry alone is refused with the reason', async (t) => {
  const { env, path, remove } = createHome()
  t.teardown(remove)
  const registryAlone = await makeToken('registry alone', 'pull')
  const args = ['login', service.url, '--token-stdin']
  const { code, stderr } = await warden(args, { env, stdin: registryAlone })
  t.is(code, 4)
  t.regex(stderr, /it has no permission with the action api/)
  t.false(existsSync(path))
})

test('a robot signs in with its name and secret, though it is no user', async (t) => {
  const { env, path, remove } = createHome()
  t.teardown(remove)
  const secret = await makeRobot('ci', 'pull', 'api')
  const args = ['login', service.url, '--username', 'Robot$acme+ci', '--password-stdin']
  const { code, stderr } = await warden(args, { env, stdin: `${secret}\n` })
  t.is(code, 0)
  t.regex(stderr, /as robot\$acme\+ci\.\n/)
  t.like(JSON.parse(readFileSync(path, 'utf8')), { username: 'robot$acme+ci', password: secret })
  t.is((await warden(['project', 'list'], { env })).code, 0)
})

test('a robot with a wrong secret, or for the registry alone, keeps nothing', async (t) => {
  const { env, path, remove } = createHome()
  t.teardown(remove)
  const login = (username: string, stdin: string) =>
    warden(['login', service.url, '--username', username, '--password-stdin'], { env, stdin })
  const silent = await makeRobot('silent', 'pull')
  const wrong = await login('robot$acme+silent', 'rwr_wrong')
  t.deepEqual([wrong.code, wrong.stderr], [4, 'the user name or the password is wrong\n'])
  const alone = await login('robot$acme+silent', silent)
  t.is(alone.code, 4)
  t.regex(alone.stderr, /it has no permission with the action api/)
  t.false(existsSync(path))
})
