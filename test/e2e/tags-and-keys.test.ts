import { createHash, createPrivateKey, sign, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { ensureTlsServer } from '../../src/signing/tls-authority.ts'
import { fetchToken, pullStatus, pushImage } from '../support/image.ts'
import { rawRequest } from '../support/raw-request.ts'
import { runCommand } from '../support/run-command.ts'
import { findObstacle, testUnless } from '../support/skip-aloud.ts'
import { ADMIN, ALICE, addPeople, startTestStack, type TestStack } from '../support/stack.ts'
import { makeTemporaryDir, removeDir } from '../support/temporary-dir.ts'
import { waitFor } from '../support/wait-for.ts'

const obstacle = findObstacle(['docker-registry', 'mariadbd', 'nginx'], { asRoot: false })
const declare = testUnless(obstacle)
const dir = makeTemporaryDir()
const PULL = 'repository:acme/app:pull'
let stack: TestStack

test.before(async () => {
  if (obstacle !== undefined) return
  stack = await startTestStack()
  await addPeople(stack)
})

test.after.always(async () => {
  await stack?.remove()
  removeDir(dir)
})

const registryStatus = async (path: string, token: string, method = 'GET'): Promise<number> => {
  const response = await fetch(`${stack.registryUrl}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}` },
  })
  await response.arrayBuffer()
  return response.status
}

declare('one of three tags on one digest is deleted, the two others still pull', async (t) => {
  await pushImage(stack, { as: ALICE, repository: 'acme/app', tags: ['a', 'b', 'c'] })
  const { status, text } = await stack.api('DELETE', '/repositories/acme/app/tags/b')
  t.is(status, 204, text)
  const pull = (tag: string) => pullStatus(stack, { as: ALICE, repository: 'acme/app', tag })
  t.deepEqual([await pull('a'), await pull('b'), await pull('c')], [200, 404, 200])
  const isListed = async (): Promise<boolean> => {
    const { text: listed } = await stack.api('GET', '/repositories/acme/app/tags', { as: ALICE })
    const tags: readonly { name: string }[] = JSON.parse(listed).items ?? []
    return tags.map(({ name }) => name).join() === 'a,c'
  }
  await t.notThrowsAsync(waitFor(isListed, { what: 'the list without the tag' }))
})

declare('a developer may not delete what is not hers to delete, and is told so', async (t) => {
  await stack.api('POST', '/projects', { json: { name: 'closed', visibility: 'public' } })
  await pushImage(stack, { as: ADMIN, repository: 'closed/app', tags: ['v1'] })
  const { status, text } = await stack.api('DELETE', '/repositories/closed/app/tags/v1', {
    as: ALICE,
  })
  t.is(status, 403, text)
  t.is(JSON.parse(text).errors[0].code, 'DENIED')
})

const leafOf = (token: string): string => {
  const header = JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString())
  return createHash('sha256').update(header.x5c[0]).digest('hex')
}

declare('the leaf is renewed while the registry runs; old and new tokens both work', async (t) => {
  const before = await fetchToken(stack, { as: ALICE, scope: PULL })
  const { code, output } = await runCommand(process.execPath, [
    `--env-file=${stack.warden.environmentPath}`,
    'dist/src/main.js',
    'keys',
    'renew',
  ])
  t.is(code, 0, output)
  const after = await fetchToken(stack, { as: ALICE, scope: PULL })
  t.not(leafOf(after), leafOf(before))
  t.is(await registryStatus('/v2/acme/app/tags/list', before), 200)
  t.is(await registryStatus('/v2/acme/app/tags/list', after), 200)
})

/** A token as good as ours, but signed by somebody else. */
function forgeToken(keyPem: string, certificatePem: string): string {
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const x5c = [certificatePem.replace(/-----[A-Z ]+-----|\s/g, '')]
  const now = Math.floor(Date.now() / 1000)
  const access = [{ type: 'repository', name: 'acme/app', actions: ['pull'] }]
  const claims = {
    iss: 'registry-warden',
    aud: 'registry-warden',
    sub: 'alice',
    jti: 'forged',
    iat: now,
    nbf: now - 10,
    exp: now + 300,
    access,
  }
  const signed = `${encode({ typ: 'JWT', alg: 'ES256', x5c })}.${encode(claims)}`
  const key = { key: keyPem, dsaEncoding: 'ieee-p1363' } as const
  return `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`
}

declare('R1: a token signed by a TLS key with its certificate in x5c is 401', async (t) => {
  const folders = { authorityDir: join(dir, 'tls-authority'), serverDir: join(dir, 'tls') }
  await ensureTlsServer(folders, { hosts: ['localhost'], now: new Date() })
  const tls = (name: string): string => readFileSync(join(folders.serverDir, name), 'utf8')
  const byTls = forgeToken(tls('server.key'), tls('server.crt'))
  t.is(await registryStatus('/v2/acme/app/tags/list', byTls), 401)
  // The same claims under the token authority are good: the signature alone made the difference.
  const authority = readFileSync(join(stack.certsDir, 'token-ca', 'ca.pem'), 'utf8')
  const key = createPrivateKey(authority).export({ type: 'pkcs8', format: 'pem' }).toString()
  const certificate = new X509Certificate(authority).toString()
  t.is(await registryStatus('/v2/acme/app/tags/list', forgeToken(key, certificate)), 200)
})

declare(
  'R16: a blob of a live image stays, whatever right one has and however one asks',
  async (t) => {
    await pushImage(stack, { as: ADMIN, repository: 'acme/live', tags: ['v1'], text: 'live layer' })
    const digest = `sha256:${createHash('sha256').update('live layer').digest('hex')}`
    const scope = 'repository:acme/live:pull,push,delete'
    const headers = { Authorization: `Bearer ${await fetchToken(stack, { as: ADMIN, scope })}` }
    const { port } = stack.nginx
    for (const path of [
      `/v2/acme/live/blobs/${digest}`,
      `/v2/acme/live/%62lobs/${digest}`,
      `/v2/acme%2Flive%2Fblobs%2F${digest}`,
      `/v2//acme/live//blobs/${digest}/`,
      `/v2/acme/live/manifests/x#/../../blobs/${digest}`,
      `/v2/acme/live/manifests/%2e%2e/blobs/${digest}`,
      `/v2/acme/live/manifests/x%23/%2e%2e/%2e%2e/blobs/${digest}`,
    ]) {
      const { status } = await rawRequest(port, 'DELETE', path, headers)
      t.true([301, 403, 405].includes(status), `${path}: ${status}`)
    }
    const kept = await rawRequest(port, 'HEAD', `/v2/acme/live/blobs/${digest}`, headers)
    t.is(kept.status, 200)
  },
)

declare('cancelling an upload stays allowed', async (t) => {
  const scope = 'repository:acme/live:pull,push,delete'
  const authorization = `Bearer ${await fetchToken(stack, { as: ADMIN, scope })}`
  const started = await fetch(`${stack.url}/v2/acme/live/blobs/uploads/`, {
    method: 'POST',
    headers: { authorization },
  })
  t.is(started.status, 202)
  const location = started.headers.get('location') ?? ''
  t.regex(location, /^\/v2\//, 'relative: nothing of the request stands in it')
  const cancelled = await fetch(new URL(location, stack.url), {
    method: 'DELETE',
    headers: { authorization },
  })
  t.is(cancelled.status, 204)
})
