import { join } from 'node:path'
import test from 'ava'
import { type Nginx, startNginx } from '../../src/stack/nginx.ts'
import { findFreePort } from '../../src/stack/ports.ts'
import { rawRequest } from '../support/raw-request.ts'
import { type Recorder, startRecorder } from '../support/recorder.ts'
import { type CallerName, type RightsWorld, startRightsWorld } from '../support/rights-world.ts'
import { basic } from '../support/service.ts'
import { makeTemporaryDir, removeDir } from '../support/temporary-dir.ts'

const dir = makeTemporaryDir()
let world: RightsWorld
let registry: Recorder
let nginx: Nginx

test.before(async () => {
  registry = await startRecorder()
  // Nobody is there: what gets as far as the registry is 503.
  world = await startRightsWorld({ registryUrl: 'http://127.0.0.1:9' })
  nginx = await startNginx({
    env: process.env,
    dir: join(dir, 'nginx'),
    logPath: join(dir, 'nginx.log'),
    accessLogPath: join(dir, 'access.log'),
    host: '127.0.0.1',
    port: await findFreePort(),
    registry: registry.address,
    warden: new URL(world.url).host,
    door: new URL(world.privateUrl).host,
  })
})

test.after.always(async () => {
  await nginx?.stop()
  await registry?.close()
  await world?.stop()
  removeDir(dir)
})

const WAYS = ['directly', 'through nginx'] as const

const portOf = (way: (typeof WAYS)[number]): number =>
  way === 'directly' ? Number(new URL(world.url).port) : nginx.port

async function ask(way: (typeof WAYS)[number], caller: CallerName, target: string, method = 'GET') {
  const as = world.credentials(caller)
  const headers = as ? { Authorization: basic(as) } : {}
  const type = method === 'GET' ? {} : { 'Content-Type': 'application/json', 'Content-Length': '0' }
  return rawRequest(portOf(way), method, target, { ...headers, ...type })
}

/** Other ways to write `/api/v1` + path, some of which another server takes for the same. */
const VARIANTS: readonly string[] = [
  '{plain}/',
  '{plain}//',
  '/{plain}',
  '/api//v1{path}',
  '{before}/{last}',
  '{before}./{last}',
  '{before}%2e/{last}',
  '{before}x/../{last}',
  '{before}x/%2e%2e/{last}',
  '{before}x/..%2f{last}',
  '{before}..%2f{last}',
  '{before}%2f{last}',
  '{parent}%2f{last}',
  '{parent}%5c{last}',
  '{parent}\\{last}',
  '{before}%{hex}{rest}',
  '{before}%25{hex}{rest}',
  '{before}{LAST}',
  '{PLAIN}',
  '/API/v1{path}',
  '/Api/V1{path}',
  '{plain};',
  '{plain};jsessionid=1',
  '{plain};/',
  '/api;x/v1{path}',
  '{plain}%3b',
  '{plain}%00',
  '{plain}%00.json',
  '{plain}.json',
  '{plain}%20',
  '{plain}%09',
  '{plain}%0a',
  '{plain}%0d%0aX-A:%20b',
  '{plain}%23',
  '{plain}#x',
  '{plain}%3f',
  '{plain}?',
  '{plain}?/../../healthz',
  '{before}%c0%af{last}',
  '{before}%ef%bc%8f{last}',
  '{before}{last}%e2%80%8b',
  '{before}%{last}',
  '/healthz/..{plain}',
  '/healthz/%2e%2e{plain}',
  '/healthz/..;{plain}',
  '/auth/token/../..{plain}',
  '/auth/..{plain}',
  '/auth/..%2fapi/v1{path}',
  '/v2/..{plain}',
  '/v2/..%2fapi/v1{path}',
  '/v2/%2e%2e/api/v1{path}',
  '/api/v1/projects/..{path}',
  '/api/v1/projects/open/../..{path}',
  '/api/v1/projects/open/%2e%2e/%2e%2e{path}',
  'http://localhost{plain}',
  'http://user@localhost/{plain}',
  '//localhost{plain}',
  '{plain}/..',
  '{plain}/.',
  '{plain}/%2e',
]

const variantsOf = (path: string): readonly string[] => {
  const plain = `/api/v1${path}`
  const parent = plain.slice(0, plain.lastIndexOf('/'))
  const last = plain.slice(parent.length + 1)
  const parts: Readonly<Record<string, string>> = {
    path,
    plain,
    PLAIN: plain.toUpperCase(),
    parent,
    before: `${parent}/`,
    last,
    LAST: last.toUpperCase(),
    hex: last.charCodeAt(0).toString(16),
    rest: last.slice(1),
  }
  return VARIANTS.map((text) => text.replace(/\{(\w+)\}/g, (_, name: string) => parts[name] ?? ''))
}

// What is protected, who may not have it, and what an answer would hold that gives it away.
const PROTECTED: readonly (readonly [path: string, caller: CallerName, marks: RegExp])[] = [
  ['/users', 'anon', /"username":/],
  ['/users', 'out', /"username":/],
  ['/users', 'prj', /"username":/],
  ['/users/aud', 'pad', /"systemRole":/],
  ['/settings', 'sys', /selfRegistration/],
  ['/groups', 'mai', /"crew"/],
  ['/robots', 'tok', /robot\$bot/],
  ['/audit', 'gue', /"actor":/],
  ['/projects/acme', 'anon', /"visibility":"private"/],
  ['/projects/acme', 'out', /"visibility":"private"/],
  ['/projects/other', 'prj', /"visibility":"private"/],
  ['/projects/acme/members', 'lim', /"role":/],
  ['/projects/acme/robots', 'web', /robot\$acme/],
  ['/me', 'dis', /"username":/],
]

