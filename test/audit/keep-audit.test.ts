import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { createForwardSink, forwardAudit } from '../../src/audit/forward-audit.ts'
import { keepAudit } from '../../src/audit/keep-audit.ts'
import type { AuditConfig, ForwardTarget } from '../../src/config/audit-variables.ts'
import { type AuditWorld, fillAudit, startAuditWorld } from '../support/audit-world.ts'

const withWorld = async (work: (world: AuditWorld) => Promise<void>) => {
  const world = await startAuditWorld()
  try {
    await work(world)
  } finally {
    await world.stop()
  }
}

const keep = (
  { database, keyPath }: AuditWorld,
  config: AuditConfig,
  writeOut: (text: string) => Promise<void> = async () => undefined,
  logged: object[] = [],
  retentionDays: number | null = null,
) =>
  keepAudit({
    database,
    keyPath,
    config,
    log: { info: (fields) => logged.push(fields), warn: (fields) => logged.push(fields) },
    writeOut,
    flush: async () => undefined,
    readRetentionDays: async () => retentionDays,
    monotonicMs: () => performance.now(),
  })

const until = async (isDone: () => Promise<boolean>): Promise<void> => {
  for (let tries = 0; tries < 200; tries++) {
    if (await isDone()) return
    await sleep(50)
  }
  throw new Error('it did not come to pass within ten seconds')
}

const OFF: AuditConfig = { forward: { kind: 'off' } }

test('R34: processes beside each other seal all rows, and tell a checkpoint in the log', (t) =>
  withWorld(async (world) => {
    const logged: object[] = []
    const stops = [keep(world, OFF, undefined, logged), keep(world, OFF, undefined, logged)]
    await fillAudit(world.database, 2000)
    await until(async () => (await world.verify()).until === 2000)
    await Promise.all(stops.map((stop) => stop()))
    const { broken, unsealed } = await world.verify()
    t.deepEqual([broken, unsealed], [undefined, 0])
    t.true(JSON.stringify(logged).includes('"mac"'))
  }))

test('retention removes what is old in the background', (t) =>
  withWorld(async (world) => {
    await fillAudit(world.database, 1500)
    const stop = keep(world, OFF, undefined, [], 1)
    await until(async () => (await world.database('audit').count({ n: '*' }).first())?.n === 0)
    await stop()
    t.deepEqual(await world.verify(), { from: 1501, until: 1500, unsealed: 0, broken: undefined })
  }))

const sealsOf = (text: string): readonly number[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line).seal)

test('rows are forwarded to stdout in the order of their numbers, and go on where they were', (t) =>
  withWorld(async (world) => {
    const forward: ForwardTarget = { kind: 'stdout' }
    let text = ''
    const write = async (lines: string): Promise<void> => {
      text += lines
    }
    await fillAudit(world.database, 450)
    const stop = keep(world, { ...OFF, forward }, write)
    await until(async () => sealsOf(text).length === 450)
    await stop()
    await fillAudit(world.database, 3)
    const stopAgain = keep(world, { ...OFF, forward }, write)
    await until(async () => sealsOf(text).length === 453)
    await stopAgain()
    t.deepEqual(
      sealsOf(text),
      Array.from({ length: 453 }, (_, index) => index + 1),
    )
    const [line = ''] = text.split('\n')
    t.is(JSON.parse(line).actor, 'user-0')
  }))

interface Receiver {
  readonly url: string
  readonly close: () => Promise<void>
}

const startReceiver = (listener: RequestListener): Promise<Receiver> => {
  const server = createServer(listener)
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      resolve({
        url: `http://127.0.0.1:${port}/audit`,
        close: () => new Promise((closed) => server.close(() => closed()).closeAllConnections()),
      })
    })
  })
}

const sinkOf = (url: string) => {
  const sink = createForwardSink({ kind: 'url', url, token: 'sesame' }, async () => undefined)
  if (sink === undefined) throw new Error('there is no sink')
  return sink
}

test('a batch that the receiver did not take is sent again, whole', (t) =>
  withWorld(async (world) => {
    const bodies: string[] = []
    const statuses = [500, 204]
    const seen = new Set<unknown>()
    const receiver = await startReceiver(async (request, response) => {
      let body = ''
      for await (const chunk of request) body += chunk
      bodies.push(body)
      seen.add(request.headers.authorization)
      response.writeHead(statuses.shift() ?? 204).end()
    })
    await fillAudit(world.database, 3)
    await world.seal()
    const sink = sinkOf(receiver.url)
    const deps = { ...world, sink }
    await t.throwsAsync(forwardAudit(deps), { message: /answers 500/ })
    t.deepEqual([await forwardAudit(deps), await forwardAudit(deps)], [3, 0])
    t.deepEqual(bodies.map(sealsOf), [
      [1, 2, 3],
      [1, 2, 3],
    ])
    t.deepEqual([...seen], ['Bearer sesame'])
    await sink.close()
    await receiver.close()
  }))

test('R20: forwarding follows no redirect', (t) =>
  withWorld(async (world) => {
    let elsewhere = 0
    const other = await startReceiver((_request, response) => {
      elsewhere++
      response.writeHead(204).end()
    })
    const receiver = await startReceiver((_request, response) => {
      response.writeHead(307, { location: other.url }).end()
    })
    await fillAudit(world.database, 1)
    await world.seal()
    const sink = sinkOf(receiver.url)
    await t.throwsAsync(forwardAudit({ ...world, sink }), { message: /answers 307/ })
    t.is(elsewhere, 0)
    await sink.close()
    await Promise.all([receiver.close(), other.close()])
  }))
