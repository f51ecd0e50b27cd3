import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import type { CollectOrder, Collector } from '../../../src/maintenance/collect/collector.ts'
import { createCommandCollector } from '../../../src/maintenance/collect/command-collector.ts'
import { writeScript } from '../../support/collect-world.ts'
import { runNode } from '../../support/run-node.ts'
import { makeTemporaryDir, removeDir } from '../../support/temporary-dir.ts'
import { waitFor } from '../../support/wait-for.ts'

interface Place {
  readonly dir: string
  readonly lock: string
  readonly collector: Collector
  readonly lines: string[]
  readonly order: (change?: Partial<CollectOrder>) => CollectOrder
}

function makePlace(t: ExecutionContext, script: string, words: readonly string[] = []): Place {
  const dir = makeTemporaryDir()
  t.teardown(() => removeDir(dir))
  const lock = join(dir, 'collector.lock')
  const program = writeScript(join(dir, 'collector'), script)
  const lines: string[] = []
  const order = (change: Partial<CollectOrder> = {}): CollectOrder => ({
    epoch: 7,
    dryRun: false,
    limitSeconds: 20,
    signal: new AbortController().signal,
    confirm: async () => undefined,
    onLine: (line) => lines.push(line),
    ...change,
  })
  const collector = createCommandCollector({ words: [program, ...words], lock })
  return { dir, lock, collector, lines, order }
}

const PRINT_ARGUMENTS = `#!/bin/sh
for one in "$@"; do echo "[$one]"; done
`

test('R27: an argument is one argument, whatever a shell would make of it', async (t) => {
  const words = ['garbage-collect', '/a file; touch $(id) `id` > x & "q"\'', '*', '']
  const { collector, lines, order } = makePlace(t, PRINT_ARGUMENTS, words)
  t.deepEqual(await collector.run(order()), { exitCode: 0, sawExit: true })
  t.deepEqual(
    lines,
    words.map((word) => `[${word}]`),
  )
})

test('a dry run is asked for behind the verb', async (t) => {
  const words = ['garbage-collect', '/etc/config.yml']
  const { collector, lines, order } = makePlace(t, PRINT_ARGUMENTS, words)
  await collector.run(order({ dryRun: true }))
  t.deepEqual(lines, ['[garbage-collect]', '[--dry-run]', '[/etc/config.yml]'])
})

test('R27: it gets nothing of our environment', async (t) => {
  process.env.WARDEN_TEST_SECRET = 'canary'
  t.teardown(() => delete process.env.WARDEN_TEST_SECRET)
  const { collector, lines, order } = makePlace(t, '#!/usr/bin/env -S sh -c env\n')
  await collector.run(order())
  const names = lines.map((line) => line.split('=', 1)[0]).filter((name) => name !== '_')
  t.deepEqual(
    names.toSorted(),
    ['PATH', 'PWD'].filter((name) => names.includes(name)),
  )
  t.true(names.includes('PATH'))
})

test('what it prints is told line by line, and cut', async (t) => {
  const script = `#!/bin/sh
printf 'one\\ntw'
head -c 3000000 /dev/zero | tr '\\0' x
printf '\\nlast'
echo err >&2
exit 3
`
  const { collector, lines, order } = makePlace(t, script)
  t.deepEqual(await collector.run(order()), { exitCode: 3, sawExit: true })
  t.deepEqual(
    lines.map((line) => line.length).toSorted((a, b) => a - b),
    [3, 3, 4, 4096],
  )
})

const SLEEP = '#!/bin/sh\nexec sleep 60\n'

