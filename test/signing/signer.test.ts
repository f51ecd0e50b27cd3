import { createPublicKey, verify, X509Certificate } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { createSigner } from '../../src/signing/signer.ts'
import { ensureTlsServer, refuseSharedAuthority } from '../../src/signing/tls-authority.ts'
import {
  ensureBundle,
  preparePendingAuthority,
  promotePendingAuthority,
  readAuthority,
  readBundle,
  type TokenAuthority,
} from '../../src/signing/token-authority.ts'
import { makePassingDir } from '../support/temporary-dir.ts'

const NOW = new Date('2026-06-01T12:00:00Z')

const paths = () => {
  const dir = makePassingDir()
  return {
    dir,
    authorityPath: join(dir, 'token-ca', 'ca.pem'),
    bundlePath: join(dir, 'bundle', 'ca.crt'),
  }
}

const newAuthority = async (): Promise<TokenAuthority> => preparePendingAuthority(paths(), NOW)

const decode = (part: string | undefined): Record<string, unknown> =>
  JSON.parse(Buffer.from(part ?? '', 'base64url').toString('utf8'))

test('the authority is private to its owner, and two processes get the same one', async (t) => {
  const place = paths()
  const [one, two] = await Promise.all([
    preparePendingAuthority(place, NOW),
    preparePendingAuthority(place, NOW),
  ])
  t.is(one.fingerprint, two.fingerprint)
  t.is(await readAuthority(place.authorityPath), undefined)
  await promotePendingAuthority(place, { fingerprint: one.fingerprint, now: NOW })
  await promotePendingAuthority(place, { fingerprint: one.fingerprint, now: NOW })
  t.is((await readAuthority(place.authorityPath))?.fingerprint, one.fingerprint)
  t.is(statSync(place.authorityPath).mode & 0o777, 0o600)
  t.is(statSync(join(place.dir, 'token-ca')).mode & 0o777, 0o700)
})

test('an authority in force is never replaced by one that was prepared later', async (t) => {
  const place = paths()
  const { fingerprint } = await preparePendingAuthority(place, NOW)
  await promotePendingAuthority(place, { fingerprint, now: NOW })
  const later = await preparePendingAuthority(place, NOW)
  t.not(later.fingerprint, fingerprint)
  await promotePendingAuthority(place, { fingerprint, now: NOW })
  t.is((await readAuthority(place.authorityPath))?.fingerprint, fingerprint)
})

test('R1: the authority may sign leaves only: it is a CA of path length 0', async (t) => {
  const { certificate } = await newAuthority()
  t.true(certificate.ca)
  // pathLenConstraint INTEGER 0 inside BasicConstraints, as DER.
  t.true(certificate.raw.includes(Buffer.from('30060101ff020100', 'hex')))
})

test('the bundle is written once, and anew when it does not hold the authority', async (t) => {
  const place = paths()
  const authority = await preparePendingAuthority(place, NOW)
  t.true(await ensureBundle(place, authority))
  t.false(await ensureBundle(place, authority))
  t.true(await ensureBundle(place, await newAuthority()))
  t.is((await readBundle(place)).length, 1)
})

test('a token has the one form that registry 2.8 and 3.x take', async (t) => {
  const authority = await newAuthority()
  const signer = createSigner({ authority, leafSeconds: 3600, now: () => NOW })
  const [header, claims, signature] = signer.signToken({ iss: 'x' }).split('.')
  const { alg, typ, x5c } = decode(header)
  t.deepEqual({ alg, typ }, { alg: 'ES256', typ: 'JWT' })
  const chain = x5c as string[]
  t.is(chain.length, 1)
  const leaf = new X509Certificate(Buffer.from(chain[0] ?? '', 'base64'))
  t.true(leaf.verify(authority.certificate.publicKey))
  t.false(leaf.ca)
  t.deepEqual(decode(claims), { iss: 'x' })
  const raw = Buffer.from(signature ?? '', 'base64url')
  t.is(raw.length, 64)
  const key = {
    key: createPublicKey(leaf.publicKey.export({ type: 'spki', format: 'pem' })),
    dsaEncoding: 'ieee-p1363',
  } as const
  t.true(verify('sha256', Buffer.from(`${header}.${claims}`), key, raw))
})

