import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import test from 'ava'
import { VARIABLES } from '../../src/config/variables.ts'
import type { Composition } from '../support/compose-binary.ts'
import { ALL, check, HTTP, NAMED, serviceOf, TLS, TOLD } from '../support/composition.ts'

check('Compose takes the files and knows these services', ALL, (t, { services }) => {
  t.deepEqual(Object.keys(services).sort(), [
    'collector',
    'mysql',
    'nginx',
    'registry',
    'setup',
    'warden',
  ])
})

check('each part waits for what it needs', ALL, (t, all) => {
  const waits = (name: string) =>
    Object.entries(serviceOf(all, name).depends_on ?? {})
      .map(([on, { condition }]) => `${on} ${condition}`)
      .sort()
  t.deepEqual(waits('mysql'), ['setup service_completed_successfully'])
  t.deepEqual(waits('warden'), ['mysql service_healthy', 'setup service_completed_successfully'])
  t.deepEqual(waits('registry'), ['warden service_healthy'])
  t.deepEqual(waits('collector'), ['warden service_healthy'])
  t.deepEqual(waits('nginx'), ['registry service_healthy', 'warden service_healthy'])
})

check('what runs is started again, setup is not', ALL, (t, { services }) => {
  const { setup, ...running } = services
  t.is(setup?.restart, 'no')
  t.true(Object.values(running).every(({ restart }) => restart === 'unless-stopped'))
})

check('every variable of the service is one that it knows', ALL, (t, all) => {
  const names = Object.keys(serviceOf(all, 'warden').environment ?? {})
  const strangers = names.filter((name) => !(name.replace(/_FILE$/, '') in VARIABLES))
  t.deepEqual(strangers, [])
})

/** What the files themselves decide, since other parts of them have to fit. */
const DECIDED: Readonly<Record<string, string>> = {
  WARDEN_PUBLIC_URL: 'is made of WARDEN_HOST and the port',
  WARDEN_LISTEN: 'nginx looks for it there',
  WARDEN_PRIVATE_LISTEN: 'the registry looks for it there',
  WARDEN_REGISTRY_URL: 'the registry of the files',
  WARDEN_CERTS_DIR: 'volumes are mounted there',
  WARDEN_DB_HOST: 'the database of the files',
  WARDEN_DB_PORT: 'the database of the files',
  WARDEN_DB_USER: 'the database of the files',
  WARDEN_DB_NAME: 'the database of the files',
  WARDEN_DB_CA: 'the database of the files has no certificate for its name',
  WARDEN_DB_PASSWORD: 'setup makes it',
  WARDEN_ADMIN_PASSWORD: 'setup makes it',
  WARDEN_NOTIFICATIONS_SECRET: 'setup makes it',
  WARDEN_GC_COLLECTOR_SECRET: 'setup makes it',
  WARDEN_FIRST_PASSWORD_PATH: 'setup makes the first password',
  WARDEN_GC_COMMAND: 'the container of the service does not see the storage',
  WARDEN_GC_LOCK: 'the container of the service does not see the storage',
}

check(
  'every variable of the service can be set, but for what the files decide',
  [TOLD],
  (t, all) => {
    const { environment = {} } = serviceOf(all, 'warden')
    const isTold = (name: string): boolean =>
      environment[name] === `told-${name}` || environment[`${name}_FILE`] === `/told/${name}`
    const names = Object.keys(VARIABLES)
    t.deepEqual(
      names.filter((name) => !isTold(name)),
      names.filter((name) => name in DECIDED),
    )
    t.deepEqual(
      Object.keys(DECIDED).filter((name) => !(name in VARIABLES)),
      [],
    )
    const setup = serviceOf(all, 'setup').command ?? []
    t.true(setup.includes('--service=told-WARDEN_SERVICE'))
    t.true(setup.includes('--issuer=told-WARDEN_ISSUER'))
  },
)

