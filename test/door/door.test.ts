import { randomUUID } from 'node:crypto'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { releaseHold, takeHold } from '../../src/holds/take-hold.ts'
import { OCI_INDEX } from '../../src/protocol/media-types.ts'
import { digestOf } from '../../src/registry/manifests.ts'
import { createSigner } from '../../src/signing/signer.ts'
import { readAuthority } from '../../src/signing/token-authority.ts'
import { emptyManifest } from '../support/bare-registry.ts'
import { type DoorWorld, errorOf, startDoorWorld } from '../support/door-world.ts'
import { pullStatus, pushImage } from '../support/image.ts'
import { ADMIN } from '../support/service.ts'

const READ_ONLY = '/api/v1/maintenance/read-only'
const CHINESE = '正在維護；六點以後再推送'
let world: DoorWorld

test.before(async () => {
  world = await startDoorWorld()
  for (const name of ['acme', 'deletes']) {
    await world.service.admin('POST', '/api/v1/projects', { name, visibility: 'private' })
  }
})
test.after.always(() => world?.stop())

const tokenFor = (repository: string, actions = 'pull,push'): Promise<string> =>
  world.tokenFor(ADMIN, `repository:${repository}:${actions}`)

const newHold = (repository: string, tag?: string) => ({
  target: { repository, tag },
  kind: 'removal' as const,
  holder: randomUUID(),
  reason: `the tag ${tag} of ${repository} is being deleted`,
  seconds: 60,
})

async function put(repository: string, tag: string, path = `/v2/${repository}/manifests/${tag}`) {
  const { mediaType, content } = emptyManifest()
  const token = await tokenFor(repository)
  const answer = await world.send('PUT', path, { token, body: content, mediaType })
  return { ...answer, digest: digestOf(content) }
}

test.serial(
  'an image is pushed through the door, and answered by the registry itself',
  async (t) => {
    await pushImage(world.places, { as: ADMIN, repository: 'acme/app', tags: ['1'] })
    const { status, headers, digest, text } = await put('acme/app', 'empty')
    t.is(status, 201)
    t.is(text, '')
    t.is(headers.get('docker-content-digest'), digest)
    t.is(headers.get('docker-distribution-api-version'), 'registry/2.0')
    t.is(headers.get('location'), `/v2/acme/app/manifests/${digest}`)
  },
)

test.serial("what the registry refuses comes back in the registry's own words", async (t) => {
  const token = await tokenFor('acme/app')
  const body = emptyManifest().content
  const options = { token, body, mediaType: OCI_INDEX }
  const path = `/v2/acme/app/manifests/sha256:${'0'.repeat(64)}`
  const { status, text } = await world.send('PUT', path, options)
  t.is(status, 400)
  t.is(errorOf({ text }).code, 'DIGEST_INVALID')
})

for (const [what, makeToken] of [
  ['no token', async () => undefined],
  ['nonsense', async () => 'nonsense'],
  ['a token that may only pull', () => tokenFor('acme/app', 'pull')],
  ['a token of another repository', () => tokenFor('acme/web')],
] as const) {
  test.serial(`R15: with ${what} the registry itself says 401, with its challenge`, async (t) => {
    const token = await makeToken()
    for (const [method, action] of [
      ['PUT', 'push'],
      ['DELETE', 'delete'],
    ] as const) {
      const { mediaType, content } = emptyManifest()
      const path = `/v2/acme/app/manifests/${digestOf(content)}`
      const options = {
        ...(token && { token }),
        ...(method === 'PUT' && { body: content, mediaType }),
      }
      const { status, headers, text } = await world.send(method, path, options)
      t.is(status, 401)
      t.is(errorOf({ text }).code, 'UNAUTHORIZED')
      const challenge = headers.get('www-authenticate') ?? ''
      t.regex(challenge, /^Bearer realm="[^"]+\/auth\/token",service="registry-warden"/)
      t.regex(challenge, new RegExp(`scope="repository:acme/app:[a-z,]*${action}`))
    }
  })
}

