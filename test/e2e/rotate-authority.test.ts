import test from 'ava'
import { OCI_MANIFEST } from '../../src/protocol/media-types.ts'
import { type Result, warden } from '../cli/command.ts'
import { fetchToken, pullStatus, pushImage } from '../support/image.ts'
import { makePremises, type Premises } from '../support/premises.ts'
import { ADMIN } from '../support/service.ts'
import { findObstacle, testUnless } from '../support/skip-aloud.ts'
import { waitFor } from '../support/wait-for.ts'

const obstacle = findObstacle(['docker-registry', 'mariadbd'], { asRoot: false })
const declare = testUnless(obstacle)
const PATH = 'acme/app/manifests/v1'

const pullWith = async (base: string, token: string): Promise<number> => {
  const response = await fetch(`${base}/v2/${PATH}`, {
    headers: { authorization: `Bearer ${token}`, accept: OCI_MANIFEST },
  })
  await response.arrayBuffer()
  return response.status
}

/** A write that the door is to look at: it never reaches the registry while all is read-only. */
const writeAtDoor = async ({ privateUrl }: Premises, token: string): Promise<number> => {
  const response = await fetch(`${privateUrl}/v2/${PATH}`, {
    method: 'PUT',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/vnd.oci.image.manifest.v1+json',
    },
    body: '{}',
  })
  await response.arrayBuffer()
  return response.status
}

let premises: Premises
let first: string
let second: string

const rotate = (...args: readonly string[]): Promise<Result> =>
  warden(['keys', 'rotate-ca', ...args], { env: premises.env })
const newToken = (): Promise<string> =>
  fetchToken(premises, { as: ADMIN, scope: 'repository:acme/app:pull,push' })
const pullAll = (...tokens: readonly string[]): Promise<readonly number[]> =>
  Promise.all(tokens.map((token) => pullWith(premises.registryUrl, token)))

test.before(async () => {
  if (obstacle !== undefined) return
  premises = await makePremises()
  await premises.serve()
  await premises.restartRegistry()
  await premises.api('POST', '/projects', { json: { name: 'acme' } })
  await pushImage(premises, { as: ADMIN, repository: 'acme/app', tags: ['v1'] })
  first = await newToken()
})
test.after.always(() => premises?.stop())

declare('R1: a rotation begins, and is not switched before the registry trusts both', async (t) => {
  t.regex((await rotate('switch')).stderr, /no rotation was begun/)
  t.is((await rotate('begin')).code, 0)
  t.deepEqual(await pullAll(first, await newToken()), [200, 200])
  const isRefused = async (): Promise<boolean> => {
    const { code, stderr } = await rotate('switch')
    t.is(code, 1)
    return /does not take tokens of the next authority yet: restart it/.test(stderr)
  }
  await waitFor(isRefused, { what: 'the refusal', mostMs: 60_000 })
  await premises.restartRegistry()
  t.deepEqual(await pullAll(first, await newToken()), [200, 200])
})

declare('R1: old and new tokens work after the switch, and is not finished early', async (t) => {
  const switched = await rotate('switch')
  t.is(switched.code, 0, switched.stderr)
  // The process that goes on still signs under the old one.
  second = await newToken()
  t.deepEqual(await pullAll(first, second), [200, 200])
  t.regex((await rotate('finish')).stderr, /still sign under the old authority; restart them/)
  await premises.stopServing()
  await premises.serve()
  t.deepEqual(await pullAll(first, second, await newToken()), [200, 200, 200])
  await pushImage(premises, { as: ADMIN, repository: 'acme/app', tags: ['v2'], text: 'second' })
})

declare('R15: the door examines writes with tokens of either authority', async (t) => {
  await premises.api('PUT', '/maintenance/read-only', { json: { enabled: true, reason: 'x' } })
  const third = await newToken()
  t.deepEqual([await writeAtDoor(premises, first), await writeAtDoor(premises, third)], [403, 403])
  await premises.api('PUT', '/maintenance/read-only', { json: { enabled: false } })
})

declare('R1: the end takes the old authority away when the registry starts again', async (t) => {
  const third = await newToken()
  t.regex((await rotate('finish')).stderr, /tokens under the old authority may be in use until/)
  t.is((await rotate('finish', '--force')).code, 0)
  t.deepEqual(await pullAll(first, third), [200, 200])
  await premises.restartRegistry()
  t.deepEqual(await pullAll(first, third), [401, 200])
  t.is(await pullStatus(premises, { as: ADMIN, repository: 'acme/app', tag: 'v2' }), 200)
  const { body } = await premises.api('GET', '/audit?limit=200')
  const steps = body.items.flatMap(({ action }: { readonly action: string }) =>
    action.startsWith('authority.rotate.') ? [action.split('.')[2]] : [],
  )
  t.deepEqual(steps, ['finish', 'switch', 'begin'])
})

declare('a rotation that was begun is given up, and all is as it was', async (t) => {
  const keys = async () =>
    JSON.parse((await warden(['keys', '--json'], { env: premises.env })).stdout)
  const before = await keys()
  for (const step of ['begin', 'begin', 'cancel'] as const) {
    const { code, stderr } = await rotate(step)
    t.is(code, 0, stderr)
  }
  t.like(await keys(), { authority: before.authority, bundle: before.bundle })
  t.regex((await rotate('cancel')).stderr, /no rotation was begun/)
})
