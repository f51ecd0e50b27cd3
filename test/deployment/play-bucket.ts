import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { waitFor } from '../support/wait-for.ts'
import { assert, mustEnd, openClients, trust } from './clients.ts'
import { provideBuckets } from './images.ts'
import { fetchAuthority, openProject, waitUntilServing } from './project.ts'
import { ALICE, addPeople, type Scene } from './show-clients.ts'
import { collect, deleteImage, reconcile } from './show-collecting.ts'
import type { Stage } from './stage.ts'
import { filesWith, HOST, openWalk, type Walk } from './walk.ts'

const NAME = 'somebody-elses-bucket'
const PORT = 15000
const BUCKET = 'images'
const OVERLAYS = ['s3.yml']
const MEGABYTE = 1024 * 1024

interface Bucket {
  readonly endpoint: string
  readonly countBlobs: () => Promise<number>
}

/** What speaks like S3, on a port of this machine, with an empty bucket. */
async function startBucket({ engine, place, say }: Stage): Promise<Bucket> {
  const [address] = place.addresses
  const image = await provideBuckets(engine, say)
  await engine.must(
    ...['run', '--detach', '--name', NAME, '--publish', `${address}:${PORT}:5000`],
    ...[image, 'moto_server', '--host', '0.0.0.0', '--port', '5000'],
  )
  const endpoint = `http://${address}:${PORT}`
  const make = () => fetch(`${endpoint}/${BUCKET}`, { method: 'PUT' }).catch(() => undefined)
  await waitFor(async () => (await make())?.ok, { mostMs: 120_000, what: 'the bucket' })
  const countBlobs = async (): Promise<number> => {
    const list = await (await fetch(`${endpoint}/${BUCKET}?list-type=2`)).text()
    return [...list.matchAll(/blobs\/sha256\/[0-9a-f]{2}\/[0-9a-f]{64}\/data</g)].length
  }
  return { endpoint, countBlobs }
}

interface BucketScene extends Scene {
  readonly walk: Walk
  readonly bucket: Bucket
}

async function showUse({ engine, walk, bucket, project, clients }: BucketScene): Promise<string> {
  const secret = randomBytes(18).toString('hex')
  const keys = `aws_access_key_id = keeper\naws_secret_access_key = ${secret}\n`
  writeFileSync(join(walk.root, 'credentials.txt'), `[default]\n${keys}`)
  await walk.run('bucket', { replace: { FILES: filesWith(...OVERLAYS) } })
  await fetchAuthority(project)
  await waitUntilServing(project)
  await addPeople(project)
  trust('docker', HOST, project.caPath)
  await mustEnd(clients.login(ALICE))
  await mustEnd(clients.push('demo/kept:new', randomBytes(MEGABYTE).toString('base64')))
  await mustEnd(clients.push('demo/kept:old', 'an old image'))
  await mustEnd(clients.pull('demo/kept:new'))
  assert((await bucket.countBlobs()) === 6, `${await bucket.countBlobs()} blobs in the bucket`)
  const ids = (await project.must('ps', '--all', '--quiet')).split('\n').filter(Boolean)
  const shown = await engine.must('inspect', ...ids)
  assert(!shown.includes(secret), 'docker inspect shows the key')
  return 's3.yml, with moto in place of S3; no key in docker inspect'
}

async function showCollector(scene: BucketScene): Promise<string> {
  const { bucket, clients } = scene
  await reconcile(scene)
  await deleteImage(scene, 'demo/kept', 'old')
  const { state, error } = await collect(scene)
  assert(state === 'done', `the collection ${state}: ${error}`)
  assert((await bucket.countBlobs()) === 3, `${await bucket.countBlobs()} blobs are left`)
  await mustEnd(clients.pull('demo/kept:new'))
  return 'three blobs of six are left'
}

/** Images in a bucket: s3.yml. */
export async function playBucket(stage: Stage): Promise<void> {
  const { engine, place, record } = stage
  const walk = await openWalk(stage)
  const project = openProject({ engine, root: walk.root, host: HOST, overlays: OVERLAYS })
  const clients = openClients(engine, HOST, join(place.dir, 'clients'))
  const bucket = await startBucket(stage)
  walk.setEnv({
    WARDEN_S3_BUCKET: BUCKET,
    WARDEN_S3_ENDPOINT: bucket.endpoint,
    WARDEN_S3_PATH_STYLE: 'true',
    WARDEN_S3_SECURE: 'false',
  })
  const scene = { ...stage, walk, project, clients, bucket }
  const came = await record.show('images lie in a bucket; login, push, pull', () => showUse(scene))
  if (came) {
    await record.show('R27: the collector works on the bucket', () => showCollector(scene))
  }
  await project.must('down', '--volumes')
  await engine.docker(['rm', '--force', '--volumes', NAME])
}
