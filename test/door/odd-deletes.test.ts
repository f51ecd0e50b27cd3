import { connect } from 'node:net'
import test from 'ava'
import { type DoorWorld, errorOf, startDoorWorld } from '../support/door-world.ts'
import { chooseSeed, createGenerator } from '../support/generate.ts'
import { pullStatus, pushImage } from '../support/image.ts'
import { generateDelete } from '../support/odd-targets.ts'
import { rawRequest } from '../support/raw-request.ts'
import { ADMIN } from '../support/service.ts'

let world: DoorWorld

test.before(async () => {
  world = await startDoorWorld()
  await world.service.admin('POST', '/api/v1/projects', { name: 'acme', visibility: 'private' })
})
test.after.always(() => world?.stop())

const push = async (repository: string, tags: readonly string[], text = repository) =>
  (await pushImage(world.places, { as: ADMIN, repository, tags, text })).digest

const pull = (repository: string, tag: string): Promise<number> =>
  pullStatus(world.places, { as: ADMIN, repository, tag })

async function headersFor(repository: string): Promise<Readonly<Record<string, string>>> {
  const token = await world.tokenFor(ADMIN, `repository:${repository}:pull,push,delete`)
  return { Authorization: `Bearer ${token}` }
}

/** By the public port, as it is. */
const remove = async (repository: string, target: string, method = 'DELETE') =>
  rawRequest(world.nginx.port, method, target, await headersFor(repository))

const messageOf = ({ body }: { readonly body: string }): string =>
  errorOf({ text: body.slice(body.indexOf('{'), body.lastIndexOf('}') + 1) }).message

for (const [name, start, end] of [
  ['plain', '/v2/acme/plain/manifests/', ''],
  ['slash', '/v2/acme%2Fslash/manifests/', ''],
  ['lower', '/v2/acme%2flower/manifests/', ''],
  ['letter', '/v2/acme/letter/%6danifests/', ''],
  ['word', '/v2/acme/word/manifests%2F', ''],
  ['query', '/v2/acme/query/manifests/', '?x=/manifests/v1'],
  ['root', '/%76%32/acme/root/manifests/', ''],
] as const) {
  test(`R16: ${start}…${end} is decided on as the manifest that the registry would delete`, async (t) => {
    const repository = `acme/${name}`
    const digest = await push(repository, ['a', 'b'])
    const refused = await remove(repository, `${start}${digest}${end}`)
    t.is(refused.status, 403, refused.head)
    t.regex(messageOf(refused), new RegExp(`^the tags a, b of ${repository} are all on this`))
    t.deepEqual([await pull(repository, 'a'), await pull(repository, 'b')], [200, 200])
    const { status } = await world.service.admin(
      'DELETE',
      `/api/v1/repositories/${repository}/tags/b`,
    )
    t.is(status, 204)
    const alone = await remove(repository, `${start}${digest}${end}`)
    t.is(alone.status, 202, alone.head)
    t.is(await pull(repository, 'a'), 404)
  })
}

test('R16: what the registry would not take as it is deletes nothing', async (t) => {
  const repository = 'acme/odd'
  // One tag alone is on it, so that nothing but the path keeps it.
  const digest = await push(repository, ['only'])
  for (const [method, target] of [
    ['DELETE', `/v2/acme/odd/manifests/${digest}/`],
    ['DELETE', `/v2/acme/odd//manifests/${digest}`],
    ['DELETE', `/v2//acme/odd/manifests/${digest}`],
    ['DELETE', `/v2/acme/odd/tags/../manifests/${digest}`],
    ['DELETE', `/v2/acme/odd/%2e%2e/odd/manifests/${digest}`],
    ['DELETE', `/v2/acme/odd/manifests/./${digest}`],
    ['DELETE', `/v2/acme/odd/manifests/x#/../${digest}`],
    ['DELETE', `/v2/acme/odd/manifests/%2573ha256${digest.slice('sha256'.length)}`],
    ['DELETE', `/v2/Acme/odd/manifests/${digest}`],
    ['DELETE', `/V2/acme/odd/manifests/${digest}`],
    ['delete', `/v2/acme/odd/manifests/${digest}`],
    ['Delete', `/v2/acme/odd/manifests/${digest}`],
    ['POST', `/v2/acme/odd/manifests/${digest}?_method=DELETE`],
  ] as const) {
    const { status } = await remove(repository, target, method)
    t.true(status >= 300 && status < 500, `${method} ${target}: ${status}`)
    t.is(await pull(repository, 'only'), 200, `${method} ${target}`)
  }
})

test('R16: of 150 odd deletes none takes a sibling along', async (t) => {
  const seed = chooseSeed()
  const generator = createGenerator(seed)
  const repository = 'acme/generated'
  const digest = await push(repository, ['a', 'b'])
  const headers = await headersFor(repository)
  const statuses = new Map<number, number>()
  for (let n = 0; n < 150; n++) {
    const target = generateDelete(generator, { repository, digest })
    const { status } = await rawRequest(world.nginx.port, 'DELETE', target, headers)
    statuses.set(status, (statuses.get(status) ?? 0) + 1)
    t.true(status >= 300 && status < 500, `TEST_SEED=${seed}: ${target}: ${status}`)
  }
  t.deepEqual([await pull(repository, 'a'), await pull(repository, 'b')], [200, 200])
  t.true((statuses.get(403) ?? 0) > 20, `TEST_SEED=${seed}: ${JSON.stringify([...statuses])}`)
})

/** Sends all of a DELETE but the last byte of a body, and that when it is told to. */
async function openDelete(port: number, repository: string, digest: string) {
  const socket = connect(port, '127.0.0.1')
  const { Authorization } = await headersFor(repository)
  socket.write(
    `DELETE /v2/${repository}/manifests/${digest} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: ${Authorization}\r\nContent-Length: 2\r\n\r\n{`,
  )
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  const answer = new Promise<string>((resolve, reject) => {
    socket.once('close', () => resolve(Buffer.concat(chunks).toString()))
    socket.once('error', reject)
  })
  return { finish: () => socket.write('}'), answer }
}

test('R26: a delete whose body is held back is decided on when it is sent', async (t) => {
  const repository = 'acme/held-back'
  const digest = await push(repository, ['a'])
  const held = await openDelete(world.nginx.port, repository, digest)
  await push(repository, ['b'])
  held.finish()
  const answer = await held.answer
  t.regex(answer, /^HTTP\/1.1 403 /)
  t.regex(answer, /the tags a, b of acme\/held-back are all on this manifest/)
  t.deepEqual([await pull(repository, 'a'), await pull(repository, 'b')], [200, 200])
})

test('a body that never comes to an end keeps no push waiting', async (t) => {
  const repository = 'acme/endless'
  const digest = await push(repository, ['a'])
  const door = Number(new URL(world.service.privateUrl).port)
  const held = await openDelete(door, repository, digest)
  const { database } = world.service
  t.regex(await held.answer, /^HTTP\/1.1 202 /)
  t.deepEqual(await database('holds').where({ repository }), [])
  t.is(await push(repository, ['b']), digest)
})
