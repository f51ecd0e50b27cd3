import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'undici'
import { startNginx } from '../../src/stack/nginx.ts'
import { findFreePort } from '../../src/stack/ports.ts'
import { emptyManifest } from '../support/bare-registry.ts'
import { fetchToken } from '../support/image.ts'
import { ADMIN, startTestStack, type TestStack } from '../support/stack.ts'
import { benchCollect } from './collect.ts'
import type { Figure } from './figure.ts'
import { benchRemoval } from './removal.ts'
import { benchTransfer } from './transfer.ts'

const WARM_UP = 300
const WRITES = 500
/** What the registry tells of the last write is read into the index by then: it is the same for both. */
const PAUSE_MS = 40
const GOAL_MS = 1.5
const GOAL_IMMUTABLE_MS = 4

type Put = () => Promise<number>

/** Puts one manifest again and again over one connection, as a client does. @returns milliseconds */
function putting(
  client: Client,
  { token, nextTag }: { readonly token: string; readonly nextTag: () => string },
): Put {
  const { mediaType, content } = emptyManifest()
  const headers = { authorization: `Bearer ${token}`, 'content-type': mediaType }
  return async () => {
    const path = `/v2/acme/app/manifests/${nextTag()}`
    const startedAtMs = performance.now()
    const answer = await client.request({ method: 'PUT', path, headers, body: content })
    await answer.body.dump()
    if (answer.statusCode !== 201) throw new Error(`a write is answered ${answer.statusCode}`)
    return performance.now() - startedAtMs
  }
}

const at = (times: readonly number[], share: number): number =>
  times.toSorted((a, b) => a - b)[Math.floor(times.length * share)] ?? Number.NaN

/** In turns, so that whatever else the machine does is felt by both. */
async function compare(door: Put, around: Put) {
  const times = { door: [] as number[], around: [] as number[] }
  for (let n = 0; n < WARM_UP + WRITES; n++) {
    const one = await door()
    await sleep(PAUSE_MS)
    const other = await around()
    await sleep(PAUSE_MS)
    if (n < WARM_UP) continue
    times.door.push(one)
    times.around.push(other)
  }
  return times
}

const startAround = async ({ dir, registry, warden }: TestStack) => {
  const port = await findFreePort()
  return startNginx({
    env: process.env,
    dir: join(dir, 'around'),
    logPath: join(dir, 'around.log'),
    accessLogPath: join(dir, 'around-access.log'),
    host: '127.0.0.1',
    port,
    registry: `127.0.0.1:${registry.port}`,
    warden: `127.0.0.1:${warden.port}`,
    door: `127.0.0.1:${warden.privatePort}`,
    doorMode: 'off',
  })
}

function toFigures(
  { door, around }: Awaited<ReturnType<typeof compare>>,
  { what, goalMs }: { readonly what: string; readonly goalMs: number },
): readonly Figure[] {
  return (
    [
      ['median', 0.5],
      ['99th of 100', 0.99],
    ] as const
  ).map(([place, share]) => {
    const [value, reference] = [at(door, share), at(around, share)]
    return {
      what: `${what}, ${place}`,
      value,
      unit: 'ms',
      against: 'the same nginx without it',
      reference,
      ratio: value / reference,
      goal:
        share === 0.5
          ? { text: `<= ${goalMs} ms more`, isReached: value - reference <= goalMs }
          : undefined,
    }
  })
}

const RULES = { rules: [{ repositories: ['**'], tags: ['v*'] }] }

/** Writes of a tag that no rule means, then of tags that a rule does, each of them new. */
async function benchWrites(
  stack: TestStack,
  clients: readonly Client[],
): Promise<readonly Figure[]> {
  await stack.api('POST', '/projects', { json: { name: 'acme' } })
  await stack.api('PUT', '/projects/acme/immutable-tags', { json: RULES })
  const places = { url: stack.url, registryUrl: stack.url }
  const compareWrites = async (nextTag: () => string) => {
    const token = await fetchToken(places, { as: ADMIN, scope: 'repository:acme/app:pull,push' })
    const both = clients.map((client) => putting(client, { token, nextTag }))
    return compare(...(both as [Put, Put]))
  }
  let tags = 0
  const plain = await compareWrites(() => 'latest')
  const immutable = await compareWrites(() => `v${++tags}`)
  return [
    ...toFigures(plain, { what: 'manifest PUT through the door', goalMs: GOAL_MS }),
    ...toFigures(immutable, {
      what: 'first PUT of an immutable tag through the door',
      goalMs: GOAL_IMMUTABLE_MS,
    }),
  ]
}

/** What the door costs a push, what a large image takes through everything, and how long deletes and collections take. */
export async function benchRegistry(say: (line: string) => void): Promise<readonly Figure[]> {
  say('starting database, service, registry and nginx …')
  const stack = await startTestStack()
  const nginx = await startAround(stack)
  const clients = [stack.url, `http://127.0.0.1:${nginx.port}`].map((url) => new Client(url))
  try {
    say(`${WRITES} manifests each way, twice …`)
    const writes = await benchWrites(stack, clients)
    const transfer = await benchTransfer(stack, say)
    const removal = await benchRemoval(stack, say)
    return [...writes, ...transfer, ...removal, ...(await benchCollect(stack, say))]
  } finally {
    await Promise.all(clients.map((client) => client.destroy()))
    await nginx.stop()
    await stack.remove()
  }
}