const REPOSITORY_VARIANTS: readonly string[] = [
  'acme/app',
  'acme%2Fapp',
  'acme%2fapp',
  'acme//app',
  '/acme/app',
  'acme/app/',
  'acme/./app',
  'acme%2F.%2Fapp',
  'open/../acme/app',
  'open%2F..%2Facme%2Fapp',
  'open/%2e%2e/acme/app',
  'open/site/../../acme/app',
  'open%2Fsite%2F..%2F..%2Facme%2Fapp',
  'open/..%2facme/app',
  'open%252F..%252Facme%252Fapp',
  'ACME/app',
  'Acme%2FApp',
  'acme/app;x',
  'acme;x/app',
  'acme%00/app',
  'open%00/../acme/app',
  'acme/app%00',
  '%61cme/app',
  'acme%5capp',
  'open/site%0aacme/app',
  'acme%ef%bc%8fapp',
  'acme%e2%88%95app',
  '%EF%BD%81cme/app',
  'open,acme/app',
  'open%20acme/app',
  '*/app',
  '**',
  '%2A%2A',
]

for (const way of WAYS) {
  for (const [path, caller, marks] of PROTECTED) {
    test(`path variants ${way}: ${path} is not reached by ${caller}`, async (t) => {
      const wrong: string[] = []
      for (const target of [`/api/v1${path}`, ...variantsOf(path)]) {
        const { status, body } = await ask(way, caller, target)
        if (status >= 500 || marks.test(body)) wrong.push(`${target}: ${status} ${body}`)
      }
      t.deepEqual(wrong, [])
    })
  }
}

for (const way of WAYS) {
  test(`path variants ${way}: the plain path is there for who may`, async (t) => {
    for (const [path, , marks] of PROTECTED) {
      const { status, body } = await ask(way, 'adm', `/api/v1${path}`)
      t.is(status, 200, path)
      t.regex(body, marks)
    }
  })
}

for (const way of WAYS) {
  test(`path variants ${way}: no write of another's gets through`, async (t) => {
    const wrong: string[] = []
    for (const caller of ['anon', 'out', 'dev', 'prj', 'web'] as const) {
      for (const target of variantsOf('/projects/acme/members/users/dev')) {
        const { status } = await ask(way, caller, target, 'DELETE')
        // The registry decides about what is below /v2/; the recorder says 200 to everything.
        if (status < 400 && !/^\/v2/.test(target)) wrong.push(`${caller} ${target}: ${status}`)
      }
    }
    t.deepEqual(wrong, [])
    const { body } = await world.must('GET', '/projects/acme/members')
    t.true(body.items.some(({ username }: { username: string }) => username === 'dev'))
  })
}

for (const way of WAYS) {
  test(`path variants ${way}: a repository of another project is not reached`, async (t) => {
    const wrong: string[] = []
    const paths = REPOSITORY_VARIANTS.flatMap((name) => [name, `${name}/tags`, `${name}/tags/v1`])
    for (const path of paths) {
      for (const caller of ['anon', 'out', 'web'] as const) {
        const { status } = await ask(way, caller, `/api/v1/repositories/${path}`)
        if (status < 400 || status >= 500) wrong.push(`${caller} ${path}: ${status}`)
      }
    }
    t.deepEqual(wrong, [])
  })
}

for (const way of WAYS) {
  test(`path variants ${way}: what is private is on no public address`, async (t) => {
    const wrong: string[] = []
    for (const target of [
      '/metrics',
      '//metrics',
      '/metrics/',
      '/./metrics',
      '/%6detrics',
      '/METRICS',
      '/healthz/../metrics',
      '/healthz/..;/metrics',
      '/healthz/%2e%2e/metrics',
      '/api/v1/../../metrics',
      '/auth/..%2fmetrics',
      '/readyz/',
      '/notifications',
      '/gate',
    ]) {
      const { status, body } = await ask(way, 'anon', target)
      if (status < 400 || /warden_|registry.*reason|"clients"/.test(body)) {
        wrong.push(`${target}: ${status} ${body.slice(0, 100)}`)
      }
    }
    t.deepEqual(wrong, [])
  })
}

for (const way of WAYS) {
  test(`path variants ${way}: no header changes what is asked, or who asks`, async (t) => {
    for (const headers of [
      { 'X-Original-URL': '/api/v1/users' },
      { 'X-Rewrite-URL': '/api/v1/users' },
      { 'X-Original-URI': '/api/v1/users' },
      { 'X-HTTP-Method-Override': 'DELETE' },
      { 'X-Method-Override': 'DELETE' },
      { 'X-Forwarded-User': 'admin' },
      { 'X-Remote-User': 'admin' },
      { 'X-Forwarded-Prefix': '/api/v1/users' },
      { 'X-Registry-Warden-Method': 'DELETE' },
      { Cookie: 'session=admin; username=admin' },
    ]) {
      const projects = await rawRequest(portOf(way), 'GET', '/api/v1/projects', headers)
      t.is(projects.status, 200)
      t.deepEqual(
        JSON.parse(projects.body).items.map(({ name }: { name: string }) => name),
        ['open'],
      )
      const users = await rawRequest(portOf(way), 'GET', '/api/v1/users', headers)
      t.is(users.status, 401)
    }
  })
}
