import test from 'ava'
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'
import {
  type AnsweringServer,
  answerJson,
  startAnsweringServer,
} from '../support/answering-server.ts'
import { type Reply, type Service, startService } from '../support/service.ts'

/** One server that stands for several issuers, each with keys of its own. */
let server: AnsweringServer
let service: Service

interface Pair {
  readonly privateKey: CryptoKey
  readonly jwk: JWK
}

async function createPair(alg: string, more: object = {}): Promise<Pair> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  return { privateKey, jwk: { ...(await exportJWK(publicKey)), ...more } }
}

const DEFAULTS = ['RS256', 'PS256', 'ES256', 'EdDSA'] as const
const pairs = new Map<string, Pair>()
const pairOf = (name: string): Pair => {
  const found = pairs.get(name)
  if (found === undefined) throw new Error(`no key ${name}`)
  return found
}

/** No token here names its key, so all of a kind are tried. */
const keysOf: Readonly<Record<string, () => readonly object[]>> = {
  mixed: () => [
    { kty: 'oct', k: 'c2VjcmV0', alg: 'HS256' },
    { kty: 'EC', crv: 'P-256' },
    { kty: 'unheard-of' },
    ...DEFAULTS.map((alg) => pairOf(alg).jwk),
    pairOf('RS512').jwk,
  ],
  narrow: () => [pairOf('RS256').jwk, pairOf('ES256').jwk],
  many: () => [
    ...Array.from({ length: 7 }, (_, n) => pairOf(`EC ${n}`).jwk),
    pairOf('eighth').jwk,
    pairOf('ninth').jwk,
  ],
  sealing: () => [pairOf('sealing').jwk],
}

test.before(async () => {
  const wanted: readonly (readonly [string, string, object?])[] = [
    ...DEFAULTS.map((alg) => [alg, alg] as const),
    ['RS512', 'RS512', { alg: 'RS512' }],
    ...Array.from({ length: 7 }, (_, n) => [`EC ${n}`, 'ES256'] as const),
    ['eighth', 'ES256'],
    ['ninth', 'ES256'],
    ['sealing', 'ES256', { use: 'enc' }],
  ]
  for (const [name, alg, more] of wanted) pairs.set(name, await createPair(alg, more))
  server = await startAnsweringServer()
  server.answer = (path, response) => {
    const [, name = ''] = path.split('/')
    const issuer = `${server.url}/${name}`
    const keys = keysOf[name]?.() ?? []
    answerJson(response, path.endsWith('/keys') ? { keys } : { issuer, jwks_uri: `${issuer}/keys` })
  }
  const issuers = Object.keys(keysOf).map((name) => ({
    name,
    issuer: `${server.url}/${name}`,
    audiences: ['registry'],
    ...(name === 'narrow' && { algorithms: ['RS256'], types: ['at+jwt'] }),
  }))
  service = await startService({
    registryUrl: 'http://127.0.0.1:9',
    env: { WARDEN_OIDC_ISSUERS: JSON.stringify(issuers), WARDEN_API_RATE: '0' },
  })
})
test.after.always(async () => {
  await service?.stop()
  await server?.close()
})

let asked = 0

/** Asks with a token of that issuer by that key. @returns the status, and why it was refused */
async function ask(issuer: string, key: string, header: { alg: string; typ?: string }) {
  const requestId = `algorithm-${++asked}`
  const token = await new SignJWT({ preferred_username: `${issuer}-person` })
    .setProtectedHeader(header)
    .setIssuer(`${server.url}/${issuer}`)
    .setSubject('one')
    .setAudience('registry')
    .setIssuedAt()
    .setExpirationTime('5m')
    .sign(pairOf(key).privateKey)
  const headers = { authorization: `Bearer ${token}`, 'x-request-id': requestId }
  const { status }: Reply = await service.request('GET', '/api/v1/me', { headers })
  const lines = service.logged().split('\n')
  const line = lines.find(
    (text) => text.includes(`"${requestId}"`) && text.includes('bearer refused'),
  )
  return line === undefined ? status : `${status} ${JSON.parse(line).reason}`
}

for (const alg of DEFAULTS) {
  test(`R13: a token by ${alg} is taken, whatever else is among the keys`, async (t) => {
    t.is(await ask('mixed', alg, { alg }), 200)
  })
}

test('R13: an algorithm that is not listed is refused, though the issuer has such a key', async (t) => {
  t.is(await ask('mixed', 'RS512', { alg: 'RS512' }), '401 algorithm')
  t.is(await ask('narrow', 'ES256', { alg: 'ES256', typ: 'at+jwt' }), '401 algorithm')
  t.is(await ask('narrow', 'RS256', { alg: 'RS256', typ: 'at+jwt' }), 200)
})

test('R13: a type that is not listed is refused, and so is none', async (t) => {
  t.is(await ask('narrow', 'RS256', { alg: 'RS256', typ: 'JWT' }), '401 type')
  t.is(await ask('narrow', 'RS256', { alg: 'RS256' }), '401 type')
})

test('R13: of keys that a token does not name eight are tried, and no more', async (t) => {
  t.is(await ask('many', 'EC 0', { alg: 'ES256' }), 200)
  t.is(await ask('many', 'eighth', { alg: 'ES256' }), 200)
  t.is(await ask('many', 'ninth', { alg: 'ES256' }), '401 signature')
})

test('R13: a key that the issuer has for sealing signs nothing', async (t) => {
  t.is(await ask('sealing', 'sealing', { alg: 'ES256' }), '401 key')
})
