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

const WARM_UP = 300
const WRITES = 500
/** What the registry tells of the last write is read into the index by then: it is the same for both. */
const PAUSE_MS = 40
const GOAL_MS = 1.5
const PATH = '/v2/acme/app/manifests/v1'

type Put = () => Promise<number>

/** Puts one manifest again and again over one connection, as a client does. @returns milliseconds */
function putting(client: Client, token: string): Put {
  const { mediaType, content } = emptyManifest()
  const headers = { authorization: `Bearer ${token}`, 'content-type': mediaType }
  return async () => {
    const startedAtMs = performance.now()
    const answer = await client.request({ method: 'PUT', path: PATH, headers, body: content })
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

function toFigures({ door, around }: Awaited<ReturnType<typeof compare>>): readonly Figure[] {
  return (
    [
      ['median', 0.5],
      ['99th of 100', 0.99],
    ] as const
  ).map(([what, share]) => {
    const [value, reference] = [at(door, share), at(around, share)]
    return {
      what: `manifest PUT through the door, ${what}`,
      value,
      unit: 'ms',
      against: 'the same nginx without it',
      reference,
      ratio: value / reference,
      goal:
        share === 0.5
          ? { text: `<= ${GOAL_MS} ms more`, isReached: value - reference <= GOAL_MS }
          : undefined,
    }
  })
}

/** What the door costs a push, with it and around it, one after the other; how long many deletes take, and how long a collection holds writes. */
export async function benchRegistry(say: (line: string) => void): Promise<readonly Figure[]> {
  say('starting database, service, registry and nginx …')
  const stack = await startTestStack()
  const nginx = await startAround(stack)
  const clients = [stack.url, `http://127.0.0.1:${nginx.port}`].map((url) => new Client(url))
  try {
    await stack.api('POST', '/projects', { json: { name: 'acme' } })
    const places = { url: stack.url, registryUrl: stack.url }
    const scope = 'repository:acme/app:pull,push'
    const token = await fetchToken(places, { as: ADMIN, scope })
    const [door, around] = clients.map((client) => putting(client, token)) as [Put, Put]
    say(`${WRITES} manifests each way …`)
    const writes = toFigures(await compare(door, around))
    const removal = await benchRemoval(stack, say)
    return [...writes, ...removal, ...(await benchCollect(stack, say))]
  } finally {
    await Promise.all(clients.map((client) => client.destroy()))
    await nginx.stop()
    await stack.remove()
  }
}
