import { readFileSync } from 'node:fs'
import test from 'ava'
import { parseChallenge } from '../../../src/maintenance/doctor/challenge.ts'
import { examine, ok } from '../../../src/maintenance/doctor/check.ts'
import { judgeVersion } from '../../../src/maintenance/doctor/database-checks.ts'
import type { Examination } from '../../../src/maintenance/doctor/examination.ts'
import { REGISTRY_CHECKS } from '../../../src/maintenance/doctor/registry-checks.ts'
import { below, parseRegistryConfig } from '../../../src/maintenance/doctor/registry-config.ts'
import { SERVICE_CHECKS } from '../../../src/maintenance/doctor/service-checks.ts'

for (const [text, state] of [
  ['10.11.6-MariaDB-0+deb12u1', 'ok'],
  ['11.8.2-MariaDB', 'ok'],
  ['5.5.5-10.11.6-MariaDB-log', 'ok'],
  ['10.6.18-MariaDB', 'warning'],
  ['10.5.1-MariaDB', 'fault'],
  ['9.7.0', 'ok'],
  ['8.4.2', 'ok'],
  ['8.0.36-log', 'warning'],
  ['5.7.44', 'fault'],
  ['8.0.11-TiDB-v7.5.0', 'ok'],
] as const) {
  test(`a database that calls itself ${text} is ${state}`, (t) => {
    t.is(judgeVersion(text).state, state)
  })
}

test('a challenge is read whatever the order of its parts', (t) => {
  t.deepEqual(
    parseChallenge(
      'Bearer realm="https://r/auth/token",service="s",scope="repository:a:pull,push",error="invalid_token"',
    ),
    { realm: 'https://r/auth/token', service: 's', error: 'invalid_token' },
  )
  t.deepEqual(parseChallenge('bearer service="s", realm="r"'), {
    realm: 'r',
    service: 's',
    error: '',
  })
})

for (const header of [
  '',
  'Basic realm="r",service="s"',
  'Bearer realm="r"',
  'Bearer service="s"',
]) {
  test(`${JSON.stringify(header)} is no challenge`, (t) => {
    t.is(parseChallenge(header), undefined)
  })
}

test("the project's own registry configuration is read", (t) => {
  const config = parseRegistryConfig(readFileSync('registry-config.yml', 'utf8'))
  t.is(config.get('auth.token.issuer'), 'registry-warden')
  t.is(config.get('storage.delete.enabled'), 'true')
  t.is(config.get('http.addr'), ':5000')
  t.is(below(config, 'storage.cache'), '')
})

test('quotes, comments and mappings on one line are read', (t) => {
  const config = parseRegistryConfig(
    [
      'auth:',
      '  # token:',
      '  token:',
      '    issuer: "a # b" # why',
      "    service: 'it''s'",
      '    realm: https://r/#x # why',
      'storage:',
      '  cache: {blobdescriptor: inmemory}',
    ].join('\r\n'),
  )
  t.deepEqual(
    [...config],
    [
      ['auth.token.issuer', 'a # b'],
      ['auth.token.service', "it's"],
      ['auth.token.realm', 'https://r/#x'],
      ['storage.cache', '{blobdescriptor: inmemory}'],
    ],
  )
})

const run = async (
  checks: readonly { readonly name: string }[],
  name: string,
  examination: object,
) => {
  const check = (checks as typeof REGISTRY_CHECKS).find((one) => one.name === name)
  return check?.run(examination as Examination)
}

for (const [text, state] of [
  ['storage:\n  cache:\n    blobdescriptor: inmemory\n', 'warning'],
  ['storage:\n  cache: {blobdescriptor: redis}\n', 'warning'],
  ['storage:\n  delete:\n    enabled: true\n', 'ok'],
] as const) {
  test(`the blob cache of ${JSON.stringify(text)} is ${state}`, async (t) => {
    const registryConfig = parseRegistryConfig(text)
    t.is((await run(REGISTRY_CHECKS, 'blob-cache', { registryConfig }))?.state, state)
  })
}

for (const [url, requests, addresses, state] of [
  ['https://registry.example.com', 20, 1, 'warning'],
  ['https://registry.example.com', 20, 2, 'ok'],
  ['https://registry.example.com', 19, 1, 'skipped'],
  ['http://localhost:5000', 20, 1, 'ok'],
] as const) {
  test(`R14: ${requests} requests to ${url} from ${addresses} addresses are ${state}`, async (t) => {
    const clients = { minutes: 30, requests, addresses, impossible: 0 }
    const json = { status: 'ready', parts: [], clients }
    const inside = { config: { privateListen: { host: '0.0.0.0', port: 5081 } } }
    const asked: string[] = []
    const ask = async (address: string) => {
      asked.push(address)
      return { status: 200, json }
    }
    const finding = await run(SERVICE_CHECKS, 'client-addresses', { url, ask, inside })
    t.is(finding?.state, state)
    t.deepEqual(asked, ['http://127.0.0.1:5081/readyz'])
  })
}

test('a check that throws is a fault, and the others go on', async (t) => {
  const diagnosis = await examine(
    [
      {
        name: 'broken',
        run: async () => {
          throw new AggregateError([new Error('connect ECONNREFUSED ::1:9')])
        },
      },
      { name: 'good', run: async () => ok('fine') },
    ],
    undefined,
  )
  t.is(diagnosis.faults, 1)
  t.is(diagnosis.checks[0]?.detail, 'connect ECONNREFUSED ::1:9')
  t.deepEqual(diagnosis.checks[1], { name: 'good', state: 'ok', detail: 'fine' })
})
