import { ALL, check, mountsOf, NAMED, OVERLAID, serviceOf, TLS } from '../support/composition.ts'

check(
  'the service is no root, writes nothing but its volumes and has no capability',
  ALL,
  (t, all) => {
    const warden = serviceOf(all, 'warden')
    t.is(warden.user, '10001:10001')
    t.true(warden.read_only)
    t.deepEqual(warden.cap_drop, ['ALL'])
    t.is(warden.cap_add, undefined)
    t.deepEqual(warden.security_opt, ['no-new-privileges:true'])
  },
)

check('every container loses what it does not need', [...ALL, ...OVERLAID], (t, { services }) => {
  for (const [name, service] of Object.entries(services)) {
    t.deepEqual(service.cap_drop, ['ALL'], name)
    t.deepEqual(service.security_opt, ['no-new-privileges:true'], name)
    t.not(service.privileged, true, name)
    t.deepEqual(service.logging?.options, { 'max-file': '5', 'max-size': '10m' }, name)
    t.false(
      (service.volumes ?? []).some(({ source }) => source.includes('docker.sock')),
      name,
    )
  }
})

check('no secret stands in an environment or a command', ALL, (t, { services }) => {
  for (const [name, { environment = {}, command }] of Object.entries(services)) {
    const named = Object.keys(environment).filter((key) => /(PASSWORD|SECRET|TOKEN)$/.test(key))
    t.deepEqual(named, [], name)
    t.notRegex((command ?? []).join(' '), /password=|secret=/i)
  }
  const files = Object.values(services).flatMap(({ environment = {} }) =>
    Object.entries(environment).filter(([key, path]) => key.endsWith('_FILE') && path !== ''),
  )
  t.is(files.length, 6)
  t.true(files.every(([, path]) => path.startsWith('/etc/registry-warden/secrets/')))
})

check(
  'only nginx publishes ports and only nginx is on the outer network',
  [...ALL, ...OVERLAID],
  (t, { services }) => {
    const publishing = Object.entries(services).filter(([, { ports }]) => ports !== undefined)
    t.deepEqual(
      publishing.map(([name]) => name),
      ['nginx'],
    )
    const outer = Object.entries(services).filter(
      ([, service]) => service.networks && 'edge' in service.networks,
    )
    t.deepEqual(
      outer.map(([name]) => name),
      ['nginx'],
    )
  },
)

check('no way leads out of the inner networks', ALL, (t, { networks }) => {
  t.true(networks.inner?.internal)
  t.true(networks.database?.internal)
})

check('only the service reaches the database', ALL, (t, { services }) => {
  const there = Object.entries(services).filter(
    ([, { networks }]) => networks && 'database' in networks,
  )
  t.deepEqual(there.map(([name]) => name).sort(), ['mysql', 'warden'])
  t.is(services.setup?.network_mode, 'none')
})

check(
  'R1: the key of the token authority is mounted by the service and setup alone',
  ALL,
  (t, all) => {
    t.deepEqual(Object.keys(mountsOf(all, 'token-ca')).sort(), ['setup', 'warden'])
  },
)

check(
  'R1: the registry mounts the bundle, read-only, and nothing else of the authority',
  ALL,
  (t, all) => {
    const mounts = serviceOf(all, 'registry').volumes ?? []
    t.deepEqual(
      mounts.map(({ source, target, read_only = false }) => ({ source, target, read_only })),
      [
        { source: 'registry-data', target: '/var/lib/registry', read_only: false },
        { source: 'registry-config', target: '/etc/registry-warden', read_only: true },
        { source: 'bundle', target: '/etc/docker/registry/certs/bundle', read_only: true },
      ],
    )
  },
)

check(
  'R1: the TLS key is mounted by nginx and setup alone, its authority by setup alone',
  [TLS, NAMED],
  (t, all) => {
    t.deepEqual(Object.keys(mountsOf(all, 'tls')).sort(), ['nginx', 'setup'])
    t.true(mountsOf(all, 'tls').nginx?.read_only)
    t.deepEqual(Object.keys(mountsOf(all, 'tls-authority')), ['setup'])
  },
)

const READS_TOO = 'registry-config collector'

check('secrets of a service are mounted by it alone, read-only', ALL, (t, all) => {
  for (const [volume, name] of [
    ['mysql-secrets', 'mysql'],
    ['warden-secrets', 'warden'],
    ['registry-config', 'registry'],
    ['collector-secrets', 'collector'],
  ] as const) {
    const mounts = mountsOf(all, volume)
    // The collector reads where the storage is out of the registry's configuration.
    const readers = Object.keys(mounts).filter((other) => `${volume} ${other}` !== READS_TOO)
    t.deepEqual(readers.sort(), [name, 'setup'].sort())
    t.true(mounts[name]?.read_only)
  }
})

check(
  'R27: the collector has the storage and a secret of its own; no port, no socket, no other secret',
  ALL,
  (t, all) => {
    const collector = serviceOf(all, 'collector')
    t.is(collector.ports, undefined)
    t.true(collector.read_only)
    t.deepEqual(Object.keys(collector.networks ?? {}), ['inner'])
    t.deepEqual(collector.environment ?? {}, {})
    t.deepEqual(
      (collector.volumes ?? []).map(({ target, read_only = false }) => ({ target, read_only })),
      [
        { target: '/collect.sh', read_only: true },
        { target: '/var/lib/registry', read_only: false },
        { target: '/etc/registry-warden', read_only: true },
        { target: '/etc/registry-collector', read_only: true },
      ],
    )
    t.deepEqual(Object.keys(mountsOf(all, 'registry-data')).sort(), ['collector', 'registry'])
  },
)
