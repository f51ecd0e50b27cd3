import test, { type ExecutionContext } from 'ava'
import type { Examination } from '../../../src/maintenance/doctor/examination.ts'
import { ISSUER_CHECKS } from '../../../src/maintenance/doctor/issuer-checks.ts'
import {
  type AnsweringServer,
  answerJson,
  startAnsweringServer,
} from '../../support/answering-server.ts'

const KEY = { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' }

/** An issuer that shows these keys. */
async function startIssuer(t: ExecutionContext, keys: readonly object[]): Promise<AnsweringServer> {
  const server = await startAnsweringServer()
  t.teardown(server.close)
  server.answer = (path, response) =>
    answerJson(
      response,
      path === '/keys' ? { keys } : { issuer: server.url, jwks_uri: `${server.url}/keys` },
    )
  return server
}

/** Looks at them with a clock that is behind by so much. */
const examine = (issuers: readonly object[], behindSeconds = 0) =>
  ISSUER_CHECKS[0].run({
    now: () => new Date(Date.now() - behindSeconds * 1000),
    inside: { config: { oidc: { issuers } } },
  } as unknown as Examination)

const issuerOf = (name: string, { url }: { url: string }) => ({
  name,
  issuer: url,
  leewaySeconds: 30,
})

test('without issuers there is nothing to look at', async (t) => {
  t.deepEqual(await examine([]), { state: 'ok', detail: 'none is set (WARDEN_OIDC_ISSUERS)' })
})

test('issuers that show keys and have our time are well', async (t) => {
  const one = issuerOf('corp', await startIssuer(t, [KEY]))
  const two = issuerOf('lab', await startIssuer(t, [KEY, KEY]))
  t.deepEqual(await examine([one, two]), { state: 'ok', detail: 'corp: 1 key; lab: 2 keys' })
})

test('one that cannot be reached is a fault, and the others are told too', async (t) => {
  const well = issuerOf('corp', await startIssuer(t, [KEY]))
  const server = await startIssuer(t, [KEY])
  const gone = issuerOf('gone', server)
  await server.close()
  const { state, detail, advice } = await examine([well, gone])
  t.is(state, 'fault')
  t.regex(detail, /^corp: 1 key; gone: http:\/\/127\.0\.0\.1:\d+\/\.well-known.*ECONNREFUSED/)
  t.regex(advice ?? '', /WARDEN_OIDC_ISSUERS/)
})

test('one that shows no key is a fault', async (t) => {
  const { state, detail } = await examine([issuerOf('corp', await startIssuer(t, []))])
  t.deepEqual({ state, detail }, { state: 'fault', detail: 'corp: it shows no key' })
})

test('a clock that is off is told, and is a fault beyond the leeway', async (t) => {
  const issuer = issuerOf('corp', await startIssuer(t, [KEY]))
  const [near, far] = [await examine([issuer], 20), await examine([issuer], -60)]
  t.is(near.state, 'warning')
  t.regex(near.detail, /^corp: 1 key, but its clock is (19|20|21) s ahead of this machine$/)
  t.is(far.state, 'fault')
  t.regex(far.detail, /its clock is (59|60|61) s behind this machine: its tokens are refused$/)
})
