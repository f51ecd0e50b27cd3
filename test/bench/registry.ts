import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join, resolve } from 'node:path'
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

/** The door, the same nginx without it, and with a server in its place that only hands on. */
type Way = 'door' | 'around' | 'hop'
type Times = Readonly<Record<Way, readonly number[]>>

/** In turns, so that whatever else the machine does is felt by all. */
async function compare(puts: Readonly<Record<Way, Put>>): Promise<Times> {
  const times: Record<Way, number[]> = { door: [], around: [], hop: [] }
  for (let n = 0; n < WARM_UP + WRITES; n++) {
    for (const way of ['door', 'around', 'hop'] as const) {
      const took = await puts[way]()
      await sleep(PAUSE_MS)
      if (n >= WARM_UP) times[way].push(took)
    }
  }
  return times
}

async function startHop(registryPort: number) {
  const args = [resolve('dist/test/bench/bare-hop.js'), `http://127.0.0.1:${registryPort}`]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const [port] = await once(child.stdout, 'data')
  return { port: Number(String(port)), stop: () => child.kill() }
}

async function startNginxWith(
  { dir, registry, warden }: TestStack,
  name: string,
  way: { readonly door: number; readonly doorMode: 'required' | 'off' },
) {
  const port = await findFreePort()
  return startNginx({
    env: process.env,
    dir: join(dir, name),
    logPath: join(dir, `${name}.log`),
    accessLogPath: join(dir, `${name}-access.log`),
    host: '127.0.0.1',
    port,
    registry: `127.0.0.1:${registry.port}`,
    warden: `127.0.0.1:${warden.port}`,
    door: `127.0.0.1:${way.door}`,
    doorMode: way.doorMode,
  })
}

function toFigures(
  { door, around, hop }: Times,
  { what, goalMs }: { readonly what: string; readonly goalMs: number },
): readonly Figure[] {
  const figure = (
    place: string,
    [times, share]: readonly [readonly number[], number],
    isGoal: boolean,
  ): Figure => {
    const [value, reference] = [at(times, share), at(around, share)]
    const isReached = value - reference <= goalMs
    return {
      what: `${what}, ${place}`,
      value,
      unit: 'ms',
      against: 'the same nginx without it',
      reference,
      ratio: value / reference,
      goal: isGoal ? { text: `<= ${goalMs} ms more`, isReached } : undefined,
    }
  }
  return [
    figure('median', [door, 0.5], true),
    figure('median of a server in its place that only hands on', [hop, 0.5], false),
    figure('99th of 100', [door, 0.99], false),
  ]
}

const RULES = { rules: [{ repositories: ['**'], tags: ['v*'] }] }

/** Writes of a tag that no rule means, then of tags that a rule does, each of them new. */
async function benchWrites(
  stack: TestStack,
  clients: Readonly<Record<Way, Client>>,
): Promise<readonly Figure[]> {
  await stack.api('POST', '/projects', { json: { name: 'acme' } })
  await stack.api('PUT', '/projects/acme/immutable-tags', { json: RULES })
  const places = { url: stack.url, registryUrl: stack.url }
  const compareWrites = async (nextTag: () => string) => {
    const token = await fetchToken(places, { as: ADMIN, scope: 'repository:acme/app:pull,push' })
    const put = (way: Way): Put => putting(clients[way], { token, nextTag })
    return compare({ door: put('door'), around: put('around'), hop: put('hop') })
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
  const hop = await startHop(stack.registry.port)
  const around = await startNginxWith(stack, 'around', {
    door: stack.warden.privatePort,
    doorMode: 'off',
  })
  const hopping = await startNginxWith(stack, 'hop', { door: hop.port, doorMode: 'required' })
  const clientOf = (port: number): Client => new Client(`http://127.0.0.1:${port}`)
  const clients = {
    door: new Client(stack.url),
    around: clientOf(around.port),
    hop: clientOf(hopping.port),
  }
  try {
    say(`${WRITES} manifests each way, twice …`)
    const writes = await benchWrites(stack, clients)
    const transfer = await benchTransfer(stack, say)
    const removal = await benchRemoval(stack, say)
    return [...writes, ...transfer, ...removal, ...(await benchCollect(stack, say))]
  } finally {
    await Promise.all(Object.values(clients).map((client) => client.destroy()))
    hop.stop()
    await Promise.all([around.stop(), hopping.stop()])
    await stack.remove()
  }
}