check('what is not set leaves the service its own defaults', ALL, (t, all) => {
  const { environment = {} } = serviceOf(all, 'warden')
  const given = Object.keys(environment).filter((name) => environment[name] !== '')
  t.deepEqual(given.sort(), [
    'WARDEN_ADMIN_PASSWORD_FILE',
    'WARDEN_ADMIN_USER',
    'WARDEN_CERTS_DIR',
    'WARDEN_DB_HOST',
    'WARDEN_DB_PASSWORD_FILE',
    'WARDEN_GC_COLLECTOR_SECRET_FILE',
    'WARDEN_LISTEN',
    'WARDEN_NOTIFICATIONS_SECRET_FILE',
    'WARDEN_PRIVATE_LISTEN',
    'WARDEN_PUBLIC_URL',
    'WARDEN_REGISTRY_URL',
    'WARDEN_TRUSTED_PROXIES',
  ])
})

check('warden login in the container has a folder to write to', ALL, (t, all) => {
  t.deepEqual(serviceOf(all, 'warden').tmpfs, ['/tmp'])
  t.regex(readFileSync('compose/Dockerfile', 'utf8'), /^ {4}XDG_CONFIG_HOME=\/tmp /m)
})

check('every file that a container mounts is in the project', ALL, (t, { services }) => {
  const binds = Object.values(services).flatMap(({ volumes = [] }) =>
    volumes.filter(({ type }) => type === 'bind').map(({ source }) => source),
  )
  t.true(binds.length > 0)
  t.deepEqual(
    binds.filter((path) => !existsSync(path)),
    [],
  )
})

const publicUrlsOf = (all: Composition): readonly (string | undefined)[] => [
  serviceOf(all, 'warden').environment?.WARDEN_PUBLIC_URL,
  serviceOf(all, 'setup')
    .command?.find((word) => word.startsWith('--public-url='))
    ?.slice(13),
]

check('nginx looks for the others again when they move', ALL, (t, all) => {
  const { environment = {}, volumes = [] } = serviceOf(all, 'nginx')
  t.is(environment.NGINX_WARDEN, 'warden:5080 resolve')
  t.is(environment.NGINX_DOOR, 'warden:5081 resolve')
  t.is(environment.NGINX_REGISTRY, 'registry:5000 resolve')
  t.true(volumes.some(({ target }) => target === '/etc/nginx/templates/00-resolver.conf.template'))
})

check('clients reach it at https://localhost', [TLS], (t, all) => {
  t.deepEqual(publicUrlsOf(all), ['https://localhost', 'https://localhost'])
  t.is(serviceOf(all, 'nginx').environment?.NGINX_PUBLIC_URL, 'https://localhost')
  t.deepEqual(
    serviceOf(all, 'nginx').ports?.map(({ published }) => published),
    ['443', '80'],
  )
})

check('name and port are part of the public URL everywhere', [NAMED], (t, all) => {
  const url = 'https://registry.example.com:8443'
  t.deepEqual(publicUrlsOf(all), [url, url])
  t.is(serviceOf(all, 'nginx').environment?.NGINX_PUBLIC_URL, url)
  t.true(serviceOf(all, 'setup').command?.includes('--host=registry.example.com'))
})

check('clients reach it at http://localhost:5000, from this machine alone', [HTTP], (t, all) => {
  t.deepEqual(publicUrlsOf(all), ['http://localhost:5000', 'http://localhost:5000'])
  const ports = serviceOf(all, 'nginx').ports?.map(
    ({ host_ip, published }) => `${host_ip}:${published}`,
  )
  t.deepEqual(ports, ['127.0.0.1:5000'])
})

test('the example of an environment names every variable of the files, and no other', (t) => {
  const text = readdirSync('compose')
    .filter((file) => file.endsWith('.yml'))
    .map((file) => readFileSync(resolve('compose', file), 'utf8'))
    .join('')
    .replace(/^#.*$/gm, '')
  const used = new Set([...text.matchAll(/\$\{([A-Z0-9_]+)/g)].map(([, name]) => name))
  const example = readFileSync(resolve('compose/.env.example'), 'utf8')
  const told = new Set([...example.matchAll(/^#([A-Z0-9_]+)=/gm)].map(([, name]) => name))
  t.deepEqual([...told].sort(), [...used, 'COMPOSE_PROJECT_NAME'].sort())
})

test('image, Dockerfile and package say the same version', (t) => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
  t.true(
    readFileSync('compose/docker-compose.yml', 'utf8').includes(
      `image: registry-warden:${version}\n`,
    ),
  )
  t.true(readFileSync('compose/Dockerfile', 'utf8').includes(`ARG VERSION=${version}\n`))
})
