import { join } from 'node:path'
import test from 'ava'
import { createSigner } from '../../src/signing/signer.ts'
import { preparePendingAuthority } from '../../src/signing/token-authority.ts'
import { createOwnTokens, issueToken } from '../../src/token/issue-token.ts'
import { makePassingDir } from '../support/temporary-dir.ts'

const NOW = new Date('2026-06-01T12:00:00.700Z')
const NOW_SECONDS = Date.parse('2026-06-01T12:00:00Z') / 1000

const createDeps = async (leafSeconds = 3600, now = () => NOW) => {
  const dir = makePassingDir()
  const place = { authorityPath: join(dir, 'ca.pem'), bundlePath: join(dir, 'ca.crt') }
  const authority = await preparePendingAuthority(place, NOW)
  return {
    signer: createSigner({ authority, leafSeconds, now }),
    now,
    settings: { service: 'reg', issuer: 'iss', pullSeconds: 300, pushSeconds: 900 },
  }
}

const claimsOf = (token: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'))

const pull = { type: 'repository', name: 'acme/app', actions: ['pull'] }
const push = { type: 'repository', name: 'acme/app', actions: ['pull', 'push'] }

test('a token says who, for whom, how long and what, in the types that the registry reads', async (t) => {
  const { token } = issueToken(await createDeps(), { sub: 'alice', access: [pull] })
  const { jti, ...claims } = claimsOf(token)
  t.regex(String(jti), /^[0-9a-f-]{36}$/)
  t.deepEqual(claims, {
    iss: 'iss',
    sub: 'alice',
    aud: 'reg',
    exp: NOW_SECONDS + 300,
    nbf: NOW_SECONDS,
    iat: NOW_SECONDS,
    access: [pull],
  })
})

test('a token that may push lives longer than one that may pull', async (t) => {
  const deps = await createDeps()
  t.is(issueToken(deps, { sub: 'a', access: [pull] }).expiresInSeconds, 300)
  t.is(issueToken(deps, { sub: 'a', access: [push] }).expiresInSeconds, 900)
  t.is(issueToken(deps, { sub: 'a', access: [] }).expiresInSeconds, 300)
})

test('R3: a token ends with the right in it, but not before a minute has passed', async (t) => {
  const deps = await createDeps()
  const until = (seconds: number) => new Date((NOW_SECONDS + seconds) * 1000)
  const lifeOf = (seconds: number) =>
    issueToken(deps, { sub: 'a', access: [pull], until: until(seconds) }).expiresInSeconds
  t.deepEqual([lifeOf(10), lifeOf(120), lifeOf(5000)], [60, 120, 300])
})

test('a token never outlives its leaf', async (t) => {
  const deps = await createDeps(200)
  t.is(issueToken(deps, { sub: 'a', access: [push] }).expiresInSeconds, 200)
})

test('a leaf that ended while the machine slept is renewed before anything is signed with it', async (t) => {
  let nowMs = NOW.getTime()
  const deps = await createDeps(400, () => new Date(nowMs))
  const before = deps.signer.leaf().fingerprint
  nowMs += 3_600_000
  t.is(issueToken(deps, { sub: 'a', access: [pull] }).expiresInSeconds, 300)
  t.not(deps.signer.leaf().fingerprint, before)
})

test('a leaf of a clock that was set back is renewed before anything is signed with it', async (t) => {
  let nowMs = NOW.getTime() + 30 * 86_400_000
  const deps = await createDeps(3600, () => new Date(nowMs))
  const before = deps.signer.leaf().fingerprint
  nowMs = NOW.getTime()
  t.is(issueToken(deps, { sub: 'a', access: [pull] }).expiresInSeconds, 300)
  t.not(deps.signer.leaf().fingerprint, before)
  t.true(deps.signer.leaf().notBefore <= NOW)
})

test('tokens for our own calls live a minute, under a name that nobody can have', async (t) => {
  const claims = claimsOf(createOwnTokens(await createDeps())([push]))
  t.is(claims.sub, 'warden$system')
  t.is(claims.exp, NOW_SECONDS + 60)
  t.deepEqual(claims.access, [push])
})
