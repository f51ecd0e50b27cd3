import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import test from 'ava'
import { OCI_MANIFEST } from '../../src/protocol/media-types.ts'
import { digestOf } from '../../src/registry/manifests.ts'
import { startBareRegistry } from '../support/bare-registry.ts'
import { type CollectWorld, startCollectWorld } from '../support/collect-world.ts'
import { fetchToken, pushImage, putBlob } from '../support/image.ts'
import { findProgram } from '../support/processes.ts'
import { writeRepository } from '../support/reconcile-world.ts'
import { ADMIN } from '../support/service.ts'
import { waitFor } from '../support/wait-for.ts'

/** So many repositories print more than a pipe holds: their collector stands still in its middle. */
const MANY = 400
const CONFIG = 'application/vnd.oci.image.config.v1+json'
const LAYER = 'application/vnd.oci.image.layer.v1.tar'

interface Places {
  readonly url: string
  readonly registryUrl: string
}

/** Uploads the blobs of an image, and gives its manifest, which nobody has. */
async function uploadBlobs(places: Places, repository: string, token: string): Promise<Buffer> {
  const layer = await putBlob(places, repository, token, Buffer.from('a layer of its own'))
  const config = await putBlob(places, repository, token, Buffer.from('{"os":"linux","x":1}'))
  const manifest = {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: { mediaType: CONFIG, ...config },
    layers: [{ mediaType: LAYER, ...layer }],
  }
  return Buffer.from(JSON.stringify(manifest))
}

/** Sends all of a PUT but its last byte, and that when it is told to. */
function openPut(url: string, { path, token }: { path: string; token: string }, content: Buffer) {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  socket.write(
    `PUT ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer ${token}\r\nContent-Type: ${OCI_MANIFEST}\r\nContent-Length: ${content.length}\r\n\r\n`,
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

const writtenBy = (pid: number): number =>
  Number(/^wchar: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))?.[1] ?? 0)

/** Waits until a process has filled the pipe that nobody reads: it writes no more for half a second. */
async function waitUntilFull(pid: number): Promise<void> {
  let before = -1
  let sinceMs = performance.now()
  const look = async (): Promise<boolean> => {
    const written = writtenBy(pid)
    if (written !== before) sinceMs = performance.now()
    before = written
    return written > 10_000 && performance.now() - sinceMs > 500
  }
  await waitFor(look, { mostMs: 20_000, what: 'a full pipe' })
}

/** Other repositories, whose marks the collector prints. */
async function writeMany(registryDir: string): Promise<void> {
  for (let n = 0; n < MANY; n++) {
    writeRepository(registryDir, { repository: `bbb/n${n}`, tags: ['1'] })
    // Servers of this process answer in between.
    await setImmediate()
  }
}

test('R26: the bare registry answers 201 to a body held back, and has lost its layers', async (t) => {
  const bare = await startBareRegistry()
  t.teardown(bare.remove)
  const places = { url: bare.url, registryUrl: bare.url }
  const content = await uploadBlobs(places, 'aaa/app', 'none')
  await writeMany(bare.dir)
  const put = openPut(bare.url, { path: '/v2/aaa/app/manifests/1', token: 'none' }, content)
  const collector = spawn('docker-registry', ['garbage-collect', bare.configPath])
  const ended = new Promise((resolve) => collector.once('close', resolve))
  await waitUntilFull(collector.pid ?? 0)
  put.finish()
  t.regex(await put.answer, /^HTTP\/1.1 201 /)
  collector.stdout.resume()
  collector.stderr.resume()
  t.is(await ended, 0)
  const [{ digest }] = JSON.parse(content.toString()).layers
  const head = await fetch(`${bare.url}/v2/aaa/app/blobs/${digest}`, { method: 'HEAD' })
  t.is(head.status, 404)
})

/** Runs the registry's collector, and reads what it prints only when it is let go. */
const stalling = (dir: string): string => `#!/bin/sh
docker-registry "$@" | { touch ${dir}/waiting; while [ ! -e ${dir}/go ]; do sleep 0.05; done; cat; }
`

async function start(): Promise<CollectWorld> {
  const world = await startCollectWorld({ makeScript: stalling })
  for (const name of ['aaa', 'bbb']) {
    await world.service.admin('POST', '/api/v1/projects', { name, visibility: 'private' })
  }
  await writeMany(world.registryDir)
  return world
}

async function startStalled(world: CollectWorld): Promise<number> {
  const { body } = await world.start()
  await waitFor(async () => world.isWaiting(), { what: 'the collector' })
  const look = async () => findProgram(world.configPath, 'docker-registry')[0]
  const { found: pid } = await waitFor(look, { what: 'its process' })
  await waitUntilFull(pid)
  return body.id
}

test.serial(
  'R26: at the door such a write waits, and loses nothing that was answered',
  async (t) => {
    const world = await start()
    t.teardown(world.stop)
    const token = await fetchToken(world.places, {
      as: ADMIN,
      scope: 'repository:aaa/app:pull,push',
    })
    const content = await uploadBlobs(world.places, 'aaa/app', token)
    const { registryUrl } = world.places
    const put = openPut(registryUrl, { path: '/v2/aaa/app/manifests/1', token }, content)
    const id = await startStalled(world)
    put.finish()
    const pause = new Promise((resolve) => setTimeout(resolve, 1000))
    t.is(await Promise.race([put.answer, pause]), undefined)
    world.letGo()
    t.like(await world.waitForEnd(id), { state: 'done', blobs: 2, gapCount: 0 })
    const answer = await put.answer
    t.regex(answer, /^HTTP\/1.1 400 /)
    t.regex(answer, /MANIFEST_BLOB_UNKNOWN/)
    await uploadBlobs(world.places, 'aaa/app', token)
    const again = openPut(registryUrl, { path: '/v2/aaa/app/manifests/1', token }, content)
    again.finish()
    t.regex(await again.answer, /^HTTP\/1.1 201 /)
  },
)

test.serial('R26: a write that went around the door is found, with what it lost', async (t) => {
  const world = await start()
  t.teardown(world.stop)
  await pushImage(world.places, { as: ADMIN, repository: 'aaa/other', tags: ['1'] })
  const token = await fetchToken(world.places, {
    as: ADMIN,
    scope: 'repository:aaa/app:pull,push',
  })
  const content = await uploadBlobs(world.places, 'aaa/app', token)
  const around = world.service.registryUrl
  const put = openPut(around, { path: '/v2/aaa/app/manifests/1', token }, content)
  const id = await startStalled(world)
  put.finish()
  t.regex(await put.answer, /^HTTP\/1.1 201 /)
  const told = async () =>
    (await world.service.database('events').where({ repository: 'aaa/app', tag: '1' })).length > 0
  await waitFor(told, { what: 'the event of the push' })
  world.letGo()
  const report = await world.waitForEnd(id)
  const digest = digestOf(content)
  t.like(report, { state: 'done', gapCount: 1 })
  t.deepEqual(report.gaps, [{ repository: 'aaa/app', manifest: digest, blob: digest }])
  t.regex(world.service.logged(), /a manifest needs a blob that is gone: push the image again/)
  const metrics = async (): Promise<boolean> => {
    const text = await (await fetch(`${world.service.privateUrl}/metrics`)).text()
    return /^warden_gc_gaps 1$/m.test(text)
  }
  await waitFor(metrics, { mostMs: 20_000, what: 'the metric' })
})
