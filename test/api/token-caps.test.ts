import test from 'ava'
import { openServers, type Servers } from '../../src/http/server.ts'
import { findFreePort } from '../../src/stack/ports.ts'
import { createKeepAliveClient, type PlainReply } from '../support/keep-alive-client.ts'
import { basic, type Credentials, type Service, startService } from '../support/service.ts'

const DEV = { username: 'dev', password: 'devs-own-pw-7' }
const KIB = 1024
let service: Service
let servers: Servers
let client: ReturnType<typeof createKeepAliveClient>

test.before(async () => {
  service = await startService({ registryUrl: 'http://127.0.0.1:9' })
  const port = await findFreePort()
  servers = await openServers([{ host: '127.0.0.1', port, listener: service.publicListener }])
  client = createKeepAliveClient(port, 4)
  await service.admin('POST', '/api/v1/users', DEV)
  await service.admin('POST', '/api/v1/projects', { name: 'acme' })
  await service.admin('PUT', '/api/v1/projects/acme/members/users/dev', { role: 'developer' })
})

test.after.always(async () => {
  client?.close()
  await servers?.close(1000)
  await service?.stop()
})

interface Answer {
  readonly status: number
  readonly message: string
  readonly actions: readonly string[]
  readonly access: readonly Readonly<Record<string, unknown>>[]
}

const claimsOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'))

function readAnswer({ status, text }: PlainReply): Answer {
  const body = JSON.parse(text)
  const access = status === 200 ? claimsOf(body.token).access : []
  const message = status === 200 ? '' : body.errors[0].message
  return { status, message, access, actions: access.flatMap((entry: Answer) => entry.actions) }
}

const ask = async (
  query: string,
  { as = DEV, headers = {} }: { as?: Credentials | null; headers?: Record<string, string> } = {},
): Promise<Answer> =>
  readAnswer(
    await client.send({
      method: 'GET',
      path: `/auth/token?service=registry-warden${query}`,
      headers: { ...(as && { authorization: basic(as) }), ...headers },
    }),
  )

const post = async (fields: Readonly<Record<string, string>>): Promise<Answer> =>
  readAnswer(
    await client.send({
      method: 'POST',
      path: '/auth/token',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({
        grant_type: 'password',
        service: 'registry-warden',
        ...DEV,
        ...fields,
      }).toString(),
    }),
  )

const scopes = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, n) => `repository:acme/app-${n}:pull`)

/** A scope of so many letters, whose actions fill it up. */
const scopeOfLength = (length: number): string => {
  const start = 'repository:acme/app:pull'
  return `${start}${',pull'.repeat(length)}`.slice(0, length).replace(/,$/, 'l')
}

test('25 scopes are taken, however they are sent, and a 26th is 400 that says so', async (t) => {
  const [most, more] = [scopes(25), scopes(26)]
  const repeated = (list: readonly string[]) => list.map((scope) => `&scope=${scope}`).join('')
  const joined = (list: readonly string[]) => `&scope=${list.join('%20')}`
  for (const write of [repeated, joined]) {
    t.is((await ask(write(most))).access.length, 25)
    const { status, message } = await ask(write(more))
    t.deepEqual([status, message], [400, 'the request has 26 scopes; at most 25 are taken at once'])
  }
  t.is((await post({ scope: most.join(' ') })).access.length, 25)
  const form = await post({ scope: more.join(' ') })
  t.deepEqual([form.status, form.message.includes('26 scopes')], [400, true])
})

test('a name of 255 letters is taken, and one of 256 is 400 that says so', async (t) => {
  const name = (length: number): string => `acme/${'a'.repeat(length - 5)}`
  t.deepEqual((await ask(`&scope=repository:${name(255)}:pull`)).actions, ['pull'])
  const { status, message } = await ask(`&scope=repository:${name(256)}:pull`)
  t.is(status, 400)
  t.regex(message, /^the scope ".*" has a name of more than 255 characters/)
})

