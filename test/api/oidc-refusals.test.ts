import { createHmac, createPublicKey, type JsonWebKey } from 'node:crypto'
import test, { type ExecutionContext } from 'ava'
import type { JWK } from 'jose'
import { createKey, signToken } from '../support/idp.ts'
import { type OidcWorld, startOidcWorld } from '../support/oidc-world.ts'
import { ADMIN } from '../support/service.ts'

let world: OidcWorld
let key: JWK

const nowSeconds = (): number => Math.floor(world.now().getTime() / 1000)

/** What the provider would say of olga, but for what is changed. */
const claims = (change: object = {}) => ({
  iss: world.idp.issuer,
  sub: 'olga',
  aud: world.idp.audience,
  iat: nowSeconds(),
  exp: nowSeconds() + 600,
  preferred_username: 'olga',
  ...change,
})

test.before(async () => {
  world = await startOidcWorld({ olga: { preferred_username: 'olga' } })
  const [first] = world.idp.keys()
  if (first === undefined) throw new Error('the provider has no key')
  key = first
})
test.after.always(() => world?.stop())

let asked = 0

/** Asks with a token. @returns the answer, and why the log says that it was refused */
async function tryToken(t: ExecutionContext, token: string) {
  const requestId = `refusal-${++asked}`
  const headers = { 'x-request-id': requestId }
  const reply = await world.ask(token, 'GET', '/me', { headers })
  const lines = world.service.logged().split('\n')
  const ours = `"${requestId}"`
  const line = lines.find((text) => text.includes(ours) && text.includes('bearer refused'))
  t.false(lines.some((text) => token !== '' && text.includes(token)))
  return { reply, requestId, reason: line === undefined ? undefined : JSON.parse(line).reason }
}

test('a token as the provider signs it is taken', async (t) => {
  const { accessToken } = await world.idp.signIn('olga')
  t.is((await world.ask(accessToken)).body.username, 'olga')
  t.is((await world.ask(signToken(key, claims()))).status, 200)
})

const withoutClaim = (name: string): object => ({ [name]: undefined })

/** HS256 with what everybody knows: the old trick against who lets the token choose. */
function signWithPublicKey(): string {
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const text = `${encode({ alg: 'HS256', typ: 'JWT', kid: key.kid })}.${encode(claims())}`
  const pem = createPublicKey({ key: key as JsonWebKey, format: 'jwk' })
    .export({ type: 'spki', format: 'pem' })
    .toString()
  return `${text}.${createHmac('sha256', pem).update(text).digest('base64url')}`
}

const registryToken = async (): Promise<string> => {
  const path = '/auth/token?service=registry-warden'
  return (await world.service.request('GET', path, { as: ADMIN })).body.token
}

const BAD: Readonly<Record<string, readonly [string, () => string | Promise<string>]>> = {
  'another issuer': ['issuer', () => signToken(key, claims({ iss: 'https://evil.example.com' }))],
  'an issuer with a slash more': [
    'issuer',
    () => signToken(key, claims({ iss: `${world.idp.issuer}/` })),
  ],
  'an issuer that is a list': [
    'unreadable',
    () => signToken(key, claims({ iss: [world.idp.issuer] })),
  ],
  'another audience': ['audience', () => signToken(key, claims({ aud: 'https://other.test' }))],
  'a longer audience': [
    'audience',
    () => signToken(key, claims({ aud: `${world.idp.audience}.evil.test` })),
  ],
  'no audience': ['audience', () => signToken(key, claims(withoutClaim('aud')))],
  'the algorithm none': [
    'algorithm',
    () => signToken(key, claims(), { alg: 'none' }).replace(/[^.]*$/, ''),
  ],
  'the algorithm none, written another way': [
    'algorithm',
    () => signToken(key, claims(), { alg: 'NoNe' }).replace(/[^.]*$/, ''),
  ],
  'no signature': ['signature', () => signToken(key, claims()).replace(/[^.]*$/, '')],
  'HS256 with the public key': ['algorithm', signWithPublicKey],
  'the time over': ['expired', () => signToken(key, claims({ exp: nowSeconds() - 31 }))],
  'no end': ['claims', () => signToken(key, claims(withoutClaim('exp')))],
  'an end that is a text': ['claims', () => signToken(key, claims({ exp: '9999999999' }))],
  'a time that has not come': ['notYet', () => signToken(key, claims({ nbf: nowSeconds() + 60 }))],
  'an issue to come': ['notYet', () => signToken(key, claims({ iat: nowSeconds() + 60 }))],
  'no time of issue': ['claims', () => signToken(key, claims(withoutClaim('iat')))],
  // A date that is none would be kept as no end at all of what groups give (R9).
  'a time of issue that no clock shows': ['claims', () => signToken(key, claims({ iat: -1e300 }))],
  'a time of issue that no database keeps': [
    'claims',
    () => signToken(key, claims({ iat: -1e11 })),
  ],
  'no subject': ['claims', () => signToken(key, claims(withoutClaim('sub')))],
  'an empty subject': ['claims', () => signToken(key, claims({ sub: '' }))],
  'a subject that is a number': ['claims', () => signToken(key, claims({ sub: 7 }))],
  'a subject that is too long': ['claims', () => signToken(key, claims({ sub: 's'.repeat(256) }))],
  'a key that the issuer does not have': [
    'key',
    async () => signToken(await createKey(), claims()),
  ],
  "a foreign key under the issuer's id": [
    'signature',
    async () => signToken({ ...(await createKey()), kid: key.kid ?? '' }, claims()),
  ],
  'a key of its own in the header': [
    'key',
    async () => {
      const own = await createKey()
      const { d: _, ...jwk } = own
      return signToken(own, claims(), { jwk, jku: 'https://evil.example.com/keys' })
    },
  ],
  'no key id and a foreign key': [
    'signature',
    async () =>
      signToken({ ...(await createKey()), kid: undefined as unknown as string }, claims()),
  ],
  'another type': ['type', () => signToken(key, claims(), { typ: 'logout+jwt' })],
  'a critical header that nobody knows': [
    'unreadable',
    () => signToken(key, claims(), { crit: ['b'], b: 1 }),
  ],
  'changed claims': [
    'signature',
    () => {
      const [header, , signature] = signToken(key, claims()).split('.')
      const payload = Buffer.from(JSON.stringify(claims({ sub: 'admin' }))).toString('base64url')
      return `${header}.${payload}.${signature}`
    },
  ],
  'too many characters': ['tooLong', () => signToken(key, claims({ pad: 'p'.repeat(10_000) }))],
  'claims that are no JSON': ['unreadable', () => signToken(key, 'olga')],
  'a header that is no JSON': [
    'unreadable',
    () => signToken(key, claims()).replace(/^[^.]*/, 'b2xnYQ'),
  ],
  'the signature of a token for the registry': ['registryToken', registryToken],
  'the issuer of tokens for the registry': [
    'registryToken',
    () => signToken(key, claims({ iss: 'registry-warden' })),
  ],
  'a certificate in its header': [
    'registryToken',
    () => signToken(key, claims(), { x5c: ['MIIB'] }),
  ],
}

