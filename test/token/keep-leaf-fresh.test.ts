import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { raiseLeafEpoch } from '../../src/database/installation.ts'
import { listReplicas } from '../../src/database/replicas.ts'
import { fetchToken } from '../support/image.ts'
import { ADMIN, type Service, startService } from '../support/service.ts'

const HOUR_MS = 3600 * 1000

const leafOf = (token: string): string =>
  JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString('utf8')).x5c[0]

const newToken = (service: Service): Promise<string> =>
  fetchToken(service, { as: ADMIN, scope: 'registry:catalog:*' })

/** A token under another leaf than `before`, or undefined when there is none within ten seconds. */
const tokenOfNextLeaf = async (service: Service, before: string): Promise<string | undefined> => {
  for (let tries = 0; tries < 100; tries++) {
    const token = await newToken(service)
    if (leafOf(token) !== before) return token
    await sleep(100)
  }
  return undefined
}

const catalogStatus = async (service: Service, token: string): Promise<number> => {
  const response = await fetch(`${service.registryUrl}/v2/_catalog`, {
    headers: { authorization: `Bearer ${token}` },
  })
  await response.arrayBuffer()
  return response.status
}

test('the leaf is renewed on request while the registry runs, and old tokens stay good', async (t) => {
  const service = await startService()
  try {
    const old = await newToken(service)
    await raiseLeafEpoch(service.database)
    const fresh = await tokenOfNextLeaf(service, leafOf(old))
    t.is(await catalogStatus(service, old), 200)
    t.is(await catalogStatus(service, fresh ?? ''), 200)
  } finally {
    await service.stop()
  }
})

test('the leaf is renewed by itself when a third of its life is left', async (t) => {
  let now = new Date()
  const service = await startService({
    registryUrl: 'http://127.0.0.1:9',
    now: () => now,
    env: { WARDEN_LEAF_SECONDS: String(9 * 3600) },
  })
  try {
    const first = leafOf(await newToken(service))
    now = new Date(now.getTime() + 5 * HOUR_MS)
    await sleep(1500)
    t.is(leafOf(await newToken(service)), first)
    now = new Date(now.getTime() + 2 * HOUR_MS)
    t.truthy(await tokenOfNextLeaf(service, first))
  } finally {
    await service.stop()
  }
})

test('every process tells which leaf is in force in it', async (t) => {
  const service = await startService({ registryUrl: 'http://127.0.0.1:9' })
  try {
    await newToken(service)
    for (
      let tries = 0;
      tries < 50 && (await listReplicas(service.database)).length === 0;
      tries++
    ) {
      await sleep(100)
    }
    const replicas = await listReplicas(service.database)
    t.deepEqual(
      replicas.map(({ version, leafEpoch }) => ({ version, leafEpoch })),
      [{ version: 'test', leafEpoch: 1 }],
    )
    t.regex(replicas[0]?.leafFingerprint ?? '', /^[0-9a-f]{64}$/)
  } finally {
    await service.stop()
  }
})