test('a leaf begins five minutes early and ends with its life', async (t) => {
  const signer = createSigner({
    authority: await newAuthority(),
    leafSeconds: 3600,
    now: () => NOW,
  })
  t.is(signer.leaf().notBefore.toISOString(), '2026-06-01T11:55:00.000Z')
  t.is(signer.leaf().notAfter.toISOString(), '2026-06-01T13:00:00.000Z')
  t.is(Date.parse(signer.leaf().certificate.validTo), Date.parse('2026-06-01T13:00:00Z'))
})

test('a renewed leaf has another key under the same authority', async (t) => {
  const authority = await newAuthority()
  const signer = createSigner({ authority, leafSeconds: 3600, now: () => NOW })
  const before = signer.leaf()
  const after = signer.renew()
  t.not(before.fingerprint, after.fingerprint)
  t.true(after.certificate.verify(authority.certificate.publicKey))
})

test('R1: TLS stands under an authority of its own', async (t) => {
  const place = paths()
  const folders = { authorityDir: join(place.dir, 'tls-ca'), serverDir: join(place.dir, 'tls') }
  const hosts = ['registry.example.com', '127.0.0.1', '::1']
  t.true(await ensureTlsServer(folders, { hosts, now: NOW }))
  const chain = readFileSync(join(folders.serverDir, 'server.crt'), 'utf8')
  const server = new X509Certificate(chain)
  t.is(
    server.subjectAltName,
    'DNS:registry.example.com, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1',
  )
  const authority = await newAuthority()
  t.notThrows(() => refuseSharedAuthority(chain, authority))
})

test('R1: a TLS certificate under the token authority is refused', async (t) => {
  const authority = await newAuthority()
  const signer = createSigner({ authority, leafSeconds: 3600, now: () => NOW })
  const chain = signer.leaf().certificate.toString()
  const error = t.throws(() => refuseSharedAuthority(chain, authority))
  t.regex(error.message, /stands under the token authority/)
  t.throws(() => refuseSharedAuthority(authority.certificate.toString(), authority))
})

for (const label of ['TRUSTED CERTIFICATE', 'X509 CERTIFICATE']) {
  test(`R1: a TLS certificate under the token authority is refused as ${label} too`, async (t) => {
    const authority = await newAuthority()
    const signer = createSigner({ authority, leafSeconds: 3600, now: () => NOW })
    const chain = signer.leaf().certificate.toString().replaceAll('CERTIFICATE', label)
    const error = t.throws(() => refuseSharedAuthority(chain, authority))
    t.regex(error.message, /stands under the token authority/)
  })
}

for (const [what, chain, message] of [
  ['nothing', '', /holds none, so nobody can tell/],
  ['no certificate', 'just words', /holds none, so nobody can tell/],
  [
    'a spoilt certificate',
    '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
    /^certificate 1 of a PEM file cannot be read .*; put a whole one in its place$/,
  ],
] as const) {
  test(`R1: a TLS file that holds ${what} is refused in a sentence`, async (t) => {
    const authority = await newAuthority()
    t.throws(() => refuseSharedAuthority(chain, authority), { message })
  })
}

test('a TLS certificate is kept until its end is near or a host is missing', async (t) => {
  const place = paths()
  const folders = { authorityDir: join(place.dir, 'tls-ca'), serverDir: join(place.dir, 'tls') }
  const hosts = ['registry.example.com']
  await ensureTlsServer(folders, { hosts, now: NOW })
  t.false(await ensureTlsServer(folders, { hosts, now: NOW }))
  t.true(await ensureTlsServer(folders, { hosts: [...hosts, 'other.example.com'], now: NOW }))
  const nearEnd = new Date(NOW.getTime() + 350 * 24 * 3600 * 1000)
  t.true(await ensureTlsServer(folders, { hosts, now: nearEnd }))
})
