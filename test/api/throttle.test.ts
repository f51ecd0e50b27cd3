import { setTimeout as pause } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { startReplica } from '../support/replica.ts'
import { basic, type Credentials, type Service, startService } from '../support/service.ts'

const ANN = { username: 'ann', password: 'anns-own-pw-77' }
const BOB = { username: 'bob', password: 'bobs-own-pw-77' }
const HERE = '203.0.113.9'
const ELSEWHERE = '198.51.100.7'
const WRONG = 'the user name or the password is wrong'

interface World {
  readonly service: Service
  readonly now: () => Date
  readonly pass: (seconds: number) => void
}

interface Told {
  readonly status: number
  readonly retryAfter: string | null
  readonly message: string | undefined
}

/** The service with two people who never signed in, and a clock that stands still. */
async function withWorld(work: (world: World) => Promise<void>, env = {}): Promise<void> {
  let timeMs = Date.now()
  const now = (): Date => new Date(timeMs)
  const service = await startService({ registryUrl: 'http://127.0.0.1:9', now, env })
  const pass = (seconds: number): void => {
    timeMs += seconds * 1000
  }
  try {
    for (const user of [ANN, BOB]) {
      const { status } = await service.admin('POST', '/api/v1/users', user)
      if (status !== 201) throw new Error(`${user.username} is not made: ${status}`)
    }
    await work({ service, now, pass })
  } finally {
    await service.stop()
  }
}

const askAt = async (url: string, address: string, as: Credentials): Promise<Told> => {
  const response = await fetch(`${url}/auth/token?service=registry-warden`, {
    headers: { authorization: basic(as), 'x-forwarded-for': address },
  })
  const body = (await response.json()) as { readonly errors?: readonly { message: string }[] }
  return {
    status: response.status,
    retryAfter: response.headers.get('retry-after'),
    message: body.errors?.[0]?.message,
  }
}

let guesses = 0

/** A password that was never tried before. */
const guess = (username: string): Credentials => ({
  username,
  password: `not-this-one-${guesses++}`,
})

const guessOften = async (
  url: string,
  address: string,
  { username, times }: { readonly username: string; readonly times: number },
): Promise<readonly number[]> => {
  const statuses: number[] = []
  for (let i = 0; i < times; i++) statuses.push((await askAt(url, address, guess(username))).status)
  return statuses
}

/** Waits until somebody beside the administrator is known to have signed in from just there. */
async function untilNetworks({ database }: Service, expected: readonly string[]): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const found = await database('sign_in_networks')
      .join('users', 'users.id', 'user_id')
      .whereNot({ username: 'admin' })
      .orderBy('network')
      .pluck('network')
    if (found.join() === expected.join()) return
    await pause(50)
  }
  throw new Error(`nobody is known to have signed in from ${expected.join()}`)
}

const FIVE = [401, 401, 401, 401, 401]

async function lock(t: ExecutionContext, url: string, address: string, username = 'ann') {
  t.deepEqual(await guessOften(url, address, { username, times: 5 }), FIVE)
}

test.serial(
  'R17: the sixth wrong password has to wait, twice as long after each, and a refusal makes it no longer',
  (t) =>
    withWorld(async ({ service: { url }, pass }) => {
      await lock(t, url, HERE)
      const message = 'too many wrong passwords for ann from this network; try again in'
      const told = (seconds: string) => ({
        status: 429,
        retryAfter: seconds.split(' ', 1)[0] ?? '',
        message: `${message} ${seconds}`,
      })
      for (let i = 0; i < 3; i++) {
        t.deepEqual(await askAt(url, HERE, guess('ann')), told('1 second'))
      }
      for (const [waited, next] of [
        [1, '2 seconds'],
        [2, '4 seconds'],
        [4, '8 seconds'],
      ] as const) {
        pass(waited)
        t.is((await askAt(url, HERE, guess('ann'))).status, 401)
        t.deepEqual(await askAt(url, HERE, guess('ann')), told(next))
      }
      pass(7)
      t.deepEqual(await askAt(url, HERE, guess('ann')), told('1 second'))
    }),
)

