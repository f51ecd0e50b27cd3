import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import test from 'ava'
import { plainEnvironment } from '../../src/stack/commands.ts'
import { type PartSpec, startPart } from '../../src/stack/part.ts'
import { assertPortFree, findFreePort } from '../../src/stack/ports.ts'
import { identifyProcess } from '../../src/stack/process-identity.ts'
import { makeTemporaryDir, removeDir } from '../support/temporary-dir.ts'

const dir = makeTemporaryDir()
test.after.always(() => removeDir(dir))

const part = (name: string, script: string, more: Partial<PartSpec> = {}): PartSpec => ({
  name,
  command: 'sh',
  args: ['-c', script],
  env: plainEnvironment(process.env),
  dir,
  logPath: join(dir, `${name}.log`),
  isReady: async () => true,
  readyTimeoutMs: 5000,
  ...more,
})

test('a part that ends while starting is told with its last lines', async (t) => {
  const script = 'echo no such file: config; exit 3'
  const spec = part('broken', script, { isReady: async () => false })
  const error = await t.throwsAsync(startPart(spec), { name: 'StackError' })
  t.regex(error?.message ?? '', /broken ended while starting \(exit code 3\)/)
  t.regex(error?.message ?? '', /no such file: config/)
})

test('a part that never answers is stopped again', async (t) => {
  const spec = part('silent', 'echo $$ >silent.pid; exec sleep 60', {
    isReady: async () => false,
    readyTimeoutMs: 300,
  })
  const error = await t.throwsAsync(startPart(spec), { name: 'StackError' })
  t.regex(error?.message ?? '', /silent did not answer within 0 seconds/)
})

test('stop asks with SIGTERM, and the end is told', async (t) => {
  const started = await startPart(
    part('polite', 'trap "exit 0" TERM; while :; do sleep 0.05; done'),
  )
  await started.stop()
  t.is(await started.ended, 'exit code 0')
  t.is(identifyProcess(started.pid), undefined)
})

test('a start that is no longer wanted is given up', async (t) => {
  const controller = new AbortController()
  const begun = startPart(
    part('unwanted', 'exec sleep 60', {
      isReady: async () => {
        controller.abort(new Error('not wanted any more'))
        return false
      },
      signal: controller.signal,
    }),
  )
  await t.throwsAsync(begun, { message: 'not wanted any more' })
})

test('a command that is not there is a sentence', async (t) => {
  const spec = part('missing', '', { command: join(dir, 'nothing-here') })
  await t.throwsAsync(startPart(spec), { name: 'StackError', message: /missing cannot be started/ })
})

test('a taken port is told with what to do, and the free port next to it is found', async (t) => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const error = await t.throwsAsync(assertPortFree('127.0.0.1', port), { name: 'StackError' })
  t.is(
    error?.message,
    `port ${port} is taken by another program; stop that, or take another port with --port N`,
  )
  t.not(await findFreePort(port), port)
  server.close()
})

const PORTS = 20

async function findPorts(): Promise<readonly number[]> {
  const found: number[] = []
  for (let times = 0; times < PORTS; times++) found.push(await findFreePort())
  return found
}

test('ports that are found are different, though nobody listens on them yet', async (t) => {
  t.is(new Set(await findPorts()).size, PORTS)
})

test('who looks for ports in another thread finds others', async (t) => {
  const source = `
    import { parentPort } from 'node:worker_threads'
    import { findFreePort } from '${new URL('../../src/stack/ports.js', import.meta.url)}'
    const found = []
    for (let times = 0; times < ${PORTS}; times++) found.push(await findFreePort())
    parentPort.postMessage(found)
  `
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`))
  const [found] = (await once(worker, 'message')) as [readonly number[]]
  const own = new Set(await findPorts())
  t.deepEqual(
    found.filter((port) => own.has(port)),
    [],
  )
})
