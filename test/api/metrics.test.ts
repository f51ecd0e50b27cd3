import { readFileSync } from 'node:fs'
import test from 'ava'
import { HISTOGRAMS } from '../../src/metrics/histograms.ts'
import { METRICS } from '../../src/metrics/names.ts'
import { answered, untilLike } from '../support/answered.ts'
import { type Exposition, parseExposition } from '../support/exposition.ts'
import {
  ADMIN,
  type Credentials,
  type Reply,
  type Service,
  startService,
} from '../support/service.ts'

const DEV = { username: 'canary-dev', password: 'devs-own-pw-7' }
const REQUESTS = 'warden_http_requests_total'
const ISSUED = 'warden_tokens_issued_total'
const LOOKUPS = 'warden_cache_lookups_total'

const scrape = async ({ privateUrl }: Service): Promise<Exposition> => {
  const response = await fetch(`${privateUrl}/metrics`)
  return parseExposition(await response.text())
}

const ask = (service: Service, as: Credentials, query = '') =>
  service.request('GET', `/auth/token?service=registry-warden${query}`, { as })

type Delta = (name: string, labels?: Readonly<Record<string, string>>) => number

/** How much each counter went up while `work` ran. */
async function measure(service: Service, work: () => Promise<unknown>): Promise<Delta> {
  const before = await scrape(service)
  await work()
  const after = await scrape(service)
  return (name, labels = {}) => (after.value(name, labels) ?? 0) - (before.value(name, labels) ?? 0)
}

/**
 * Measures a request that is answered in that way: while the last look at the database is too long ago
 * nothing is repeated and nobody new is known, which is not what is counted here.
 */
async function measureAnswer(
  service: Service,
  answer: string,
  work: (tries: number) => Promise<Reply>,
): Promise<Delta> {
  let tries = 0
  return untilLike(
    () => measure(service, () => work(++tries)),
    (delta) => delta(ISSUED, { answer }) === 1,
  )
}

const TOKEN = { listener: 'public', method: 'GET', route: '/auth/token' }

/** The watch has looked once: from now on answers are kept. */
async function startWatched(options: Parameters<typeof startService>[0] = {}): Promise<Service> {
  const service = await startService({ registryUrl: 'http://127.0.0.1:9', ...options })
  const { status } = await answered(() => service.admin('POST', '/api/v1/users', DEV))
  if (status !== 201) throw new Error(`no user: ${status}`)
  return service
}