test.serial(
  'R17: the refusal is an OCI code for registry clients, an OAuth error, and our own in the API',
  (t) =>
    withWorld(async ({ service }) => {
      await lock(t, service.url, HERE)
      const headers = { 'x-forwarded-for': HERE }
      const token = await service.request('GET', '/auth/token?service=registry-warden', {
        as: guess('ann'),
        headers,
      })
      t.is(token.body.errors[0].code, 'TOOMANYREQUESTS')
      t.is(token.body.error, 'temporarily_unavailable')
      const api = await service.request('GET', '/api/v1/me', { as: guess('ann'), headers })
      t.is(api.status, 429)
      t.is(api.headers.get('retry-after'), '1')
      t.is(api.body.errors[0].code, 'SIGN_IN_THROTTLED')
    }),
)

test.serial('R17: a name that nobody has is held up alike, in the same words', (t) =>
  withWorld(async ({ service: { url }, pass }) => {
    const say = async (username: string) => {
      const told: Told[] = []
      for (let i = 0; i < 7; i++) {
        told.push(await askAt(url, HERE, guess(username)))
        if (i === 5) pass(1)
      }
      return told.map(({ message, ...rest }) => ({
        ...rest,
        message: message?.replace(username, 'X'),
      }))
    }
    const known = await say('ann')
    t.is(known[5]?.status, 429)
    t.deepEqual(await say('nobody-at-all'), known)
  }),
)

test.serial('R17: what cannot be a name is held up too, and is not repeated', (t) =>
  withWorld(async ({ service: { url } }) => {
    const username = 'pass word\u001b[31m'
    await lock(t, url, HERE, username)
    const { status, message } = await askAt(url, HERE, guess(username))
    t.is(status, 429)
    t.is(message, 'too many wrong passwords from this network; try again in 1 second')
  }),
)

test.serial(
  'R17: while it waits, the right password of a stranger is refused too, and is let in after',
  (t) =>
    withWorld(async ({ service: { url }, pass }) => {
      await lock(t, url, HERE)
      t.is((await askAt(url, HERE, ANN)).status, 429)
      pass(1)
      t.is((await askAt(url, HERE, ANN)).status, 200)
    }),
)

test.serial('R17: what happens in one network does not touch another, nor another account', (t) =>
  withWorld(async ({ service: { url } }) => {
    await lock(t, url, HERE)
    t.is((await askAt(url, '203.0.113.200', ANN)).status, 429)
    t.is((await askAt(url, HERE, BOB)).status, 200)
    t.is((await askAt(url, ELSEWHERE, ANN)).status, 200)
  }),
)

test.serial(
  'R17: who signed in from a network before is not held up there, also at another replica',
  (t) =>
    withWorld(async ({ service, now }) => {
      t.is((await askAt(service.url, HERE, ANN)).status, 200)
      await untilNetworks(service, ['203.0.113.0/24'])
      const replica = await startReplica(service, now)
      try {
        await lock(t, replica.url, HERE)
        // Its own wrong passwords are counted, and not held up.
        t.is((await askAt(replica.url, HERE, guess('ann'))).status, 401)
        t.is((await askAt(replica.url, HERE, ANN)).status, 200)
        await lock(t, replica.url, ELSEWHERE)
        t.is((await askAt(replica.url, ELSEWHERE, guess('ann'))).status, 429)
      } finally {
        await replica.stop()
      }
    }),
)

test.serial('R17: networks that nobody signed in from for a quarter of a year are taken out', (t) =>
  withWorld(async ({ service, now, pass }) => {
    t.is((await askAt(service.url, HERE, ANN)).status, 200)
    await untilNetworks(service, ['203.0.113.0/24'])
    pass(89 * 86_400)
    t.is((await askAt(service.url, ELSEWHERE, BOB)).status, 200)
    await untilNetworks(service, ['198.51.100.0/24', '203.0.113.0/24'])
    pass(2 * 86_400)
    const replica = await startReplica(service, now)
    try {
      t.is((await askAt(replica.url, ELSEWHERE, BOB)).status, 200)
      await untilNetworks(service, ['198.51.100.0/24'])
    } finally {
      await replica.stop()
    }
  }),
)

