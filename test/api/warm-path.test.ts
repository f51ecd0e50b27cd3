import { setTimeout as pause, setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import bcrypt from 'bcrypt'
import { answered, untilLike } from '../support/answered.ts'
import { countQueries } from '../support/count-queries.ts'
import {
  ADMIN,
  type Credentials,
  type Reply,
  type Service,
  startService,
} from '../support/service.ts'

const DEV = { username: 'dev', password: 'devs-own-pw-7' }
const OTHER = { username: 'other', password: 'others-own-pw-7' }
const SCOPE = '&scope=repository:acme/app:pull,push'

/** A change as the administrator that has to succeed. */
const must = async (
  service: Service,
  method: string,
  path: string,
  json?: object,
): Promise<void> => {
  const { status } = await answered(() => service.admin(method, `/api/v1${path}`, json))
  if (status >= 300) throw new Error(`${method} ${path}: ${status}`)
}

const prepare = async (service: Service): Promise<void> => {
  for (const user of [DEV, OTHER]) await must(service, 'POST', '/users', user)
  await must(service, 'POST', '/projects', { name: 'acme' })
  await must(service, 'PUT', '/projects/acme/members/users/dev', { role: 'developer' })
}

const ask = (
  service: Service,
  as: Credentials,
  query = SCOPE,
  headers: Readonly<Record<string, string>> = {},
): Promise<Reply> =>
  answered(() =>
    service.request('GET', `/auth/token?service=registry-warden${query}`, { as, headers }),
  )

/**
 * Asks until the second answer repeats the first: answers from memory are kept when they are asked for
 * again, and none is repeated while the last look at the database is too long ago.
 */
const askTwice = (service: Service, headers?: Readonly<Record<string, string>>) =>
  untilLike(
    async () =>
      [await ask(service, ADMIN, '', headers), await ask(service, ADMIN, '', headers)] as const,
    ([first, second]) => first.body.token === second.body.token,
  )

const actionsOf = (body: { readonly token: string }): readonly string[] => {
  const claims = JSON.parse(
    Buffer.from(body.token.split('.')[1] ?? '', 'base64url').toString('utf8'),
  )
  return claims.access[0]?.actions ?? []
}

test.serial(
  'a warm request asks the database nothing, repeated or for another scope of known rows',
  async (t) => {
    const service = await startService({ registryUrl: 'http://127.0.0.1:9' })
    try {
      await prepare(service)
      await ask(service, DEV)
      const repeated = await countQueries(service, () => ask(service, DEV))
      const fresh = await countQueries(service, () =>
        ask(service, DEV, '&scope=repository:acme/other:pull'),
      )
      t.deepEqual([...repeated.asked, ...fresh.asked], [])
      const cold = await countQueries(service, () => ask(service, OTHER))
      t.true(cold.asked.length > 0)
    } finally {
      await service.stop()
    }
  },
)

test.serial(
  'R34: who is known at once is in the audit record from every address, however warm',
  async (t) => {
    const service = await startService({ registryUrl: 'http://127.0.0.1:9' })
    try {
      await prepare(service)
      const from = (address: string, query: string) =>
        answered(() =>
          service.request('GET', `/auth/token?service=registry-warden${query}`, {
            as: DEV,
            headers: { 'x-forwarded-for': address },
          }),
        )
      await from('198.51.100.1', SCOPE)
      await from('198.51.100.2', SCOPE)
      await from('198.51.100.3', '&scope=repository:acme/other:pull')
      const seen = async (): Promise<readonly string[]> =>
        (await service.database('audit').where({ action: 'signin.password', actor_name: 'dev' }))
          .map(({ address }) => address)
          .toSorted()
      const endMs = Date.now() + 15_000
      while ((await seen()).length < 3 && Date.now() < endMs) await sleep(100)
      t.deepEqual(await seen(), ['198.51.100.1', '198.51.100.2', '198.51.100.3'])
    } finally {
      await service.stop()
    }
  },
)

test.serial(
  'R5: a project that was missing when it was asked for is there in the next answer',
  async (t) => {
    const service = await startService({ registryUrl: 'http://127.0.0.1:9' })
    try {
      const push = '&scope=repository:later/app:push'
      for (let times = 0; times < 2; times++) {
        t.deepEqual(actionsOf((await ask(service, ADMIN, push)).body), ['pull'])
      }
      await must(service, 'POST', '/projects', { name: 'later' })
      t.deepEqual(actionsOf((await ask(service, ADMIN, push)).body), ['pull', 'push'])
    } finally {
      await service.stop()
    }
  },
)

test.serial(
  'R7: a crowd that asks for projects that are not there takes four connections',
  async (t) => {
    const service = await startService({ registryUrl: 'http://127.0.0.1:9' })
    try {
      const reading = new Set<unknown>()
      let most = 0
      service.database.on('query', ({ sql, __knexQueryUid: id }) => {
        if (!/LEFT JOIN projects/.test(sql)) return
        reading.add(id)
        most = Math.max(most, reading.size)
      })
      service.database.on('query-response', (_answer, { __knexQueryUid: id }) => reading.delete(id))
      const crowd = Array.from({ length: 20 }, (_, person) =>
        answered(() =>
          service.request(
            'GET',
            `/auth/token?service=registry-warden${Array.from(
              { length: 25 },
              (__, n) => `&scope=repository:p${person}-${n}/x:pull`,
            ).join('')}`,
          ),
        ),
      )
      const statuses = (await Promise.all(crowd)).map(({ status }) => status)
      t.deepEqual([...new Set(statuses)], [200])
      t.is(most, 4)
    } finally {
      await service.stop()
    }
  },
)

test.serial(
  'a warm form asks the database nothing, and looks for no news of its own',
  async (t) => {
    const service = await startService({ registryUrl: 'http://127.0.0.1:9' })
    try {
      await prepare(service)
      const form = new URLSearchParams({
        grant_type: 'password',
        service: 'registry-warden',
        scope: 'repository:acme/app:pull,push',
        ...DEV,
      })
      const post = () =>
        answered(() =>
          service.request('POST', '/auth/token', {
            raw: form.toString(),
            headers: { 'content-type': 'application/x-www-form-urlencoded' },
          }),
        )
      await post()
      let looks = 0
      service.watchDatabase.on('query', () => {
        looks++
      })
      const startedAtMs = performance.now()
      const { asked } = await countQueries(service, async () => {
        for (let times = 0; times < 50; times++) t.is((await post()).status, 200)
      })
      // The watch looks every 400 ms by itself.
      const ofItsOwn = Math.ceil((performance.now() - startedAtMs) / 400) + 1
      t.deepEqual(asked, [])
      t.true(looks <= ofItsOwn)
    } finally {
      await service.stop()
    }
  },
)

test.serial('R7: a wrong password costs one hash however often it is repeated', async (t) => {
  const service = await startService({
    registryUrl: 'http://127.0.0.1:9',
    env: { WARDEN_HASH_CONCURRENCY: '1', WARDEN_HASH_QUEUE: '1' },
  })
  try {
    await prepare(service)
    const wrong = { ...DEV, password: 'not-this-one-7' }
    const together = await Promise.all(Array.from({ length: 20 }, () => ask(service, wrong)))
    t.deepEqual(new Set(together.map(({ status }) => status)), new Set([401]))
  } finally {
    await service.stop()
  }
})

test.serial('R5: on the process that made it, a change is felt by the next request', async (t) => {
  const service = await startService({ registryUrl: 'http://127.0.0.1:9' })
  try {
    await prepare(service)
    const member = '/projects/acme/members/users/dev'
    t.deepEqual(actionsOf((await ask(service, DEV)).body), ['pull', 'push'])
    await must(service, 'PUT', member, { role: 'guest' })
    t.deepEqual(actionsOf((await ask(service, DEV)).body), ['pull'])
    await must(service, 'DELETE', member)
    t.deepEqual(actionsOf((await ask(service, DEV)).body), [])
    await must(service, 'PATCH', '/projects/acme', { visibility: 'public' })
    t.deepEqual(actionsOf((await ask(service, DEV)).body), ['pull'])
    await must(service, 'PATCH', '/users/dev', { disabled: true })
    t.is((await ask(service, DEV)).status, 401)
    await must(service, 'PATCH', '/users/dev', { disabled: false })
    t.is((await ask(service, DEV)).status, 200)
  } finally {
    await service.stop()
  }
})

test.serial('R5: a repeated answer says how long its token still lives', async (t) => {
  const service = await startService({ registryUrl: 'http://127.0.0.1:9' })
  try {
    await prepare(service)
    const [first, second] = await askTwice(service)
    t.is(second.body.token, first.body.token)
    t.true(second.body.expires_in <= first.body.expires_in)
    t.true(second.body.expires_in >= 298)
    t.is(second.headers.get('content-type'), first.headers.get('content-type'))
    t.is(second.headers.get('cache-control'), 'no-store')
    t.is(second.headers.get('x-content-type-options'), 'nosniff')
  } finally {
    await service.stop()
  }
})

test.serial('a repeated answer is logged like every other request', async (t) => {
  const service = await startService({ registryUrl: 'http://127.0.0.1:9' })
  try {
    const [first, second] = await askTwice(service, { 'x-request-id': 'again-1' })
    t.is(second.body.token, first.body.token)
    const last = service
      .logged()
      .split('\n')
      .findLast((text) => text.includes('again-1'))
    const line = JSON.parse(last ?? '{}')
    t.like(line, { requestId: 'again-1', method: 'GET', path: '/auth/token', status: 200 })
    t.false(service.logged().includes(ADMIN.password))
  } finally {
    await service.stop()
  }
})

test.serial(
  'R5: an imported hash that is replaced changes nothing that anybody remembers',
  async (t) => {
    const service = await startService({ registryUrl: 'http://127.0.0.1:9' })
    const { database } = service
    const ofDev = () => database('users').where({ username: 'dev' })
    const counter = async () => Number((await database('change_version').first()).counter)
    try {
      await prepare(service)
      await ofDev().update({ password_hash: await bcrypt.hash(DEV.password, 4) })
      const before = await counter()
      await ask(service, OTHER)
      t.is((await ask(service, DEV)).status, 200)
      const isReplaced = async () => (await ofDev().first()).password_hash.startsWith('$argon2id$')
      for (let tries = 0; tries < 100 && !(await isReplaced()); tries++) await pause(50)
      t.true(await isReplaced())
      t.is(await counter(), before)
      for (const who of [DEV, OTHER]) {
        t.deepEqual((await countQueries(service, () => ask(service, who))).asked, [])
      }
      const change = { currentPassword: DEV.password, newPassword: 'devs-new-harbour-7' }
      const changed = await service.request('PUT', '/api/v1/me/password', { as: DEV, json: change })
      t.is(changed.status, 204)
      t.is((await ask(service, DEV)).status, 401)
    } finally {
      await service.stop()
    }
  },
)
