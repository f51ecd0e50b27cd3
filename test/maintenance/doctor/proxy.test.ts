import { readFileSync } from 'node:fs'
import { createServer as createHttpServer, type RequestListener } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import { join } from 'node:path'
import test from 'ava'
import type { NamedFinding } from '../../../src/maintenance/doctor/check.ts'
import { type DoctorInput, runDoctor } from '../../../src/maintenance/doctor/run-doctor.ts'
import { ensureTlsServer } from '../../../src/signing/tls-authority.ts'
import { makeTemporaryDir, removeDir } from '../../support/temporary-dir.ts'

const DAY_MS = 24 * 3600 * 1000
const dir = makeTemporaryDir()
const servers: Server[] = []
let tlsPort: number

const challenging: RequestListener = (request, response) => {
  const realm = `http://${request.headers.host}/auth/token`
  response.writeHead(401, { 'www-authenticate': `Bearer realm="${realm}",service="s"` }).end()
}

async function listen(server: Server): Promise<number> {
  servers.push(server)
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return (server.address() as AddressInfo).port
}

test.before(async () => {
  const folders = { authorityDir: join(dir, 'authority'), serverDir: join(dir, 'tls') }
  await ensureTlsServer(folders, { hosts: ['localhost'], now: new Date() })
  const read = (name: string): string => readFileSync(join(folders.serverDir, name), 'utf8')
  tlsPort = await listen(
    createHttpsServer({ cert: read('server.crt'), key: read('server.key') }, challenging),
  )
})

test.after.always(() => {
  for (const server of servers) server.close()
  removeDir(dir)
})

async function find(name: string, input: DoctorInput): Promise<NamedFinding | undefined> {
  return (await runDoctor(input)).checks.find((check) => check.name === name)
}

const ca = (): string => readFileSync(join(dir, 'tls', 'ca.crt'), 'utf8')

test('a certificate under an authority that was given is good', async (t) => {
  const finding = await find('tls', { url: `https://localhost:${tlsPort}`, ca: ca() })
  t.deepEqual(finding, { name: 'tls', state: 'ok', detail: 'the certificate is good for 396 days' })
})

test('a certificate under a private authority is a warning, and everything else goes on', async (t) => {
  const { checks } = await runDoctor({ url: `https://localhost:${tlsPort}` })
  const stateOf = Object.fromEntries(checks.map(({ name, state }) => [name, state]))
  t.is(stateOf.tls, 'warning')
  t.is(stateOf.challenge, 'ok')
})

test('a certificate for another name is a fault', async (t) => {
  const connect = { host: '127.0.0.1', port: tlsPort }
  const finding = await find('tls', { url: 'https://registry.example.com', connect, ca: ca() })
  t.is(finding?.state, 'fault')
  t.regex(finding?.detail ?? '', /ERR_TLS_CERT_ALTNAME_INVALID/)
})

for (const [days, state] of [
  [380, 'ok'],
  [385, 'warning'],
  [398, 'fault'],
] as const) {
  test(`a certificate for 397 days is ${state} after ${days}`, async (t) => {
    const now = (): Date => new Date(Date.now() + days * DAY_MS)
    const finding = await find('tls', { url: `https://localhost:${tlsPort}`, ca: ca(), now })
    t.is(finding?.state, state)
  })
}

test('an https registry with an http realm is a fault', async (t) => {
  const finding = await find('realm', { url: `https://localhost:${tlsPort}` })
  t.is(finding?.state, 'fault')
  t.regex(finding?.detail ?? '', /would send passwords in the clear/)
})

test('a proxy that takes headers of 8 KiB only is a fault', async (t) => {
  const port = await listen(createHttpServer({ maxHeaderSize: 8192 }, challenging))
  const finding = await find('long-header', { url: `http://localhost:${port}` })
  t.is(finding?.detail, 'a token of 12 KiB is answered 431 on its way to the registry')
  t.regex(finding?.advice ?? '', /large_client_header_buffers 4 32k/)
})

test('a registry that lets everybody in is a fault', async (t) => {
  const port = await listen(createHttpServer((_request, response) => response.end('{}')))
  const { checks } = await runDoctor({ url: `http://localhost:${port}` })
  const findings = Object.fromEntries(checks.map((check) => [check.name, check]))
  t.regex(findings.registry?.detail ?? '', /lets everybody in without a token$/)
  t.is(findings.challenge?.detail, 'there is no WWW-Authenticate header')
})