for (const [what, [reason, make]] of Object.entries(BAD)) {
  test(`R13: a token with ${what} is refused, and the log has the reason ${reason}`, async (t) => {
    const found = await tryToken(t, await make())
    t.deepEqual([found.reply.status, found.reason], [401, reason])
  })
}

test('R13: whatever is wrong, the answer is the same', async (t) => {
  const answers = new Set<string>()
  for (const [, make] of Object.values(BAD)) {
    const { reply, requestId } = await tryToken(t, await make())
    const { date: _, 'x-request-id': id, ...headers } = Object.fromEntries(reply.headers)
    t.is(id, requestId)
    answers.add(JSON.stringify({ ...reply, headers }).replaceAll(requestId, 'ID'))
  }
  t.is(answers.size, 1)
  t.like(JSON.parse([...answers][0] ?? ''), {
    status: 401,
    body: {
      detail:
        'the Bearer is neither an access token of this service nor a token that it takes of an issuer; registry tokens open nothing here',
      errors: [{ code: 'UNAUTHORIZED' }],
    },
  })
})

for (const [what, header] of [
  ['no type', { typ: undefined }],
  ['the type JWT', { typ: 'JWT' }],
  ['the type of an access token in its long form', { typ: 'application/AT+JWT' }],
  ['no key id while the issuer has one key', { kid: undefined }],
] as const) {
  test(`a token with ${what} is taken`, async (t) => {
    t.is((await world.ask(signToken(key, claims(), header))).status, 200)
  })
}

test('a token within the leeway of 30 seconds is taken', async (t) => {
  const early = claims({ iat: nowSeconds() + 25, nbf: nowSeconds() + 25 })
  const late = claims({ exp: nowSeconds() - 25 })
  t.is((await world.ask(signToken(key, early))).status, 200)
  t.is((await world.ask(signToken(key, late))).status, 200)
})

test('one of several audiences is enough', async (t) => {
  const aud = ['https://other.test', world.idp.audience]
  t.is((await world.ask(signToken(key, claims({ aud })))).status, 200)
})

test.serial('R10: a JWT is no password, whoever sends it, and costs no hash', async (t) => {
  const countHashes = async (): Promise<string> => {
    const text = (await (await fetch(`${world.service.privateUrl}/metrics`)).text()) ?? ''
    return /^warden_password_checks_total.*$/gm.exec(text)?.[0] ?? ''
  }
  const password = signToken(key, claims())
  const before = await countHashes()
  for (const username of ['olga', ADMIN.username, 'nobody']) {
    for (const path of ['/auth/token?service=registry-warden', '/api/v1/me']) {
      const { status, body } = await world.service.request('GET', path, {
        as: { username, password },
      })
      t.is(status, 401)
      t.true(JSON.stringify(body).includes('the user name or the password is wrong'))
    }
  }
  t.is(await countHashes(), before)
})

test('the realm takes no Bearer of an issuer', async (t) => {
  const headers = { authorization: `Bearer ${signToken(key, claims())}` }
  const path = '/auth/token?service=registry-warden'
  t.is((await world.service.request('GET', path, { headers })).status, 401)
})

test('an issuer is not asked for what only looks like its tokens', async (t) => {
  t.is((await world.ask('a.b.c')).status, 401)
  t.is((await world.ask('not-a-token')).status, 401)
})
