import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { readConfig } from '../../../src/config/read-config.ts'
import { COLLECTOR_CHECKS } from '../../../src/maintenance/doctor/collector-check.ts'
import type { Examination } from '../../../src/maintenance/doctor/examination.ts'
import { makeTemporaryDir, removeDir } from '../../support/temporary-dir.ts'

const dir = makeTemporaryDir()
test.after.always(() => removeDir(dir))

const write = (name: string, text: string): string => {
  writeFileSync(join(dir, name), text)
  return join(dir, name)
}

const examine = (env: Readonly<Record<string, string>>) => {
  const { config } = readConfig({
    WARDEN_PUBLIC_URL: 'https://registry.example.com',
    WARDEN_REGISTRY_URL: 'http://registry:5000',
    WARDEN_DB_PASSWORD: 'x',
    ...env,
  })
  return COLLECTOR_CHECKS[0].run({ inside: { config } } as unknown as Examination)
}

const lock = join(dir, 'lock')

test('where no collector is configured a warning says so', async (t) => {
  const { state, detail } = await examine({})
  t.is(state, 'warning')
  t.is(detail, 'no collector is configured, so deleted images free no disk')
})

test('a collector that can be run is well', async (t) => {
  const config = write('good.yml', 'storage:\n  filesystem:\n    rootdirectory: /x\n')
  const command = `docker-registry garbage-collect ${config}`
  const { state, detail } = await examine({ WARDEN_GC_COMMAND: command, WARDEN_GC_LOCK: lock })
  t.deepEqual([state, detail], ['ok', `docker-registry can be run, under the lock ${lock}`])
})

for (const [title, command, lockPath, words] of [
  [
    'a program that is not there',
    '/none/registry garbage-collect',
    lock,
    /^the program \/none\/reg/,
  ],
  [
    'a program that is nowhere',
    'no-such-registry garbage-collect',
    lock,
    /^the program no-such-reg/,
  ],
  [
    'a folder that is not there',
    'docker-registry x',
    '/none/lock',
    /^\/none, the folder of WARDEN_GC/,
  ],
  [
    'a file that is not there',
    'docker-registry x /none.yml',
    lock,
    /^\/none.yml cannot be read: ENOENT/,
  ],
] as const) {
  test(`${title} is a fault`, async (t) => {
    const found = await examine({ WARDEN_GC_COMMAND: command, WARDEN_GC_LOCK: lockPath })
    t.is(found.state, 'fault')
    t.regex(found.detail, words)
  })
}

test('a blob cache in its configuration is a fault', async (t) => {
  const config = write('cache.yml', 'storage:\n  cache:\n    blobdescriptor: inmemory\n')
  const command = `docker-registry garbage-collect ${config}`
  const { state, detail } = await examine({ WARDEN_GC_COMMAND: command, WARDEN_GC_LOCK: lock })
  t.deepEqual([state, detail], ['fault', `${config} has a blob cache (inmemory)`])
})