test.serial('R17: who is proven in memory is let in from a network that is held up', (t) =>
  withWorld(async ({ service: { url } }) => {
    t.is((await askAt(url, ELSEWHERE, ANN)).status, 200)
    await lock(t, url, HERE)
    t.is((await askAt(url, HERE, ANN)).status, 200)
  }),
)

test.serial('R17: failures at one replica count at every other', (t) =>
  withWorld(async ({ service, now, pass }) => {
    const replica = await startReplica(service, now)
    try {
      const at = [service.url, replica.url]
      for (let i = 0; i < 5; i++) {
        t.is((await askAt(at[i % 2] ?? '', HERE, guess('ann'))).status, 401)
      }
      for (const url of at) t.is((await askAt(url, HERE, guess('ann'))).status, 429)
      pass(1)
      t.is((await askAt(replica.url, HERE, guess('ann'))).status, 401)
      t.is((await askAt(service.url, HERE, ANN)).retryAfter, '2')
    } finally {
      await replica.stop()
    }
  }),
)

test.serial('R17: a success forgets the failures of its account in that network', (t) =>
  withWorld(async ({ service }) => {
    await guessOften(service.url, HERE, { username: 'ann', times: 4 })
    t.is((await askAt(service.url, HERE, ANN)).status, 200)
    const rows = await service.database('sign_in_failures').select('account', 'failures')
    t.deepEqual(rows, [{ account: '*', failures: 4 }])
  }),
)

test.serial('R17: failures are forgotten after half an hour without another one', (t) =>
  withWorld(async ({ service: { url }, pass }) => {
    await guessOften(url, HERE, { username: 'ann', times: 4 })
    pass(1799)
    t.is((await askAt(url, HERE, guess('ann'))).status, 401)
    t.is((await askAt(url, HERE, guess('ann'))).status, 429)
    pass(1800)
    await lock(t, url, HERE)
    t.is((await askAt(url, HERE, guess('ann'))).status, 429)
  }),
)

test.serial('R17: the longest wait is a quarter of an hour', (t) =>
  withWorld(async ({ service: { url, database }, pass }) => {
    await lock(t, url, HERE)
    await database('sign_in_failures').whereNot({ account: '*' }).update({ failures: 40 })
    t.is((await askAt(url, HERE, guess('ann'))).retryAfter, '900')
    pass(900)
    t.is((await askAt(url, HERE, guess('ann'))).status, 401)
  }),
)

test.serial(
  'R17: a network that tries many names is held up as a whole, and gets no more rows',
  (t) =>
    withWorld(async ({ service: { url, database }, pass }) => {
      const statuses: number[] = []
      for (let i = 0; i < 50; i++) statuses.push((await askAt(url, HERE, guess(`n${i}`))).status)
      t.deepEqual(new Set(statuses), new Set([401]))
      t.deepEqual(await askAt(url, '203.0.113.77', ANN), {
        status: 429,
        retryAfter: '1',
        message: 'too many wrong passwords from this network; try again in 1 second',
      })
      t.is((await askAt(url, ELSEWHERE, BOB)).status, 200)
      const countRows = async () => (await database('sign_in_failures').select('account')).length
      t.is(await countRows(), 51)
      pass(1)
      await database('sign_in_failures').where({ account: '*' }).update({ failures: 51 })
      t.is((await askAt(url, HERE, ANN)).retryAfter, '1')
      pass(1)
      t.is((await askAt(url, HERE, guess('one-more'))).status, 401)
      t.is(await countRows(), 51)
      pass(60)
      t.is((await askAt(url, HERE, ANN)).status, 200)
    }),
)

test.serial('R17: a network forgets one wrong password a minute, so that slips never add up', (t) =>
  withWorld(async ({ service: { url, database }, pass }) => {
    const whole = async () =>
      (await database('sign_in_failures').where({ account: '*' }).first('failures')).failures
    await guessOften(url, HERE, { username: 'ann', times: 4 })
    t.is(await whole(), 4)
    pass(120)
    await askAt(url, HERE, guess('bob'))
    t.is(await whole(), 3)
    pass(900)
    await askAt(url, HERE, guess('bob'))
    t.is(await whole(), 1)
  }),
)