test.serial('metrics are for the private listener alone, in the form of Prometheus', async (t) => {
  const service = await startWatched()
  try {
    const response = await fetch(`${service.privateUrl}/metrics`)
    t.is(response.status, 200)
    t.is(response.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8')
    const { value } = parseExposition(await response.text())
    t.is(value('warden_build_info', { version: 'test' }), 1)
    t.true((value('process_resident_memory_bytes') ?? 0) > 1e6)
    const readAge = async (): Promise<number> =>
      (await scrape(service)).value('warden_change_version_age_seconds') ?? 9
    t.true((await untilLike(readAge, (seconds) => seconds < 1)) < 1)
    const leafSeconds = (value('warden_leaf_end_time_seconds') ?? 0) - Date.now() / 1000
    t.true(leafSeconds > 600_000 && leafSeconds <= 604_800, String(leafSeconds))
    t.is((await service.request('GET', '/metrics')).status, 404)
    t.is((await service.admin('GET', '/metrics')).status, 404)
    t.is((await service.admin('GET', '/api/v1/metrics')).status, 404)
  } finally {
    await service.stop()
  }
})

test.serial(
  'tokens are counted by how they were come by, and hashes, sign-ins and look-ups with them',
  async (t) => {
    const service = await startWatched()
    try {
      const cold = await measureAnswer(service, 'read', () => ask(service, DEV))
      t.is(cold(ISSUED, { answer: 'read' }), 1)
      t.is(cold('warden_password_checks_total', { outcome: 'right' }), 1)
      t.is(cold('warden_password_hash_duration_seconds_count'), 1)
      t.is(cold('warden_sign_ins_total', { way: 'password', outcome: 'proven' }), 1)
      t.is(cold(LOOKUPS, { cache: 'users', outcome: 'miss' }), 1)
      t.is(cold(LOOKUPS, { cache: 'proofs', outcome: 'miss' }), 1)
      const repeated = await measureAnswer(service, 'repeated', () => ask(service, DEV))
      t.true(((await scrape(service)).value('warden_cache_entries', { cache: 'answers' }) ?? 0) > 0)
      t.is(repeated(ISSUED, { answer: 'repeated' }), 1)
      t.is(repeated(LOOKUPS, { cache: 'answers', outcome: 'hit' }), 1)
      t.is(repeated('warden_password_hash_duration_seconds_count'), 0)
      t.is(repeated('warden_sign_ins_total', { way: 'password', outcome: 'proven' }), 0)
      const other = await measureAnswer(service, 'remembered', (tries) =>
        ask(service, DEV, `&n=${tries}`),
      )
      t.is(other(ISSUED, { answer: 'remembered' }), 1)
      t.is(other(LOOKUPS, { cache: 'answers', outcome: 'miss' }), 1)
      t.is(other(LOOKUPS, { cache: 'users', outcome: 'hit' }), 1)
      for (const delta of [cold, repeated, other]) {
        t.is(delta(REQUESTS, { ...TOKEN, status: '200' }), 1)
        t.is(delta('warden_http_request_duration_seconds_count', TOKEN), 1)
        const all = ['read', 'repeated', 'remembered', 'grace'].map((answer) =>
          delta(ISSUED, { answer }),
        )
        t.is(
          all.reduce((sum, count) => sum + count, 0),
          1,
        )
      }
    } finally {
      await service.stop()
    }
  },
)

test.serial('refused requests are counted by the code of their error', async (t) => {
  const service = await startWatched()
  try {
    const delta = await measure(service, async () => {
      await ask(service, { ...DEV, password: 'not-the-password' })
      await ask(service, { ...DEV, password: 'not-the-password' })
      await ask(service, DEV, '&scope=nonsense')
      await service.request('GET', '/auth/token?service=elsewhere')
    })
    const errors = (code: string) =>
      delta('warden_http_errors_total', { listener: 'public', route: '/auth/token', code })
    t.deepEqual(['UNAUTHORIZED', 'SCOPE_INVALID', 'SERVICE_UNKNOWN'].map(errors), [2, 1, 1])
    t.is(delta(REQUESTS, { ...TOKEN, status: '400' }), 2)
    t.is(delta('warden_sign_ins_total', { way: 'password', outcome: 'refused' }), 2)
    t.is(delta('warden_password_checks_total', { outcome: 'wrong' }), 1)
  } finally {
    await service.stop()
  }
})

test.serial('R6: what is served and refused while the database is away is counted', async (t) => {
  let aheadMs = 0
  const service = await startWatched({
    now: () => new Date(Date.now() + aheadMs),
    env: { WARDEN_DB_GRACE_SECONDS: '60' },
  })
  try {
    t.is((await answered(() => ask(service, DEV))).status, 200)
    await service.watchDatabase.destroy()
    aheadMs = 30_000
    const grace = await measure(service, async () => {
      t.is((await ask(service, DEV)).status, 200)
      t.is((await ask(service, { username: 'new', password: 'x' })).status, 503)
    })
    t.is(grace(ISSUED, { answer: 'grace' }), 1)
    t.is(grace(LOOKUPS, { cache: 'users', outcome: 'grace' }), 1)
    t.is(grace(LOOKUPS, { cache: 'users', outcome: 'unknown' }), 1)
    t.is(grace('warden_sign_ins_total', { way: 'password', outcome: 'failed' }), 1)
    aheadMs = 90_000
    const closed = await measure(service, async () => {
      t.is((await ask(service, DEV)).status, 503)
    })
    t.is(closed(LOOKUPS, { cache: 'users', outcome: 'closed' }), 1)
    t.is(closed(ISSUED, { answer: 'grace' }), 0)
    const { value } = await scrape(service)
    t.true((value('warden_change_version_age_seconds') ?? 0) > 61)
    t.true((value('warden_change_version_polls_total', { outcome: 'failed' }) ?? 0) > 0)
  } finally {
    await service.stop()
  }
})

test.serial('whatever is asked, nothing of it becomes a label', async (t) => {
  const service = await startWatched()
  try {
    const visit = async (n: number): Promise<void> => {
      const paths = [`/canary-${n}`, `/api/v1/canary-${n}/x`, `/api/v1/users/canary-${n}`]
      const method = ['GET', 'POST', 'DELETE', 'OPTIONS'][n % 4] ?? 'GET'
      await service.request(method, paths[n % 3] ?? '/', n % 2 === 0 ? { as: ADMIN } : {})
      if (n % 5 === 0) await ask(service, DEV, `&scope=repository:canary/r${n}:pull`)
    }
    const visitMany = (from: number) =>
      Promise.all(Array.from({ length: 12 }, (_, i) => visit(from + i)))
    await visitMany(0)
    const { length: few } = (await scrape(service)).samples
    for (let from = 12; from < 516; from += 12) await visitMany(from)
    const after = await scrape(service)
    const ours = after.samples.filter(({ name }) => name.startsWith('warden_'))
    t.deepEqual(
      ours.filter(({ labels }) => /canary|127\.0\.0\.1|\badmin\b/.test(JSON.stringify(labels))),
      [],
    )
    // Those of node itself come and go with sockets and kinds of garbage.
    t.true(after.samples.length - few < 40, `${few} became ${after.samples.length}`)
    const unrouted = { listener: 'public', method: 'GET', route: 'none', status: '404' }
    t.true((after.value(REQUESTS, unrouted) ?? 0) > 80)
  } finally {
    await service.stop()
  }
})

test.serial(
  'what is exposed is what was declared, and docs/metrics.md names all of it',
  async (t) => {
    const service = await startWatched()
    try {
      await service.request('GET', '/nowhere')
      const { types, samples } = await scrape(service)
      const ours = [...types.keys()].filter((name) => name.startsWith('warden_'))
      t.deepEqual(ours.sort(), [...Object.keys(METRICS), ...Object.keys(HISTOGRAMS)].sort())
      const sampled = new Set(samples.map(({ name }) => name))
      t.deepEqual(
        Object.keys(METRICS).filter((name) => !sampled.has(name)),
        [],
      )
      const docs = readFileSync('docs/metrics.md', 'utf8')
      t.deepEqual(
        [...types.keys()].filter((name) => !docs.includes(`\`${name}\``)),
        [],
      )
    } finally {
      await service.stop()
    }
  },
)
