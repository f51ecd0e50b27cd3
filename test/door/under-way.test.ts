import { connect } from 'node:net'
import test from 'ava'
import { OCI_INDEX } from '../../src/protocol/media-types.ts'
import { emptyManifest } from '../support/bare-registry.ts'
import { type DoorWorld, startDoorWorld } from '../support/door-world.ts'
import { createFaultyRegistry, type FaultyRegistry } from '../support/faulty-registry.ts'
import { pushImage } from '../support/image.ts'
import { ADMIN } from '../support/service.ts'
import { waitFor } from '../support/wait-for.ts'

const faulty: FaultyRegistry = createFaultyRegistry()
let world: DoorWorld

test.before(async () => {
  world = await startDoorWorld({}, undefined, { between: faulty.between })
  await world.service.admin('POST', '/api/v1/projects', { name: 'acme', visibility: 'private' })
  // There is nobody else whose writes would have to be waited for by the clock alone.
  const isListed = () => world.service.database('replicas').first('id')
  await waitFor(isListed, { what: 'the process in the list of replicas' })
})
test.after.always(async () => {
  await world?.stop()
  await faulty.stop()
})

const push = (repository: string, tags: readonly string[]) =>
  pushImage(world.places, { as: ADMIN, repository, tags, text: repository })

/** Deletes a tag, which waits for all writes before it. @returns after how long it was done */
async function removeTag(repository: string, tag: string): Promise<number> {
  const startedAtMs = performance.now()
  const path = `/api/v1/repositories/${repository}/tags/${tag}`
  const { status, body } = await world.service.admin('DELETE', path)
  if (status !== 204) throw new Error(`${status} ${JSON.stringify(body)}`)
  return performance.now() - startedAtMs
}

test.serial('R21: a write whose answer was lost is waited for five seconds more', async (t) => {
  const repository = 'acme/lost'
  await push(repository, ['a', 'b', 'c'])
  t.true((await removeTag(repository, 'a')) < 4000)
  const token = await world.tokenFor(ADMIN, `repository:${repository}:pull,push`)
  const { mediaType, content: body } = emptyManifest()
  faulty.interrupt(async ({ method }) => {
    if (method === 'PUT') throw new Error('cut')
    return undefined
  })
  const path = `/v2/${repository}/manifests/b`
  const { status } = await world.send('PUT', path, { token, mediaType, body })
  const lostAtMs = performance.now()
  faulty.interrupt(undefined)
  t.is(status, 503)
  await removeTag(repository, 'c')
  const tookMs = performance.now() - lostAtMs
  t.true(tookMs >= 4500, `${tookMs}`)
  // By the clock alone it would have been fifteen.
  t.true(tookMs < 14_000, `${tookMs}`)
})

test.serial('a body that is held back at the door keeps nobody waiting who deletes', async (t) => {
  const repository = 'acme/held-back'
  await push(repository, ['a', 'b'])
  const token = await world.tokenFor(ADMIN, `repository:${repository}:pull,push`)
  const { mediaType, content } = emptyManifest()
  // Past the proxy, which would wait for the body itself.
  const socket = connect(Number(new URL(world.service.privateUrl).port), '127.0.0.1')
  socket.write(
    `PUT /v2/${repository}/manifests/a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer ${token}\r\nContent-Type: ${mediaType}\r\nContent-Length: ${content.length}\r\n\r\n`,
  )
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  const closed = new Promise((resolve) => socket.once('close', resolve))
  const isThere = async () => {
    const text = await (await fetch(`${world.service.privateUrl}/metrics`)).text()
    return /^warden_door_writes_waiting 1$/m.test(text)
  }
  await waitFor(isThere, { what: 'the write at the door' })
  const tookMs = await removeTag(repository, 'b')
  // The door waits ten seconds for a body.
  t.true(tookMs < 8000, `${tookMs}`)
  t.deepEqual(chunks, [])
  socket.write(content)
  await closed
  t.regex(Buffer.concat(chunks).toString(), /^HTTP\/1.1 201 /)
  const headers = { accept: OCI_INDEX }
  const found = await world.send('HEAD', `/v2/${repository}/manifests/a`, { token, headers })
  t.is(found.status, 200)
})