test.serial('R17: old failures are taken out by those who fail later', (t) =>
  withWorld(async ({ service: { url, database }, pass }) => {
    await guessOften(url, HERE, { username: 'ann', times: 1 })
    pass(1801)
    await guessOften(url, ELSEWHERE, { username: 'ann', times: 16 })
    await guessOften(url, '192.0.2.7', { username: 'ann', times: 5 })
    await guessOften(url, '192.0.3.7', { username: 'ann', times: 5 })
    await guessOften(url, '192.0.4.7', { username: 'ann', times: 5 })
    let networks: readonly string[] = ['203.0.113.0/24']
    for (let tries = 0; tries < 100 && networks.includes('203.0.113.0/24'); tries++) {
      networks = await database('sign_in_failures').distinct('network').pluck('network')
    }
    t.false(networks.includes('203.0.113.0/24'))
    t.true(networks.includes('198.51.100.0/24'))
  }),
)

/** What containerd does with one wrong password. */
const postThenGet = async (postUrl: string, getUrl: string, as: Credentials) => {
  const form = new URLSearchParams({
    grant_type: 'password',
    service: 'registry-warden',
    ...as,
  })
  const post = await fetch(`${postUrl}/auth/token`, {
    method: 'POST',
    body: form,
    headers: { 'x-forwarded-for': HERE },
  })
  return [post.status, (await askAt(getUrl, HERE, as)).status]
}

const countOf = async ({ database }: Service): Promise<readonly number[]> =>
  (await database('sign_in_failures').orderBy('account').select('failures')).map(
    ({ failures }) => failures,
  )

test.serial('R7: one wrong password sent by POST and then by GET counts once', (t) =>
  withWorld(async ({ service }) => {
    t.deepEqual(await postThenGet(service.url, service.url, guess('ann')), [401, 401])
    t.deepEqual(await countOf(service), [1, 1])
  }),
)

test.serial(
  'R7: it counts once too when the second request reaches another replica, a while later',
  (t) =>
    withWorld(async ({ service, now, pass }) => {
      const replica = await startReplica(service, now)
      try {
        const wrong = guess('nobody-at-all')
        t.is((await askAt(service.url, HERE, wrong)).status, 401)
        pass(20)
        t.is((await askAt(replica.url, HERE, wrong)).status, 401)
        t.deepEqual(await countOf(service), [1, 1])
        await guessOften(service.url, HERE, { username: 'ann', times: 4 })
        // The fifth begins a wait; its own second half is told what the first was told.
        t.deepEqual(await postThenGet(service.url, replica.url, guess('ann')), [401, 401])
        t.is((await askAt(replica.url, HERE, guess('ann'))).status, 429)
      } finally {
        await replica.stop()
      }
    }),
)

test.serial('R7: twenty times one wrong password at once counts once', (t) =>
  withWorld(async ({ service }) => {
    const wrong = guess('ann')
    const told = await Promise.all(
      Array.from({ length: 20 }, () => askAt(service.url, HERE, wrong)),
    )
    t.deepEqual(new Set(told.map(({ message }) => message)), new Set([WRONG]))
    t.deepEqual(await countOf(service), [1, 1])
  }),
)

test.serial('R17: many wrong passwords at once get no further than one after the other', (t) =>
  withWorld(
    async ({ service }) => {
      const told = await Promise.all(
        Array.from({ length: 30 }, () => askAt(service.url, HERE, guess('ann'))),
      )
      const statuses = told.map(({ status }) => status)
      t.is(statuses.filter((status) => status === 401).length, 5)
      t.is(statuses.filter((status) => status === 429).length, 25)
    },
    { WARDEN_HASH_CONCURRENCY: '8' },
  ),
)

test.serial('R17: neither names nor passwords that were tried are in the database', (t) =>
  withWorld(async ({ service }) => {
    const canary = 'canary-typed-as-a-name'
    await askAt(service.url, HERE, { username: canary, password: 'canary-secret-77' })
    await askAt(service.url, HERE, guess('ann'))
    const rows = await service.database('sign_in_failures').select('*')
    t.is(rows.length, 3)
    t.false(/canary|ann/.test(JSON.stringify(rows)))
    // Enough to know the same attempt again, far too little to find a password by.
    t.true(rows.every(({ last_attempt }) => last_attempt.length === 4))
    t.false(service.logged().includes('canary'))
  }),
)

