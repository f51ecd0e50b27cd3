import {
  createPrivateKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  X509Certificate,
} from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { ensureTlsServer } from '../../src/signing/tls-authority.ts'
import { fetchToken } from '../support/image.ts'
import { ADMIN, type Service, startService } from '../support/service.ts'

let service: Service

test.before(async () => {
  service = await startService()
})
test.after.always(() => service.stop())

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A token like ours under a certificate of somebody else. */
const forge = (header: object, key: KeyObject, change: object = {}): string => {
  const nowSeconds = Math.floor(Date.now() / 1000)
  const claims = {
    iss: 'registry-warden',
    aud: 'registry-warden',
    sub: 'admin',
    nbf: nowSeconds,
    iat: nowSeconds,
    exp: nowSeconds + 300,
    access: [{ type: 'registry', name: 'catalog', actions: ['*'] }],
    ...change,
  }
  const input = `${encode({ typ: 'JWT', alg: 'ES256', ...header })}.${encode(claims)}`
  const signature = sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' })
  return `${input}.${signature.toString('base64url')}`
}

const statusOf = async (token: string): Promise<number> => {
  const response = await fetch(`${service.registryUrl}/v2/_catalog`, {
    headers: { authorization: `Bearer ${token}` },
  })
  await response.arrayBuffer()
  return response.status
}

test('the registry takes our token', async (t) => {
  t.is(await statusOf(await fetchToken(service, { as: ADMIN, scope: 'registry:catalog:*' })), 200)
})

test('R1: a token signed by the TLS key with its certificate is 401 at the registry', async (t) => {
  const { dir } = service.config.certs
  const serverDir = join(dir, 'tls')
  await ensureTlsServer(
    { authorityDir: join(dir, 'tls-authority'), serverDir },
    { hosts: ['localhost'], now: new Date() },
  )
  for (const [certificatePath, keyPath] of [
    [join(serverDir, 'server.crt'), join(serverDir, 'server.key')],
    [join(serverDir, 'ca.crt'), join(dir, 'tls-authority', 'ca.pem')],
  ] as const) {
    const certificate = new X509Certificate(readFileSync(certificatePath))
    const key = createPrivateKey(readFileSync(keyPath))
    t.true(certificate.checkPrivateKey(key))
    t.is(await statusOf(forge({ x5c: [certificate.raw.toString('base64')] }, key)), 401)
  }
})

test('a token with our own leaf and another key is 401 at the registry', async (t) => {
  const ours = await fetchToken(service, { as: ADMIN, scope: 'registry:catalog:*' })
  const { x5c } = JSON.parse(Buffer.from(ours.split('.')[0] ?? '', 'base64url').toString('utf8'))
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  t.is(await statusOf(forge({ x5c }, privateKey)), 401)
})