for (const path of [
  '/v2/acme%2Fodd/manifests/v1',
  '/v2/acme/odd/%6danifests/v1',
  '/v2/acme/odd/manifests%2Fv1',
  '/v2/acme/odd/manifests/v%31',
  '/v2/acme/odd/manifests/v1?x=/blobs/uploads/y',
]) {
  test.serial(`R15: ${path} is decided on as the tag that the registry puts`, async (t) => {
    const { database } = world.service
    const hold = await takeHold({ database }, newHold('acme/odd', 'v1'))
    const pushed = put('acme/odd', 'v1', path)
    const isWaiting = await Promise.race([pushed.then(() => false), sleep(700, true)])
    t.true(isWaiting)
    await releaseHold({ database }, hold)
    const { status, digest } = await pushed
    t.is(status, 201)
    const token = await tokenFor('acme/odd')
    const headers = { accept: OCI_INDEX }
    const found = await world.send('HEAD', '/v2/acme/odd/manifests/v1', { token, headers })
    t.is(found.headers.get('docker-content-digest'), digest)
  })
}

for (const [path, words] of [
  ['/v2/acme/app/manifests/v1/', /acts on no manifest/],
  ['/v2/acme/app//manifests/v1', /acts on no manifest/],
  ['/v2/Acme/app/manifests/v1', /acts on no manifest/],
  ['/v2/acme/app/tags/list', /acts on no manifest/],
  ['/v2/acme/app', /acts on no manifest/],
] as const) {
  test.serial(`R15: PUT ${path} is denied with words`, async (t) => {
    const answer = await put('acme/app', 'v1', path)
    t.is(answer.status, 403)
    t.is(errorOf(answer).code, 'DENIED')
    t.regex(errorOf(answer).message, words)
  })
}

test.serial(
  'a hold on another tag keeps no push waiting; one on the repository keeps all',
  async (t) => {
    const { database } = world.service
    const other = await takeHold({ database }, newHold('acme/app', 'other'))
    t.is((await put('acme/app', 'mine')).status, 201)
    await releaseHold({ database }, other)
    const all = await takeHold({ database }, newHold('acme/app'))
    const pushed = put('acme/app', 'mine')
    t.true(await Promise.race([pushed.then(() => false), sleep(700, true)]))
    await releaseHold({ database }, all)
    t.is((await pushed).status, 201)
  },
)

test.serial('a read-only registry says why, in any letters, and pulls go on', async (t) => {
  const set = await world.service.admin('PUT', READ_ONLY, { enabled: true, reason: CHINESE })
  t.is(set.status, 200)
  t.like(set.body, { enabled: true, reason: CHINESE, enforcedBy: 'door' })
  const refused = await put('acme/app', 'late')
  t.is(refused.status, 403)
  t.deepEqual(
    [errorOf(refused).code, errorOf(refused).message],
    ['DENIED', `the registry is read-only: ${CHINESE}`],
  )
  const token = await tokenFor('acme/app')
  const start = await world.send('POST', '/v2/acme/app/blobs/uploads/', { token })
  t.is(start.status, 403)
  t.is(errorOf(start).code, 'DENIED')
  t.is(errorOf(start).message, `the registry is read-only: ${CHINESE}`)
  t.is((await world.send('POST', '/v2/acme/app/blobs/uploads/')).status, 401)
  t.is(await pullStatus(world.places, { as: ADMIN, repository: 'acme/app', tag: '1' }), 200)
  await world.service.admin('PUT', READ_ONLY, { enabled: false })
  t.is((await put('acme/app', 'late')).status, 201)
})

test.serial(
  'while it is collected, uploads are to begin later, and clients are told so',
  async (t) => {
    const { database } = world.service
    const collecting = { ...newHold('*'), kind: 'collecting' as const, reason: 'for some minutes' }
    const hold = await takeHold({ database }, collecting)
    const token = await tokenFor('acme/app')
    const start = await world.send('POST', '/v2/acme/app/blobs/uploads/', { token })
    t.is(start.status, 503)
    t.is(start.headers.get('retry-after'), '5')
    t.is(errorOf(start).code, 'UNAVAILABLE')
    await releaseHold({ database }, hold)
    t.is((await world.send('POST', '/v2/acme/app/blobs/uploads/', { token })).status, 202)
  },
)