test.serial('R17: WARDEN_SIGN_IN_FAILURES says how many are free', (t) =>
  withWorld(
    async ({ service: { url } }) => {
      t.deepEqual(await guessOften(url, HERE, { username: 'ann', times: 3 }), [401, 401, 429])
    },
    { WARDEN_SIGN_IN_FAILURES: '2' },
  ),
)

const setPassword = (service: Service, password: string) =>
  service.admin('PATCH', '/api/v1/users/ann', { password })

const NEW_ANN = { ...ANN, password: 'anns-new-pw-88' }

test.serial(
  'R17: after a new password nobody is familiar with the account, at any replica, until it is used',
  (t) =>
    withWorld(async ({ service, now, pass }) => {
      const replica = await startReplica(service, now)
      try {
        for (const { url } of [service, replica]) t.is((await askAt(url, HERE, ANN)).status, 200)
        await untilNetworks(service, ['203.0.113.0/24'])
        t.deepEqual(await guessOften(service.url, HERE, { username: 'ann', times: 6 }), [
          ...FIVE,
          401,
        ])
        t.is((await setPassword(service, NEW_ANN.password)).status, 200)
        for (const { url } of [service, replica]) {
          t.is((await askAt(url, HERE, guess('ann'))).status, 429)
        }
        pass(2)
        t.is((await askAt(replica.url, HERE, NEW_ANN)).status, 200)
        t.deepEqual(await guessOften(replica.url, HERE, { username: 'ann', times: 6 }), [
          ...FIVE,
          401,
        ])
      } finally {
        await replica.stop()
      }
    }),
)

test.serial('R17: a new password is familiar by its own sign-ins, also for later processes', (t) =>
  withWorld(async ({ service, now }) => {
    const { url, database } = service
    t.is((await askAt(url, HERE, ANN)).status, 200)
    await untilNetworks(service, ['203.0.113.0/24'])
    await setPassword(service, NEW_ANN.password)
    t.is((await askAt(url, HERE, NEW_ANN)).status, 200)
    for (let tries = 0; tries < 100; tries++) {
      if ((await database('sign_in_networks').where({ sign_in_epoch: 2 })).length > 0) break
      await pause(50)
    }
    const replica = await startReplica(service, now)
    try {
      await guessOften(replica.url, HERE, { username: 'ann', times: 6 })
      t.is((await askAt(replica.url, HERE, guess('ann'))).status, 401)
    } finally {
      await replica.stop()
    }
  }),
)

test.serial('R17: who was disabled is a stranger when they come back', (t) =>
  withWorld(async ({ service }) => {
    t.is((await askAt(service.url, HERE, ANN)).status, 200)
    await untilNetworks(service, ['203.0.113.0/24'])
    for (const disabled of [true, false]) {
      await service.admin('PATCH', '/api/v1/users/ann', { disabled })
    }
    await lock(t, service.url, HERE)
    t.is((await askAt(service.url, HERE, guess('ann'))).status, 429)
  }),
)

test.serial('R17: a wrong current password counts like a failed sign-in', (t) =>
  withWorld(async ({ service }) => {
    for (let i = 0; i < 5; i++) {
      const { status } = await service.request('PUT', '/api/v1/me/password', {
        as: ANN,
        json: { currentPassword: guess('ann').password, newPassword: NEW_ANN.password },
        headers: { 'x-forwarded-for': HERE },
      })
      t.is(status, 403)
    }
    t.deepEqual(await countOf(service), [5, 5])
    // Ann is no stranger there; with another password somebody is.
    t.is((await askAt(service.url, HERE, guess('ann'))).status, 401)
    await setPassword(service, NEW_ANN.password)
    t.is((await askAt(service.url, HERE, guess('ann'))).status, 429)
    t.is((await askAt(service.url, ELSEWHERE, NEW_ANN)).status, 200)
  }),
)
