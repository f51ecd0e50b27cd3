import { createPrivateKey, randomUUID, sign } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runCommand } from '../support/run-command.ts'
import { assert } from './clients.ts'
import type { Scene } from './show-clients.ts'

/** Where each secret of the installation stands. */
const PLACES: Readonly<Record<string, readonly [service: string, path: string]>> = {
  'first password': ['warden', '/etc/registry-warden/secrets/admin-password'],
  'password of the database': ['warden', '/etc/registry-warden/secrets/db-password'],
  'root of the database': ['mysql', '/etc/registry-warden/secrets/db-root-password'],
  notifications: ['warden', '/etc/registry-warden/secrets/notifications-secret'],
  collector: ['warden', '/etc/registry-warden/secrets/gc-collector-secret'],
  'http secret of the registry': ['registry', '/etc/registry-warden/http-secret'],
  'token authority': ['warden', '/var/lib/registry-warden/certs/token-ca/ca.pem'],
  'audit key': ['warden', '/var/lib/registry-warden/certs/token-ca/audit.key'],
  'TLS key': ['nginx', '/etc/nginx/tls/server.key'],
}

/** Of a key in PEM form, the line that says the most. */
const essence = (content: string): string =>
  content
    .split('\n')
    .filter((line) => !line.startsWith('-----'))
    .toSorted((one, other) => other.length - one.length)[0] ?? ''

async function readSecrets({ project }: Scene): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>()
  for (const [name, [service, path]] of Object.entries(PLACES)) {
    const secret = essence(await project.exec(service, 'cat', path))
    assert(secret.length >= 20, `${name}: ${path} holds no secret`)
    found.set(name, secret)
  }
  return found
}

function refuseFound(secrets: ReadonlyMap<string, string>, text: string, where: string): void {
  for (const [name, secret] of secrets) {
    assert(!text.includes(secret), `${where}: the secret "${name}" stands there`)
  }
}

async function showNowhere(scene: Scene, secrets: ReadonlyMap<string, string>): Promise<void> {
  const { engine, project, record } = scene
  await record.show('no secret in the files, in docker inspect, or in an environment', async () => {
    refuseFound(secrets, await project.must('config'), 'docker compose config')
    const ids = (await project.must('ps', '--all', '--quiet')).split('\n').filter(Boolean)
    refuseFound(secrets, await engine.must('inspect', ...ids), 'docker inspect (containers)')
    const images = (await project.must('config', '--images')).split('\n').filter(Boolean)
    refuseFound(secrets, await engine.must('inspect', ...images), 'docker inspect (images)')
    const volumes = (await engine.must('volume', 'ls', '--quiet')).split('\n').filter(Boolean)
    refuseFound(secrets, await engine.must('volume', 'inspect', ...volumes), 'volume inspect')
    return `${secrets.size} secrets looked for in ${ids.length} containers`
  })
  await record.show(
    'no secret in logs, but for the one that the registry prints itself',
    async () => {
      const { output } = await project.compose('logs', '--no-color')
      assert(output.length > 1000, 'there are no logs')
      const others = new Map([...secrets].filter(([name]) => name !== 'notifications'))
      refuseFound(others, output, 'docker compose logs')
      return 'registry 2.8 prints the header of its notifications'
    },
  )
}

async function showLayers(scene: Scene, secrets: ReadonlyMap<string, string>): Promise<void> {
  const { engine, record, place } = scene
  await record.show(
    'R2: no secret, key or data in a layer of our image or in its history',
    async () => {
      const image = 'registry-warden:0.1.0'
      const history = await engine.must('history', '--no-trunc', image)
      refuseFound(secrets, history, 'docker history')
      const [tar, dir] = [join(place.dir, 'image.tar'), join(place.dir, 'image')]
      await engine.must('save', '--output', tar, image)
      const script = `mkdir -p ${dir} && tar -xf ${tar} -C ${dir} && for l in $(find ${dir} -name layer.tar); do tar -xf $l -C ${dir} --wildcards --no-anchored 'app/*' '*/registry-warden/*' 2>/dev/null; done; find ${dir}/app ${dir}/var -type f -not -path '*/node_modules/*'`
      const { stdout } = await runCommand('sh', ['-c', script])
      const files = stdout.split('\n').filter(Boolean)
      assert(
        files.some((path) => path.endsWith('dist/src/main.js')),
        'the layers were not read',
      )
      for (const path of files) refuseFound(secrets, readFileSync(path, 'utf8'), path)
      const odd = files.filter((path) => /(\.pem|\.key|\.env|\.test\.js|password)$/.test(path))
      assert(odd.length === 0, odd.join(' '))
      assert(!existsSync(join(dir, 'app/certs')), 'certs are in the image')
      await runCommand('rm', ['-rf', tar, dir])
      return `docker save: ${files.length} files of ours`
    },
  )
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A token as ours are, signed by the key of the TLS certificate. */
function forge(certificatePem: string, keyPem: string): string {
  const body = certificatePem
    .replace(/-----END CERTIFICATE-----[\s\S]*/, '')
    .replace(/-----.*-----|\s/g, '')
  const now = Math.floor(Date.now() / 1000)
  const access = [{ type: 'repository', name: 'demo/hello', actions: ['pull', 'push'] }]
  const times = { iat: now, nbf: now - 10, exp: now + 300 }
  const names = { iss: 'registry-warden', sub: 'admin', aud: 'registry-warden', jti: randomUUID() }
  const head = `${encode({ typ: 'JWT', alg: 'ES256', x5c: [body] })}.${encode({ ...names, ...times, access })}`
  const key = { key: createPrivateKey(keyPem), dsaEncoding: 'ieee-p1363' as const }
  return `${head}.${sign('sha256', Buffer.from(head), key).toString('base64url')}`
}

async function showAuthorities({ project, record }: Scene): Promise<void> {
  const { exec, send } = project
  await record.show('R1: a token that the TLS key signed is refused with 401', async () => {
    const certificate = await exec('nginx', 'cat', '/etc/nginx/tls/server.crt')
    const key = await exec('nginx', 'cat', '/etc/nginx/tls/server.key')
    const headers = { authorization: `Bearer ${forge(certificate, key)}` }
    const { status } = await send('GET', '/v2/demo/hello/tags/list', { headers })
    assert(status === 401, `it is ${status}`)
    return undefined
  })
  await record.show('R1: the registry trusts the token authority and nothing else', async () => {
    const bundle = await exec('registry', 'cat', '/etc/docker/registry/certs/bundle/ca.crt')
    assert(bundle.match(/BEGIN CERTIFICATE/g)?.length === 1, 'more than one certificate')
    const tls = readFileSync(project.caPath, 'utf8')
    assert(essence(tls) !== essence(bundle), 'it is the authority of TLS')
    const pem = await exec('warden', 'cat', '/var/lib/registry-warden/certs/token-ca/ca.pem')
    assert(pem.includes(bundle.trim()), 'it is not the one that signs')
    assert((await exec('registry', 'ls', '/etc/docker/registry/certs/bundle')) === 'ca.crt', 'more')
    return undefined
  })
  await record.show(
    'R2: the first password stands in a file that the service alone reads',
    async () => {
      const path = '/etc/registry-warden/secrets/admin-password'
      const mode = await exec('warden', 'stat', '-c', '%a %u', path)
      assert(mode === '600 10001', `${path}: ${mode}`)
      return `${path}: ${mode}`
    },
  )
}

export async function showSecrets(scene: Scene): Promise<void> {
  const secrets = await readSecrets(scene)
  await showNowhere(scene, secrets)
  await showLayers(scene, secrets)
  await showAuthorities(scene)
}
