import test from 'ava'
import { ADMIN, startService } from '../support/service.ts'

test('above the rate the API is 429 with Retry-After; tokens and health go on', async (t) => {
  const service = await startService({
    registryUrl: 'http://127.0.0.1:9',
    env: { WARDEN_API_RATE: '5' },
  })
  t.teardown(() => service.stop())
  for (const left of ['4', '3', '2', '1', '0']) {
    const { status, headers } = await service.admin('GET', '/api/v1/me')
    t.is(status, 200)
    t.is(headers.get('ratelimit-remaining'), left)
  }
  const { status, headers, body } = await service.admin('GET', '/api/v1/me')
  t.is(status, 429)
  t.is(body.errors[0].code, 'RATE_LIMITED')
  t.regex(headers.get('retry-after') ?? '', /^(?:60|5\d)$/)
  t.regex(headers.get('ratelimit') ?? '', /^"api";r=0;t=(?:60|5\d)$/)
  const token = await service.request('GET', '/auth/token?service=registry-warden', { as: ADMIN })
  t.is(token.status, 200)
  t.false(token.headers.has('ratelimit'))
  t.is((await service.request('GET', '/healthz')).status, 200)
  t.is((await service.request('GET', '/api/v1/projects')).status, 200)
})
