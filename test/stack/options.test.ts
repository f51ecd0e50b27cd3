import { resolve } from 'node:path'
import test from 'ava'
import { renderTemplate } from '../../src/stack/nginx.ts'
import { missingOf } from '../../src/stack/packages.ts'
import { parseQuickstartOptions } from '../../src/stack/quickstart-options.ts'

test('without options everything is local, in .quickstart, and stays in the foreground', (t) => {
  t.deepEqual(parseQuickstartOptions([]), {
    detach: false,
    stop: false,
    json: false,
    help: false,
    dir: resolve('.quickstart'),
    port: undefined,
    networkHost: undefined,
    tls: false,
    way: undefined,
  })
})

test('every option is read', (t) => {
  const words = '--detach --json --dir /data/x --port=5001 --host build.test --with packages'
  t.like(parseQuickstartOptions(words.split(' ')), {
    detach: true,
    json: true,
    dir: '/data/x',
    port: 5001,
    networkHost: 'build.test',
    way: 'packages',
  })
})

test('with TLS the parts are processes of packages', (t) => {
  t.like(parseQuickstartOptions(['--tls']), { tls: true, way: 'packages' })
})

for (const words of [
  '--tls --with docker',
  '--fast',
  'extra',
  '--port',
  '--port 0',
  '--port 65536',
  '--port 5e3',
  '--with podman',
  '--host http://x',
  '--host a:5000',
  '--detach=yes',
]) {
  test(`quickstart ${words} is wrong use`, (t) => {
    t.throws(() => parseQuickstartOptions(words.split(' ')), { name: 'UsageError' })
  })
}

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: the placeholders of nginx templates.
test('a template gets its values, and the variables of nginx stay', (t) => {
  t.is(
    renderTemplate('listen ${NGINX_LISTEN}; log $uri ${OTHER};', { NGINX_LISTEN: '80' }),
    'listen 80; log $uri ${OTHER};',
  )
})

// biome-ignore-end lint/suspicious/noTemplateCurlyInString: the placeholders of nginx templates.

test('what is not installed is found by its command', (t) => {
  const there = { command: 'sh', packages: ['dash'] }
  const missing = { command: 'no-such-command-anywhere', packages: ['none'] }
  t.deepEqual(missingOf([there, missing], process.env), [missing])
})