test.serial('a read-only registry loses no tag by the API, either', async (t) => {
  await put('acme/app', 'kept')
  await world.service.admin('PUT', READ_ONLY, { enabled: true, reason: 'disks' })
  const path = '/api/v1/repositories/acme/app/tags/kept'
  const refused = await world.service.admin('DELETE', path)
  await world.service.admin('PUT', READ_ONLY, { enabled: false })
  t.is(refused.status, 409)
  t.is(refused.body.detail, 'the registry is read-only: disks')
  const options = { token: await tokenFor('acme/app'), headers: { accept: OCI_INDEX } }
  t.is((await world.send('HEAD', '/v2/acme/app/manifests/kept', options)).status, 200)
})

/** A token as the service signs it, for what it would not give, or of another time. */
async function signToken(repository: string, endsInSeconds: number): Promise<string> {
  const authority = await readAuthority(world.service.config.certs.authorityPath)
  if (authority === undefined) throw new Error('there is no authority')
  const signer = createSigner({ authority, leafSeconds: 3600, now: () => new Date() })
  const nowSeconds = Math.floor(Date.now() / 1000)
  return signer.signToken({
    iss: 'registry-warden',
    aud: 'registry-warden',
    sub: 'admin',
    exp: nowSeconds + endsInSeconds,
    nbf: nowSeconds - 300,
    iat: nowSeconds - 300,
    access: [{ type: 'repository', name: repository, actions: ['pull', 'push'] }],
  })
}

test.serial('R18: a name with a word of the paths in it takes no push', async (t) => {
  const { mediaType, content: body } = emptyManifest()
  const token = await signToken('acme/app/tags', 300)
  const options = { token, mediaType, body }
  const answer = await world.send('PUT', '/v2/acme/app/tags/manifests/v1', options)
  t.is(answer.status, 403)
  t.is(errorOf(answer).code, 'DENIED')
  t.regex(errorOf(answer).message, /^the name acme\/app\/tags holds tags, manifests, blobs or/)
  const start = await world.send('POST', '/v2/acme/app/tags/blobs/uploads/', { token })
  t.is(start.status, 403)
  t.regex(errorOf(start).message, /^the name acme\/app\/tags holds/)
})

test.serial(
  'R15: a token in the minute that the registry grants it is held up as any other',
  async (t) => {
    await world.service.admin('PUT', READ_ONLY, { enabled: true, reason: 'fence' })
    const { mediaType, content: body } = emptyManifest()
    const token = await signToken('acme/app', -45)
    const path = '/v2/acme/app/manifests/late-token'
    const answer = await world.send('PUT', path, { token, mediaType, body })
    await world.service.admin('PUT', READ_ONLY, { enabled: false })
    t.is(answer.status, 403)
    t.is(errorOf(answer).message, 'the registry is read-only: fence')
    t.is((await world.send('PUT', path, { token, mediaType, body })).status, 201)
  },
)

/** Sends all of a PUT but its last byte, and that when it is told to. */
function openPut(port: number, path: string, token: string) {
  const { mediaType, content } = emptyManifest()
  const socket = connect(port, '127.0.0.1')
  socket.write(
    `PUT ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer ${token}\r\nContent-Type: ${mediaType}\r\nContent-Length: ${content.length}\r\n\r\n`,
  )
  socket.write(content.subarray(0, -1))
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  const answer = new Promise<string>((resolve, reject) => {
    socket.once('close', () => resolve(Buffer.concat(chunks).toString()))
    socket.once('error', reject)
  })
  return { finish: () => socket.write(content.subarray(-1)), answer }
}

test.serial('R26: a body that is held back crosses no fence at the door', async (t) => {
  const { registryUrl } = world.service
  const token = await tokenFor('acme/app')
  const path = '/v2/acme/app/manifests/held-back'
  const bare = openPut(Number(new URL(registryUrl).port), path, token)
  const guarded = openPut(world.nginx.port, path, token)
  await sleep(300)
  await world.service.admin('PUT', READ_ONLY, { enabled: true, reason: 'fence' })
  bare.finish()
  guarded.finish()
  // The registry alone has looked at the token long before, and takes it.
  t.regex(await bare.answer, /^HTTP\/1.1 201 /)
  const answer = await guarded.answer
  t.regex(answer, /^HTTP\/1.1 403 /)
  t.regex(answer, /the registry is read-only: fence/)
  await world.service.admin('PUT', READ_ONLY, { enabled: false })
})
