import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { ensureTlsServer } from '../../src/signing/tls-authority.ts'
import { type Idp, signToken, startIdp } from '../support/idp.ts'
import { startService } from '../support/service.ts'
import { makeTemporaryDir, removeDir } from '../support/temporary-dir.ts'

interface Identity {
  /** The authority, as PEM. */
  readonly ca: string
  readonly tls: { readonly cert: string; readonly key: string }
}

let dir: string
/** Speaks https with a certificate of an authority that no system knows. */
let idp: Idp
let own: Identity

/** A certificate for these hosts, under an authority that is made for it. */
async function makeIdentity(name: string, hosts: readonly string[]): Promise<Identity> {
  const [authorityDir, serverDir] = [join(dir, `${name}-authority`), join(dir, name)]
  await ensureTlsServer({ authorityDir, serverDir }, { hosts, now: new Date() })
  const read = (file: string): string => readFileSync(join(serverDir, file), 'utf8')
  return { ca: read('ca.crt'), tls: { cert: read('server.crt'), key: read('server.key') } }
}

test.before(async () => {
  dir = makeTemporaryDir()
  own = await makeIdentity('own', ['127.0.0.1'])
  idp = await startIdp({ people: {}, tls: own.tls })
})
test.after.always(async () => {
  await idp?.remove()
  removeDir(dir)
})

function tokenOf({ issuer, audience, keys }: Idp): string {
  const [key] = keys()
  if (key === undefined) throw new Error('the provider has no key')
  const iat = Math.floor(Date.now() / 1000)
  return signToken(key, {
    iss: issuer,
    aud: audience,
    sub: 'olga',
    preferred_username: 'olga',
    iat,
    exp: iat + 600,
  })
}

/** A service that trusts the provider. @returns its answer to a token of that, and what the log says */
async function askWith(t: ExecutionContext, provider: Idp, more: { readonly ca?: string }) {
  const { issuer, audience } = provider
  const issuers = [{ name: 'corp', issuer, audiences: [audience], ...more }]
  const service = await startService({
    env: { WARDEN_OIDC_ISSUERS: JSON.stringify(issuers) },
    registryUrl: 'http://127.0.0.1:9',
  })
  t.teardown(() => service.stop())
  const headers = { authorization: `Bearer ${tokenOf(provider)}` }
  const reply = await service.request('GET', '/api/v1/me', { headers })
  const lines = service.logged().split('\n')
  const line = lines.find((text) => text.includes('keys of an issuer')) ?? '{}'
  return { reply, told: JSON.parse(line) }
}

test('R20: with its authority, the keys of an issuer are read over https', async (t) => {
  const { reply, told } = await askWith(t, idp, { ca: own.ca })
  t.is(reply.status, 200)
  t.is(reply.body.username, 'olga')
  t.deepEqual(told, { source: 'corp', keys: 1, message: 'keys of an issuer read' })
})

test('R20: without its authority nobody is let in, and the log says why', async (t) => {
  const { reply, told } = await askWith(t, idp, {})
  t.is(reply.status, 503)
  t.is(
    reply.body.detail,
    'the keys of corp cannot be read, so its tokens cannot be held against them; try again in a moment, or use an access token',
  )
  t.deepEqual(told, {
    source: 'corp',
    reason: `${idp.issuer}/.well-known/openid-configuration: unable to verify the first certificate; give the issuer its authority as ca in WARDEN_OIDC_ISSUERS`,
    message: 'keys of an issuer not read',
  })
})

test('R20: another authority of the same name is not taken for it', async (t) => {
  const { ca } = await makeIdentity('other', ['127.0.0.1'])
  const { reply, told } = await askWith(t, idp, { ca })
  t.is(reply.status, 503)
  t.regex(told.reason, /; give the issuer its authority as ca in WARDEN_OIDC_ISSUERS$/)
})

test('R20: a good certificate for another host is not taken', async (t) => {
  const elsewhere = await makeIdentity('elsewhere', ['idp.example.com'])
  const stranger = await startIdp({ people: {}, tls: elsewhere.tls })
  t.teardown(() => stranger.remove())
  const { reply, told } = await askWith(t, stranger, { ca: elsewhere.ca })
  t.is(reply.status, 503)
  t.regex(told.reason, /IP: 127\.0\.0\.1 is not in the cert's list/)
})
