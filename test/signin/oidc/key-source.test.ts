import type { ServerResponse } from 'node:http'
import test, { type ExecutionContext } from 'ava'
import type { JWK } from 'jose'
import { fetchKeys } from '../../../src/signin/oidc/fetch-keys.ts'
import { createKeySource, type KeySource } from '../../../src/signin/oidc/key-source.ts'
import {
  type AnsweringServer,
  answerJson,
  startAnsweringServer,
} from '../../support/answering-server.ts'
import { createKey } from '../../support/idp.ts'

const METADATA = '/.well-known/openid-configuration'
const KEYS = '/keys'

interface World {
  readonly server: AnsweringServer
  readonly source: KeySource
  readonly lines: string[]
  /** Moves the clock of the service. */
  readonly pass: (seconds: number) => void
  keys: JWK[]
}

const publicOf = ({ d: _, ...rest }: JWK): JWK => rest

async function startWorld(t: ExecutionContext, keysSeconds = 3600): Promise<World> {
  const server = await startAnsweringServer()
  t.teardown(server.close)
  const lines: string[] = []
  const write = (fields: object, message: string): void => {
    lines.push(JSON.stringify({ ...fields, message }))
  }
  let atMs = Date.parse('2026-11-20T12:00:00Z')
  const source = createKeySource({
    issuer: { name: 'corp', issuer: server.url },
    keysSeconds,
    log: { info: write, warn: write },
    now: () => new Date(atMs),
  })
  const world: World = {
    server,
    source,
    lines,
    pass: (seconds) => {
      atMs += seconds * 1000
    },
    keys: [publicOf(await createKey())],
  }
  server.answer = (path, response) =>
    answerJson(
      response,
      path === KEYS
        ? { keys: world.keys }
        : { issuer: server.url, jwks_uri: `${server.url}${KEYS}` },
    )
  return world
}

test('keys are read once, and then from memory for ten minutes', async (t) => {
  const { source, server, pass } = await startWorld(t)
  const keys = await source.read()
  pass(600)
  t.is(await source.read(), keys)
  t.deepEqual(server.asked, [METADATA, KEYS])
})

test('many who wait for keys share one question', async (t) => {
  const { source, server } = await startWorld(t)
  const all = await Promise.all(Array.from({ length: 50 }, () => source.read()))
  t.is(new Set(all).size, 1)
  t.deepEqual(server.asked, [METADATA, KEYS])
})

test('after ten minutes keys are read anew beside the requests that use them', async (t) => {
  const world = await startWorld(t)
  const { source, server, pass } = world
  const before = await source.read()
  world.keys = [publicOf(await createKey())]
  pass(601)
  t.is(await source.read(), before)
  // The one that is under way, whose end nobody has waited for yet.
  const after = await source.readAnew(before)
  t.not(after, before)
  t.is(await source.read(), after)
  t.deepEqual(server.asked, [METADATA, KEYS, METADATA, KEYS])
})

test('the same keys stay the same when they are read anew', async (t) => {
  const { source, pass } = await startWorld(t)
  const before = await source.read()
  pass(601)
  t.is(await source.readAnew(before), before)
})

test('invented keys make the issuer be asked once in ten seconds', async (t) => {
  const { source, server, pass } = await startWorld(t)
  const keys = await source.read()
  for (let time = 0; time < 20; time++) await source.readAnew(keys)
  t.is(server.asked.length, 2)
  pass(11)
  for (let time = 0; time < 20; time++) await source.readAnew(keys)
  t.is(server.asked.length, 4)
})

test('an issuer that is away: its keys go on until their age, then 503', async (t) => {
  const { source, server, pass, lines } = await startWorld(t)
  const keys = await source.read()
  await server.close()
  pass(3600)
  t.is(await source.read(), keys)
  t.is(await source.readAnew(keys), keys)
  pass(1)
  const error = await t.throwsAsync(source.read())
  t.like(error, { code: 'UNAVAILABLE', retryAfterSeconds: 10 })
  t.false(error?.message.includes('127.0.0.1'))
  t.regex(
    lines.at(-1) ?? '',
    /"source":"corp","reason":".*ECONNREFUSED.*keys of an issuer not read/,
  )
})

