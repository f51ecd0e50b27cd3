import { readFileSync } from 'node:fs'
import {
  check,
  EXTERNAL_MYSQL,
  mountsOf,
  OUTER_PROXY,
  OVERLAID,
  OWN_CERTIFICATE,
  REGISTRY_3,
  REPLICAS,
  S3,
  serviceOf,
} from '../support/composition.ts'

check('R1: the key of the token authority stays where it is', OVERLAID, (t, all) => {
  t.deepEqual(Object.keys(mountsOf(all, 'token-ca')).sort(), ['setup', 'warden'])
  t.deepEqual(Object.keys(mountsOf(all, 'bundle')).sort(), ['registry', 'setup', 'warden'])
})

check('no secret stands in an environment', OVERLAID, (t, { services }) => {
  for (const [name, { environment = {} }] of Object.entries(services)) {
    const named = Object.keys(environment).filter((key) => /(PASSWORD|SECRET|TOKEN|KEY)$/.test(key))
    t.deepEqual(named, [], name)
  }
})

check('setup and nginx read the folder, and nobody writes there', [OWN_CERTIFICATE], (t, all) => {
  const mounts = mountsOf(all, '/etc/ssl/registry')
  t.deepEqual(
    Object.entries(mounts).map(([name, { target, read_only }]) => ({ name, target, read_only })),
    [
      { name: 'nginx', target: '/etc/nginx/tls', read_only: true },
      { name: 'setup', target: '/setup/tls', read_only: true },
    ],
  )
  t.deepEqual(mountsOf(all, 'tls'), {})
})

check(
  'plain http comes from this machine alone, and the realm is https',
  [OUTER_PROXY],
  (t, all) => {
    const { environment = {}, ports = [] } = serviceOf(all, 'nginx')
    t.deepEqual(
      ports.map(({ host_ip, published }) => `${host_ip}:${published}`),
      ['127.0.0.1:8080'],
    )
    t.is(environment.NGINX_LISTEN, '80')
    t.is(environment.NGINX_OUTER_SCHEME, 'https')
    t.is(environment.NGINX_REDIRECT_LISTEN, undefined)
    t.is(environment.NGINX_PUBLIC_URL, undefined)
    t.is(serviceOf(all, 'warden').environment?.WARDEN_PUBLIC_URL, 'https://registry.example.com')
    t.true(serviceOf(all, 'setup').command?.includes('--public-url=https://registry.example.com'))
  },
)

check(
  'R14: the first address of the outer network is believed, no other',
  [OUTER_PROXY],
  (t, all) => {
    t.is(serviceOf(all, 'nginx').environment?.NGINX_OUTER_PROXY, '192.168.255.241')
    t.is(all.networks.edge?.ipam?.config?.[0]?.subnet, '192.168.255.240/28')
    const mounted = serviceOf(all, 'nginx').volumes?.map(({ target }) => target)
    t.true(mounted?.includes('/etc/nginx/templates/server.d/outer-proxy.conf.template'))
    const template = readFileSync('compose/nginx/outer-proxy.conf.template', 'utf8')
    t.is(template.match(/set_real_ip_from/g)?.length, 1)
    t.regex(template, /^set_real_ip_from \$\{NGINX_OUTER_PROXY\};$/m)
  },
)

check('as many run as are asked for', [REPLICAS], (t, all) => {
  t.is(serviceOf(all, 'warden').deploy?.replicas, 4)
})

check(
  'there is no database of its own, and the way to the other is encrypted',
  [EXTERNAL_MYSQL],
  (t, all) => {
    t.is(all.services.mysql, undefined)
    const { environment = {}, depends_on } = serviceOf(all, 'warden')
    t.is(environment.WARDEN_DB_HOST, 'db.example.com')
    t.is(environment.WARDEN_DB_TLS, 'verify')
    t.is(environment.WARDEN_DB_PASSWORD_FILE, '/etc/registry-warden/secrets/db-password')
    t.deepEqual(Object.keys(depends_on ?? {}), ['setup'])
    t.not(all.networks.database?.internal, true)
    t.true(all.networks.inner?.internal)
  },
)

check('registry and collector are of the same line', [REGISTRY_3], (t, all) => {
  t.is(serviceOf(all, 'registry').image, 'registry:3')
  t.is(serviceOf(all, 'collector').image, 'registry:3')
})

check('registry and collector are told the same of the bucket', [S3], (t, all) => {
  const of = (name: string) => serviceOf(all, name).environment
  t.deepEqual(of('collector'), of('registry'))
  t.is(of('registry')?.REGISTRY_STORAGE_S3_BUCKET, 'images')
  t.is(of('registry')?.REGISTRY_STORAGE_DELETE_ENABLED, 'true')
  t.deepEqual(Object.keys(serviceOf(all, 'registry').networks ?? {}).sort(), ['inner', 'storage'])
  t.deepEqual(Object.keys(serviceOf(all, 'collector').networks ?? {}).sort(), ['inner', 'storage'])
})
