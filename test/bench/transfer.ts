import { createHash, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import pLimit from 'p-limit'
import { Agent, request } from 'undici'
import { OCI_MANIFEST } from '../../src/protocol/media-types.ts'
import { startNginx } from '../../src/stack/nginx.ts'
import { findFreePort } from '../../src/stack/ports.ts'
import { startBareRegistry } from '../support/bare-registry.ts'
import { fetchToken } from '../support/image.ts'
import { ADMIN, type TestStack } from '../support/stack.ts'
import { type Figure, toFigure } from './figure.ts'

const LAYERS = 20
const LAYER_BYTES = 10_000_000
/** As docker does. */
const AT_ONCE = 3
const ROUNDS = 7
const MOST_RATIO = 1.05

interface Blob {
  readonly digest: string
  readonly content: Buffer
}

interface Image {
  readonly blobs: readonly Blob[]
  readonly manifest: Buffer
}

const toBlob = (content: Buffer): Blob => ({
  digest: `sha256:${createHash('sha256').update(content).digest('hex')}`,
  content,
})

const describe = (mediaType: string, { digest, content }: Blob) => ({
  mediaType: `application/vnd.oci.image.${mediaType}`,
  digest,
  size: content.length,
})

function makeImage(): Image {
  const layers = Array.from({ length: LAYERS }, () => toBlob(randomBytes(LAYER_BYTES)))
  const config = toBlob(Buffer.from(JSON.stringify({ os: 'linux', layers: layers.length })))
  const manifest = {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: describe('config.v1+json', config),
    layers: layers.map((layer) => describe('layer.v1.tar', layer)),
  }
  return { blobs: [...layers, config], manifest: Buffer.from(JSON.stringify(manifest)) }
}

/** One way to a registry, as a client goes it. */
interface Way {
  readonly url: string
  readonly dispatcher: Agent
  /** Undefined where nobody is asked for one. */
  readonly signIn: ((scope: string) => Promise<string>) | undefined
}

type Send = (
  method: 'GET' | 'POST' | 'PATCH' | 'PUT',
  place: string,
  wanted: number,
  body?: Buffer,
) => Promise<{ readonly location: string; readonly content: Buffer }>

/** Asks once without a token, then for one, as every client does. */
async function begin({ url, dispatcher, signIn }: Way, scope: string): Promise<Send> {
  const ping = await request(`${url}/v2/`, { dispatcher })
  await ping.body.dump()
  const token = await signIn?.(scope)
  const authorization = token !== undefined && { authorization: `Bearer ${token}` }
  return async (method, place, wanted, body) => {
    const headers = {
      // The registry takes no other type for a part of a blob.
      'content-type': method === 'PATCH' ? 'application/octet-stream' : OCI_MANIFEST,
      accept: OCI_MANIFEST,
      ...authorization,
    }
    const options = { dispatcher, method, headers, ...(body !== undefined && { body }) }
    const answer = await request(new URL(place, url), options)
    const content = Buffer.from(await answer.body.arrayBuffer())
    if (answer.statusCode !== wanted) throw new Error(`${method} ${place}: ${answer.statusCode}`)
    return { location: String(answer.headers.location ?? ''), content }
  }
}

async function pushBlob(send: Send, repository: string, { digest, content }: Blob): Promise<void> {
  const start = await send('POST', `/v2/${repository}/blobs/uploads/`, 202)
  const sent = await send('PATCH', start.location, 202, content)
  const mark = sent.location.includes('?') ? '&' : '?'
  await send('PUT', `${sent.location}${mark}digest=${digest}`, 201)
}

async function push(way: Way, repository: string, { blobs, manifest }: Image): Promise<void> {
  const send = await begin(way, `repository:${repository}:pull,push`)
  const limit = pLimit(AT_ONCE)
  await Promise.all(blobs.map((blob) => limit(() => pushBlob(send, repository, blob))))
  await send('PUT', `/v2/${repository}/manifests/v1`, 201, manifest)
}

async function pull(way: Way, repository: string, { blobs, manifest }: Image): Promise<void> {
  const send = await begin(way, `repository:${repository}:pull`)
  const limit = pLimit(AT_ONCE)
  const { content } = await send('GET', `/v2/${repository}/manifests/v1`, 200)
  if (!content.equals(manifest)) throw new Error('another manifest came back')
  const get = async ({ digest }: Blob): Promise<number> =>
    (await send('GET', `/v2/${repository}/blobs/${digest}`, 200)).content.length
  const sizes = await Promise.all(blobs.map((blob) => limit(() => get(blob))))
  const whole = blobs.every(({ content: { length } }, at) => length === sizes[at])
  if (!whole) throw new Error('a blob came back in part')
}

async function timed(work: () => Promise<void>): Promise<number> {
  const startedAtMs = performance.now()
  await work()
  return (performance.now() - startedAtMs) / 1000
}

const median = (times: readonly number[]): number =>
  times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN

/** In turns, each time with bytes that no registry has seen; who is first changes, too. */
async function compare(whole: Way, bare: Way, say: (line: string) => void) {
  const times = { push: new Map<Way, number[]>(), pull: new Map<Way, number[]>() }
  for (let round = 0; round < ROUNDS; round++) {
    say(`round ${round + 1} of ${ROUNDS}`)
    for (const way of round % 2 === 0 ? [whole, bare] : [bare, whole]) {
      const image = makeImage()
      const repository = `acme/large-${round}`
      const note = (of: Map<Way, number[]>, seconds: number): void => {
        of.set(way, [...(of.get(way) ?? []), seconds])
      }
      note(times.push, await timed(() => push(way, repository, image)))
      note(times.pull, await timed(() => pull(way, repository, image)))
    }
  }
  return (['push', 'pull'] as const).map((what) => ({
    what,
    value: median(times[what].get(whole) ?? []),
    reference: median(times[what].get(bare) ?? []),
  }))
}

async function startBareWay({ dir, warden }: TestStack) {
  const registry = await startBareRegistry()
  const port = await findFreePort()
  const nginx = await startNginx({
    env: process.env,
    dir: join(dir, 'bare'),
    logPath: join(dir, 'bare.log'),
    accessLogPath: join(dir, 'bare-access.log'),
    host: '127.0.0.1',
    port,
    registry: `127.0.0.1:${registry.port}`,
    warden: `127.0.0.1:${warden.port}`,
    door: `127.0.0.1:${warden.privatePort}`,
    doorMode: 'off',
  })
  const stop = async (): Promise<void> => {
    await nginx.stop()
    await registry.remove()
  }
  return { url: `http://127.0.0.1:${port}`, stop }
}

/** What a large image takes through everything, against the same nginx and registry that ask nobody. */
export async function benchTransfer(
  stack: TestStack,
  say: (line: string) => void,
): Promise<readonly Figure[]> {
  say(`an image of ${LAYERS} layers of ${LAYER_BYTES / 1e6} MB is pushed and pulled …`)
  const bare = await startBareWay(stack)
  const dispatcher = new Agent({ connections: AT_ONCE })
  const places = { url: stack.url, registryUrl: stack.url }
  const signIn = (scope: string): Promise<string> => fetchToken(places, { as: ADMIN, scope })
  try {
    const whole = { url: stack.url, dispatcher, signIn }
    const compared = await compare(whole, { url: bare.url, dispatcher, signIn: undefined }, say)
    return compared.map(({ what, value, reference }) =>
      toFigure(
        {
          what: `${what} of ${(LAYERS * LAYER_BYTES) / 1e6} MB in ${LAYERS} layers`,
          value,
          unit: 's',
          against: 'the same nginx and registry without auth',
          reference,
        },
        { atMost: MOST_RATIO },
      ),
    )
  } finally {
    await dispatcher.destroy()
    await bare.stop()
  }
}
