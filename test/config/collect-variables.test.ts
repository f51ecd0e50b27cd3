import test from 'ava'
import { ConfigError } from '../../src/config/config-error.ts'
import { readConfig } from '../../src/config/read-config.ts'

const read = (env: Readonly<Record<string, string>>) =>
  readConfig({
    WARDEN_PUBLIC_URL: 'http://localhost:5000',
    WARDEN_REGISTRY_URL: 'http://registry:5000',
    WARDEN_DB_PASSWORD: 'x',
    ...env,
  }).config.collect

const LOCK = { WARDEN_GC_LOCK: '/var/lib/registry/collector.lock' }

test('nothing is collected by itself', (t) => {
  const nothing = { command: undefined, serviceSecret: undefined, cron: undefined }
  t.deepEqual(read({}), { ...nothing, limitSeconds: 1800 })
})

for (const [text, words] of [
  [
    'docker-registry garbage-collect /etc/c.yml',
    ['docker-registry', 'garbage-collect', '/etc/c.yml'],
  ],
  ['  /bin/registry   garbage-collect\t/c ', ['/bin/registry', 'garbage-collect', '/c']],
  ['["registry","garbage-collect","/a b.yml"]', ['registry', 'garbage-collect', '/a b.yml']],
  ['["registry","x;$(id)"]', ['registry', 'x;$(id)']],
  ['registry x;$(id)', ['registry', 'x;$(id)']],
] as const) {
  test(`R27: ${text} is a list of words`, (t) => {
    t.deepEqual(read({ WARDEN_GC_COMMAND: text, ...LOCK }).command, {
      words,
      lock: '/var/lib/registry/collector.lock',
    })
  })
}

for (const [env, fault] of [
  [
    { WARDEN_GC_COMMAND: 'registry garbage-collect -m /c' },
    /WARDEN_GC_COMMAND: must be without -m/,
  ],
  [{ WARDEN_GC_COMMAND: 'registry garbage-collect -qm /c' }, /must be without -m/],
  [{ WARDEN_GC_COMMAND: 'registry garbage-collect --delete-untagged /c' }, /must be without -m/],
  [{ WARDEN_GC_COMMAND: 'registry x --delete-untagged=true' }, /must be without -m/],
  [{ WARDEN_GC_COMMAND: 'registry garbage-collect -d /c' }, /must be without --dry-run/],
  [{ WARDEN_GC_COMMAND: 'registry garbage-collect --dry-run' }, /must be without --dry-run/],
  [{ WARDEN_GC_COMMAND: 'sh -c id' }, /must not be a shell/],
  [{ WARDEN_GC_COMMAND: '["/usr/bin/bash","-c","id"]' }, /must not be a shell/],
  [{ WARDEN_GC_COMMAND: '["registry",7]' }, /must be a list of texts in JSON/],
  [{ WARDEN_GC_COMMAND: '[]' }, /must begin with a program/],
  [{ WARDEN_GC_COMMAND: '["registry"' }, /must be a list of texts in JSON/],
  [{ WARDEN_GC_COMMAND: '["registry","a\\u0000b"]' }, /must not have a NUL/],
  [{ WARDEN_GC_COMMAND: 'registry', WARDEN_GC_LOCK: '' }, /belong together; set both or neither/],
  [{ WARDEN_GC_LOCK: 'collector.lock' }, /WARDEN_GC_LOCK: must be an absolute path/],
  [{ WARDEN_GC_LIMIT_SECONDS: '59' }, /WARDEN_GC_LIMIT_SECONDS/],
  [{ WARDEN_GC_CRON: 'at night' }, /WARDEN_GC_CRON: must be a cron pattern/],
] as const) {
  test(`R27: ${JSON.stringify(env)} is refused`, (t) => {
    const whole = { ...('WARDEN_GC_COMMAND' in env ? LOCK : {}), ...env }
    const error = t.throws(() => read(whole), { instanceOf: ConfigError })
    t.regex(error?.message ?? '', fault)
  })
}