test('a scope of 1024 letters is taken, and one of 1025 is 400 that says so', async (t) => {
  const [most, more] = [scopeOfLength(1024), scopeOfLength(1025)]
  t.deepEqual([most.length, more.length], [1024, 1025])
  t.is((await ask(`&scope=${most}`)).status, 200)
  const { status, message } = await ask(`&scope=${more}`)
  t.is(status, 400)
  t.regex(message, /^the scope ".*" is longer than 1024 characters/)
  t.true(message.length < 400)
})

test('headers above 32 KiB are 400 in JSON that says headers', async (t) => {
  t.is((await ask('', { headers: { 'x-pad': 'x'.repeat(31 * KIB) } })).status, 200)
  const { status, message } = await ask('', { headers: { 'x-pad': 'x'.repeat(33 * KIB) } })
  t.is(status, 400)
  t.regex(message, /^the headers are larger than 32768 bytes; ask for fewer scopes/)
})

test('a request line above 32 KiB is the same 400', async (t) => {
  const { status, message } = await ask(`&x=${'x'.repeat(33 * KIB)}`)
  t.is(status, 400)
  t.regex(message, /^the headers are larger/)
})

test('a form above 64 KiB is 400 that says form', async (t) => {
  t.is((await post({ pad: 'x'.repeat(63 * KIB) })).status, 200)
  const { status, message } = await post({ pad: 'x'.repeat(65 * KIB) })
  t.deepEqual([status, message], [400, 'the form is larger than 64kb'])
})

test('an account that is not the proven one is 401, in any case of letters the same', async (t) => {
  for (const account of ['dev', 'DEV', 'Dev', '']) {
    t.is((await ask(`&account=${account}&scope=repository:acme/app:pull`)).status, 200, account)
  }
  const other = await ask('&account=admin&scope=repository:acme/app:pull')
  t.is(other.status, 401)
  t.is(other.message, 'the request names another account than dev, who was proven')
  const nobody = await ask('&account=dev&scope=repository:acme/app:pull', { as: null })
  t.is(nobody.status, 401)
  t.is(nobody.message, 'the request names an account and proves none; send its password')
  t.is((await ask('&account=dev&account=dev')).status, 400)
})

test('an account that is not the proven one is 401 where its answers are warm, too', async (t) => {
  for (let times = 0; times < 3; times++) {
    t.is((await ask('&scope=repository:acme/warm:pull')).status, 200)
    t.is((await ask('&scope=repository:acme/warm:pull&account=admin')).status, 401)
  }
})

test('a scope of the type repository(plugin) is granted with its class', async (t) => {
  const { access } = await ask('&scope=repository(plugin):acme/app:pull,push')
  t.deepEqual(access, [
    { type: 'repository', class: 'plugin', name: 'acme/app', actions: ['pull', 'push'] },
  ])
  const form = await client.send({
    method: 'POST',
    path: '/auth/token',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({
      grant_type: 'password',
      service: 'registry-warden',
      scope: 'repository(plugin):acme/app:pull',
      ...DEV,
    }).toString(),
  })
  t.is(JSON.parse(form.text).scope, 'repository(plugin):acme/app:pull')
})

test('expires_in is a whole number of JSON, fresh, repeated and by form', async (t) => {
  const path = '/auth/token?service=registry-warden&scope=repository:acme/number:pull'
  const headers = { authorization: basic(DEV) }
  for (let times = 0; times < 3; times++) {
    const { text } = await client.send({ method: 'GET', path, headers })
    t.regex(text, /"expires_in":(?:300|29\d)[,}]/)
  }
  const form = await service.request('POST', '/auth/token', {
    raw: new URLSearchParams({
      grant_type: 'password',
      service: 'registry-warden',
      scope: 'repository:acme/number:pull,push',
      ...DEV,
    }).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  })
  t.is(form.body.expires_in, 900)
})
