import { cpSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import type { Diagnosis, NamedFinding } from '../../../src/maintenance/doctor/check.ts'
import { type DoctorInput, runDoctor } from '../../../src/maintenance/doctor/run-doctor.ts'
import { ensureBundle, preparePendingAuthority } from '../../../src/signing/token-authority.ts'
import { findFreePort } from '../../../src/stack/ports.ts'
import { startRegistry } from '../../../src/stack/registry.ts'
import {
  type Deployment,
  type DeploymentOptions,
  startDeployment,
} from '../../support/deployment.ts'
import { type Service, startService } from '../../support/service.ts'
import { makeTemporaryDir, removeDir } from '../../support/temporary-dir.ts'

const dir = makeTemporaryDir()
let service: Service

test.before(async () => {
  service = await startService({ registryUrl: 'http://127.0.0.1:9' })
})

test.after.always(async () => {
  await service?.stop()
  removeDir(dir)
})

type Change = (deployment: Deployment) => Partial<DoctorInput>

/** Looks over a deployment of its own, and stops it. */
async function examine(
  options: DeploymentOptions = {},
  change: Change = () => ({}),
): Promise<Diagnosis> {
  const deployment = await startDeployment(service, options)
  try {
    const { url, config } = deployment
    return await runDoctor({ url, config, ...change(deployment) })
  } finally {
    await deployment.stop()
  }
}

const find = ({ checks }: Diagnosis, name: string): NamedFinding | undefined =>
  checks.find((check) => check.name === name)

/** Nothing else is wrong with a deployment than what the test broke. */
const faultyOnes = ({ checks }: Diagnosis): readonly string[] =>
  checks.filter(({ state }) => state === 'fault').map(({ name }) => name)

test('another service name at the registry is found', async (t) => {
  const registry = { REGISTRY_AUTH_TOKEN_SERVICE: 'docker-registry' }
  const diagnosis = await examine({ registry })
  t.deepEqual(faultyOnes(diagnosis), ['realm-answer', 'service', 'own-token', 'own-token-inside'])
  t.deepEqual(find(diagnosis, 'service'), {
    name: 'service',
    state: 'fault',
    detail: 'the registry says "docker-registry", WARDEN_SERVICE is "registry-warden"',
    advice:
      'make auth.token.service of the registry and WARDEN_SERVICE equal, and restart what was changed',
  })
  t.regex(find(diagnosis, 'own-token')?.detail ?? '', /wants the service "docker-registry"/)
  // This service was told of a registry that is not there.
  t.is(find(diagnosis, 'private-listener')?.state, 'warning')
})

test('another service name is found from outside too', async (t) => {
  const registry = { REGISTRY_AUTH_TOKEN_SERVICE: 'docker-registry' }
  const diagnosis = await examine({ registry }, () => ({ config: undefined }))
  t.is(find(diagnosis, 'service')?.detail, 'the realm issues no tokens for "docker-registry"')
})

test('another issuer at the registry is found, and named when its file is given', async (t) => {
  const registry = { REGISTRY_AUTH_TOKEN_ISSUER: 'somebody' }
  const blind = await examine({ registry })
  t.deepEqual(faultyOnes(blind), ['token', 'own-token', 'own-token-inside'])
  t.regex(
    find(blind, 'token')?.advice ?? '',
    /auth\.token\.issuer of the registry is WARDEN_ISSUER/,
  )
  const seeing = await examine({ registry }, () => ({
    registryConfig: 'auth:\n  token:\n    issuer: somebody # by an old plan\n',
  }))
  t.deepEqual(faultyOnes(seeing), ['token', 'own-token', 'own-token-inside', 'issuer'])
  t.is(
    find(seeing, 'token')?.detail,
    'the registry refuses our token: the registry wants the issuer "somebody", the token is of "registry-warden"',
  )
})

/** A certs folder with our authority and the bundle of another one. */
async function makeForeignCerts(): Promise<{ readonly certs: string; readonly bundle: string }> {
  const certs = join(dir, 'certs')
  cpSync(service.config.certs.dir, certs, { recursive: true })
  const paths = {
    authorityPath: join(dir, 'foreign', 'token-ca', 'ca.pem'),
    bundlePath: join(certs, 'bundle', 'ca.crt'),
  }
  await ensureBundle(paths, await preparePendingAuthority(paths, new Date()))
  return { certs, bundle: paths.bundlePath }
}

test("a bundle without our authority is found, wherever the registry's comes from", async (t) => {
  const { certs, bundle } = await makeForeignCerts()
  const theirs = await examine({ bundlePath: bundle })
  t.deepEqual(faultyOnes(theirs), ['token', 'own-token', 'own-token-inside'])
  t.regex(find(theirs, 'token')?.advice ?? '', /its rootcertbundle is bundle\/ca\.crt of WARDEN_/)
  const both = await examine({ bundlePath: bundle }, ({ config }) => ({
    config: { ...config, certs: { ...config.certs, dir: certs, bundlePath: bundle } },
  }))
  t.deepEqual(faultyOnes(both), ['token', 'bundle', 'own-token', 'own-token-inside'])
  t.is(find(both, 'bundle')?.detail, `${bundle} does not hold our authority`)
  t.regex(find(both, 'token')?.detail ?? '', /the bundle .* does not hold our authority$/)
})

test('a registry without deletes is found', async (t) => {
  const diagnosis = await examine({ registry: { REGISTRY_STORAGE_DELETE_ENABLED: 'false' } })
  t.deepEqual(faultyOnes(diagnosis), ['deletes'])
  t.is(
    find(diagnosis, 'deletes')?.advice,
    'set storage.delete.enabled: true for the registry, and restart it',
  )
})

test('a read-only registry is a warning', async (t) => {
  const registry = { REGISTRY_STORAGE_MAINTENANCE_READONLY: '{enabled: true}' }
  const diagnosis = await examine({ registry })
  t.deepEqual(faultyOnes(diagnosis), [])
  t.is(find(diagnosis, 'deletes')?.state, 'warning')
})

test('a clock that is two minutes off is found, and named as why tokens are refused', async (t) => {
  const now = (): Date => new Date(Date.now() + 120_000)
  const diagnosis = await examine({}, () => ({ now }))
  t.deepEqual(faultyOnes(diagnosis), [
    'clock',
    'own-token',
    'own-token-inside',
    'registry-clock',
    'database-clock',
  ])
  t.regex(
    find(diagnosis, 'registry-clock')?.detail ?? '',
    /^the registry's clock is 1\d\d s behind/,
  )
  t.regex(find(diagnosis, 'own-token')?.detail ?? '', /refuses our token: the .* 1\d\d s behind/)
  t.regex(find(diagnosis, 'own-token')?.advice ?? '', /chrony/)
})

test('ten seconds are a warning', async (t) => {
  const now = (): Date => new Date(Date.now() - 10_000)
  const diagnosis = await examine({}, () => ({ now }))
  t.deepEqual(faultyOnes(diagnosis), [])
  t.is(find(diagnosis, 'database-clock')?.state, 'warning')
  t.regex(find(diagnosis, 'registry-clock')?.detail ?? '', /(?:9|10|11) s ahead of this machine$/)
})

test('a realm that points elsewhere is found, and where it should point is said', async (t) => {
  const realm = `http://localhost:${await findFreePort()}/auth/token`
  const diagnosis = await examine({ realm }, ({ url }) => ({ url }))
  t.deepEqual(faultyOnes(diagnosis), ['realm', 'realm-answer'])
  t.regex(find(diagnosis, 'realm')?.detail ?? '', /is another host than the registry's, localhost:/)
  t.regex(
    find(diagnosis, 'realm')?.advice ?? '',
    /^set auth\.token\.realm of the registry to http:/,
  )
})

test('a realm that is no whole address is found', async (t) => {
  const diagnosis = await examine({ realm: '/auth/token' })
  t.is(
    find(diagnosis, 'realm')?.detail,
    '/auth/token is not a whole address; clients do not complete it',
  )
})

test('an address where nobody listens is one fault from outside', async (t) => {
  const url = `http://localhost:${await findFreePort()}`
  const diagnosis = await runDoctor({ url })
  t.deepEqual(faultyOnes(diagnosis), ['registry'])
  t.is(diagnosis.faults, 1)
  t.regex(find(diagnosis, 'registry')?.detail ?? '', /cannot be reached: connect ECONNREFUSED/)
})

test('a database that is away is one fault', async (t) => {
  const port = await findFreePort()
  const diagnosis = await examine({}, ({ config }) => ({
    config: { ...config, database: { ...config.database, port } },
  }))
  t.deepEqual(faultyOnes(diagnosis), ['database'])
  t.is(find(diagnosis, 'migrations')?.state, 'skipped')
})

test('a database of another installation is found', async (t) => {
  const authorityPath = join(dir, 'another', 'ca.pem')
  await preparePendingAuthority({ authorityPath, bundlePath: '' }, new Date())
  cpSync(`${authorityPath}.new`, authorityPath)
  const diagnosis = await examine({}, ({ config }) => ({
    config: { ...config, certs: { ...config.certs, authorityPath } },
  }))
  t.deepEqual(faultyOnes(diagnosis), [
    'installation',
    'bundle',
    'leaf',
    'own-token',
    'own-token-inside',
  ])
})

test.serial('R14: a service whose clients choose their own address is found', async (t) => {
  // Alone, since others would see it too. Without nginx before it, the service believes this machine.
  const registry = await startRegistry({
    env: process.env,
    dir: join(dir, 'direct'),
    logPath: join(dir, 'direct.log'),
    realm: `${service.url}/auth/token`,
    bundlePath: service.config.certs.bundlePath,
    httpSecret: 'test',
  })
  t.teardown(registry.stop)
  const deployment = await startDeployment(service)
  t.teardown(deployment.stop)
  const diagnosis = await runDoctor({ url: registry.url, config: deployment.config })
  t.deepEqual(find(diagnosis, 'forwarded-for')?.state, 'fault')
  t.regex(find(diagnosis, 'forwarded-for')?.advice ?? '', /X-Forwarded-For \$remote_addr/)
  t.is(find(diagnosis, 'blob-delete')?.state, 'warning')
})

test('the way through another address finds the same deployment', async (t) => {
  const deployment = await startDeployment(service)
  t.teardown(deployment.stop)
  const port = Number(new URL(deployment.url).port)
  const diagnosis = await runDoctor({
    url: 'http://registry.invalid',
    connect: { host: '127.0.0.1', port },
    config: deployment.config,
  })
  t.is(
    find(diagnosis, 'registry')?.detail,
    'http://registry.invalid/v2/ answers, and asks for a token',
  )
  t.is(find(diagnosis, 'realm')?.detail, `${deployment.url}/auth/token`)
  t.is(find(diagnosis, 'tls')?.state, 'warning')
})