test('a clock that is set back makes no key younger', async (t) => {
  const { source, server, pass } = await startWorld(t)
  await source.read()
  await server.close()
  pass(-3601)
  t.like(await t.throwsAsync(source.read()), { code: 'UNAVAILABLE' })
})

test('an issuer that was away at first is asked again after ten seconds', async (t) => {
  const { source, server, pass } = await startWorld(t)
  const answer = server.answer
  server.answer = (_path, response) => response.writeHead(500).end()
  await t.throwsAsync(source.read())
  server.answer = answer
  await t.throwsAsync(source.read())
  t.deepEqual(server.asked, [METADATA])
  pass(11)
  t.is((await source.read()).text.includes('"kty":"EC"'), true)
})

type Answer = (server: AnsweringServer, path: string, response: ServerResponse) => void

const metadata = (server: AnsweringServer, rest: object) => ({
  issuer: server.url,
  jwks_uri: `${server.url}${KEYS}`,
  ...rest,
})

const FAULTS: Readonly<Record<string, readonly [Answer, RegExp]>> = {
  'R13: metadata of another name': [
    ({ url }, _path, response) =>
      answerJson(response, { issuer: `${url}/`, jwks_uri: `${url}${KEYS}` }),
    /says that the issuer is http:\/\/127\.0\.0\.1:\d+\/, not http:\/\/127\.0\.0\.1:\d+$/,
  ],
  'R20: keys over plain http elsewhere': [
    (server, _path, response) =>
      answerJson(response, metadata(server, { jwks_uri: 'http://keys.example.com/' })),
    /the jwks_uri http:\/\/keys\.example\.com\/ is no https URL/,
  ],
  'R20: keys in a file': [
    (server, _path, response) =>
      answerJson(response, metadata(server, { jwks_uri: 'file:///etc/passwd' })),
    /is no https URL/,
  ],
  'R20: a redirect': [
    (_server, _path, response) => response.writeHead(302, { location: KEYS }).end(),
    /answers 302/,
  ],
  'R20: too much': [
    (_server, _path, response) => response.writeHead(200).end(' '.repeat(300_000)),
    /sent more than 262144 bytes/,
  ],
  'no metadata': [(_server, _path, response) => answerJson(response, {}), /no issuer and jwks_uri/],
  'no JSON': [(_server, _path, response) => response.writeHead(200).end('<html>'), /JSON/],
  'no set of keys': [
    (server, path, response) =>
      answerJson(response, path === KEYS ? { keys: 'none' } : metadata(server, {})),
    /is no set of keys/,
  ],
}

for (const [name, [answer, reason]] of Object.entries(FAULTS)) {
  test(`${name} of an issuer: no keys`, async (t) => {
    const { server, source, lines } = await startWorld(t)
    server.answer = (path, response) => answer(server, path, response)
    await t.throwsAsync(fetchKeys({ issuer: server.url }), { message: reason })
    t.like(await t.throwsAsync(source.read()), { code: 'UNAVAILABLE' })
    t.regex(JSON.parse(lines.at(-1) ?? '').reason, reason)
  })
}

test('R20: an issuer that says nothing is waited for five seconds', async (t) => {
  const { server } = await startWorld(t)
  server.answer = () => undefined
  const startedAtMs = performance.now()
  await t.throwsAsync(fetchKeys({ issuer: server.url }), { message: /timeout/i })
  const ms = performance.now() - startedAtMs
  t.true(ms > 4000 && ms < 8000, `${ms} ms`)
})

test('keys of an address that the configuration names are read there alone', async (t) => {
  const { server } = await startWorld(t)
  const { json } = await fetchKeys({ issuer: server.url, jwksUri: `${server.url}${KEYS}` })
  t.is(json.keys.length, 1)
  t.deepEqual(server.asked, [KEYS])
})