test('R25: while one runs the lock is not free, and no other one begins', async (t) => {
  const script = '#!/bin/sh\ntouch "$0.began"\nexec sleep 60\n'
  const { dir, collector, order, lock } = makePlace(t, script)
  t.true(await collector.isFree())
  const ending = new AbortController()
  const first = collector.run(order({ signal: ending.signal }))
  await waitFor(async () => existsSync(join(dir, 'collector.began')))
  t.false(await collector.isFree())
  await t.throwsAsync(collector.run(order()), {
    code: 'CONFLICT',
    message: 'a collector is running on this storage already; wait until it has ended',
  })
  t.false(await createCommandCollector({ words: ['none'], lock }).isFree())
  ending.abort()
  t.deepEqual(await first, { exitCode: null, sawExit: true })
  t.true(await collector.isFree())
})

test('R25: it is ended by its limit', async (t) => {
  const { collector, order } = makePlace(t, SLEEP)
  t.deepEqual(await collector.run(order({ limitSeconds: 1 })), { exitCode: 124, sawExit: true })
})

test('R25: one that had to be killed has not been seen to end', async (t) => {
  const script = "#!/bin/sh\ntrap '' TERM\nwhile true; do sleep 0.2; done\n"
  const { collector, order } = makePlace(t, script)
  const end = await collector.run(order({ limitSeconds: 1 }))
  t.deepEqual(end, { exitCode: null, sawExit: false })
})

test('R25: limit and lock live on where the process is killed that began it', async (t) => {
  const { dir, lock, collector } = makePlace(t, `#!/bin/sh\ntouch "$0.began"\nexec sleep 60\n`)
  const worker = runNode('test/support/collector-worker.js', [join(dir, 'collector'), lock, '4'])
  await waitFor(async () => existsSync(join(dir, 'collector.began')))
  const beganAtMs = performance.now()
  worker.kill('SIGKILL')
  t.false(await collector.isFree())
  await waitFor(async () => collector.isFree(), { mostMs: 15_000, what: 'the end by the limit' })
  const tookMs = performance.now() - beganAtMs
  t.true(tookMs > 2000 && tookMs < 12_000, `${tookMs}`)
})

test('R24: what was ordered and has not begun begins no more once the lock was taken', async (t) => {
  const { dir, collector, order } = makePlace(t, `#!/bin/sh\ntouch "$0.began"\n`)
  const confirm = async (): Promise<void> => {
    t.true(await collector.isFree())
  }
  await t.throwsAsync(collector.run(order({ confirm })), { code: 'UNAVAILABLE' })
  t.false(existsSync(join(dir, 'collector.began')))
  t.deepEqual(await collector.run(order()), { exitCode: 0, sawExit: true })
  t.true(existsSync(join(dir, 'collector.began')))
})

test('R24: what is not confirmed does not begin', async (t) => {
  const { dir, collector, order } = makePlace(t, `#!/bin/sh\ntouch "$0.began"\n`)
  const confirm = async (): Promise<void> => {
    throw new Error('ours no more')
  }
  await t.throwsAsync(collector.run(order({ confirm })), { message: 'ours no more' })
  t.false(existsSync(join(dir, 'collector.began')))
})

test('a lock that cannot be taken is told, and nothing is run', async (t) => {
  const { dir, order } = makePlace(t, SLEEP)
  writeFileSync(join(dir, 'file'), '')
  const place = { words: [join(dir, 'collector')], lock: join(dir, 'file/lock') }
  const collector = createCommandCollector(place)
  await t.throwsAsync(collector.isFree(), {
    code: 'UNAVAILABLE',
    message: /cannot be taken: flock/,
  })
  await t.throwsAsync(collector.run(order()), { code: 'UNAVAILABLE' })
  t.is(readFileSync(join(dir, 'file'), 'utf8'), '')
  rmSync(join(dir, 'file'))
})

test('a program that is not there comes to an end that was seen', async (t) => {
  const { dir, lock, order, lines } = makePlace(t, SLEEP)
  const collector = createCommandCollector({ words: [join(dir, 'none')], lock })
  t.like(await collector.run(order()), { sawExit: true })
  t.regex(lines.join('\n'), /none: No such file or directory/)
})
