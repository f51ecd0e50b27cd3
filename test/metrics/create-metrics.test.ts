import test from 'ava'
import { createMetrics } from '../../src/metrics/create-metrics.ts'
import { parseExposition } from '../support/exposition.ts'

const exposed = async ({ expose }: ReturnType<typeof createMetrics>) =>
  parseExposition((await expose()).text)

test('two processes in one, as tests have them, count apart', async (t) => {
  const [one, other] = [createMetrics(), createMetrics()]
  one.countIssued('repeated')
  const name = 'warden_tokens_issued_total'
  t.is((await exposed(one)).value(name, { answer: 'repeated' }), 1)
  t.is((await exposed(other)).value(name, { answer: 'repeated' }), 0)
})

test('asking twice counts nothing twice', async (t) => {
  const metrics = createMetrics()
  metrics.countSignIn('password', 'throttled')
  await metrics.expose()
  const { value } = await exposed(metrics)
  t.is(value('warden_sign_ins_total', { way: 'password', outcome: 'throttled' }), 1)
  t.is(value('warden_sign_ins_total', { way: 'password', outcome: 'proven' }), 0)
})

test('a request is counted by its route and status, and its seconds by its route', async (t) => {
  const metrics = createMetrics()
  const { count, prepare } = metrics.requests('public')
  const answered = { method: 'GET', route: '/auth/token', status: 200 }
  count({ ...answered, seconds: 0.002, code: undefined })
  prepare(answered)(0.2)
  count({ ...answered, status: 401, seconds: 0.03, code: 'UNAUTHORIZED' })
  const { value } = await exposed(metrics)
  const labels = { listener: 'public', method: 'GET', route: '/auth/token' }
  t.is(value('warden_http_requests_total', { ...labels, status: '200' }), 2)
  t.is(value('warden_http_requests_total', { ...labels, status: '401' }), 1)
  const error = { listener: 'public', route: '/auth/token', code: 'UNAUTHORIZED' }
  t.is(value('warden_http_errors_total', error), 1)
  const buckets = ['0.001', '0.005', '0.025', '0.1', '0.5', '2.5', '10', '+Inf'].map((le) =>
    value('warden_http_request_duration_seconds_bucket', { ...labels, le }),
  )
  t.deepEqual(buckets, [0, 1, 1, 2, 3, 3, 3, 3])
})

test('methods that nobody serves are one', async (t) => {
  const metrics = createMetrics()
  const { count } = metrics.requests('private')
  for (const method of ['PROPFIND', 'TRACE', 'M-SEARCH']) {
    count({ method, route: undefined, status: 501, seconds: 0, code: 'METHOD_NOT_ALLOWED' })
  }
  const labels = { listener: 'private', method: 'other', route: 'none', status: '501' }
  t.is((await exposed(metrics)).value('warden_http_requests_total', labels), 3)
})

test('one metric may have several sources, which are read when it is asked for', async (t) => {
  const metrics = createMetrics()
  let entries = 1
  metrics.read('warden_cache_entries', () => [{ labels: { cache: 'users' }, value: entries }])
  metrics.read('warden_cache_entries', () => [{ labels: { cache: 'rights' }, value: 7 }])
  metrics.read('warden_change_version_age_seconds', () => Number.POSITIVE_INFINITY)
  entries = 2
  const { value } = await exposed(metrics)
  t.is(value('warden_cache_entries', { cache: 'users' }), 2)
  t.is(value('warden_cache_entries', { cache: 'rights' }), 7)
  t.is(value('warden_change_version_age_seconds'), Number.POSITIVE_INFINITY)
})
