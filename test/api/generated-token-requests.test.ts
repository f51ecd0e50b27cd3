import test from 'ava'
import { openServers, type Servers } from '../../src/http/server.ts'
import { findFreePort } from '../../src/stack/ports.ts'
import { chooseSeed, createGenerator, type Generator } from '../support/generate.ts'
import {
  type GeneratedScope,
  generateGoodScope,
  generateScope,
} from '../support/generate-scopes.ts'
import {
  createKeepAliveClient,
  type PlainReply,
  type PlainRequest,
} from '../support/keep-alive-client.ts'
import { basic, type Credentials, type Service, startService } from '../support/service.ts'
import {
  type Asked,
  grantedActions,
  makeOracleWorld,
  mostActions,
  WHO,
  type Who,
} from '../support/token-oracle.ts'

// The grammar alone gets 45,000 more, in test/protocol/generated-scopes.test.ts.
const REQUESTS = 12_000
const CONNECTIONS = 16
const FORM = 'application/x-www-form-urlencoded'
const LATIN = Array.from({ length: 223 }, (_, n) => String.fromCharCode(n + 32))
  .filter((letter) => letter !== '\u007f')
  .join('')

/** What a request has to be answered with. */
interface Expectation {
  /** Nobody when the credentials prove none: nothing may be granted at all. */
  readonly who: Who | 'nobody'
  /** Where all of it is good: what it asks for, to be granted to the letter. */
  readonly asked: readonly Asked[] | undefined
}

interface Case extends Expectation {
  readonly request: PlainRequest
}

let service: Service
let servers: Servers
let port: number
let world: Readonly<Record<Who, Credentials | undefined>>

/** Each proven to be wrong before, so that none of them costs a hash again. */
const WRONG: readonly Credentials[] = [
  { username: 'dev', password: 'not-his-pw-7' },
  { username: 'nobody', password: 'long-enough-pw-7' },
  { username: '', password: '' },
  { username: '__proto__', password: 'x' },
  { username: 'robot$acme+ci', password: 'x' },
  { username: 'robot$acme+ci', password: `rwr_${'0'.repeat(49)}` },
  { username: 'dev', password: `rwt_${'z'.repeat(49)}` },
  { username: 'dev', password: `rwi_${'z'.repeat(49)}` },
  { username: 'warden$system', password: 'x' },
]

test.before(async () => {
  service = await startService({
    registryUrl: 'http://127.0.0.1:9',
    env: { WARDEN_IDENTITY_TOKENS: 'on' },
  })
  port = await findFreePort()
  servers = await openServers([{ host: '127.0.0.1', port, listener: service.publicListener }])
  world = await makeOracleWorld(service)
  for (const as of [...WRONG, ...Object.values(world)]) {
    await service.request('GET', '/auth/token?service=registry-warden', as ? { as } : {})
  }
})

test.after.always(async () => {
  await servers?.close(1000)
  await service?.stop()
})

/** Headers that are no credentials, however one reads them. */
const weirdAuthorization = (from: Generator): string =>
  from.pick([
    'Basic',
    'Basic ',
    'Basic !!!!',
    `Basic ${from.text(1, 40, LATIN)}`,
    `Basic ${Buffer.from('no colon').toString('base64')}`,
    `Basic ${'A'.repeat(from.integer(20_000))}`,
    'Bearer abc.def.ghi',
    `Bearer ${from.text(1, 40, LATIN)}`,
    'Negotiate YII=',
    'Digest username="admin"',
    from.text(1, 60, LATIN),
  ])

interface Proof {
  readonly who: Who | 'nobody'
  readonly as: Credentials | undefined
  /** In place of the credentials. */
  readonly header?: string
}

function generateProof(from: Generator): Proof {
  if (from.once(8)) return { who: 'nobody', as: from.pick(WRONG) }
  const who = from.pick(WHO)
  const as = world[who]
  if (as === undefined) return { who, as }
  // Names are the same in every case.
  return { who, as: from.once(5) ? { ...as, username: as.username.toUpperCase() } : as }
}

const JUNK = [
  ...['scope[]', 'scope[0]', 'scope%00', '__proto__', 'constructor', 'Service', 'SCOPE', 'x'],
  ...['grant_type', 'client_id', 'nonce', 'response_type', 'toString', 'offline_token'],
]

interface Parameters {
  readonly pairs: readonly (readonly [string, string])[]
  /** Undefined where the answer may well be a refusal. */
  readonly asked: readonly Asked[] | undefined
}

const joinScopes = (from: Generator, texts: readonly string[]): readonly string[] =>
  from.once(3) && texts.length > 0 ? [texts.join(' ')] : texts

/** As every client asks. */
function generateGoodParameters(from: Generator): Parameters {
  const scopes = from.list(0, 6, () => generateGoodScope(from))
  const texts = joinScopes(
    from,
    scopes.map(({ text }) => text),
  )
  return {
    pairs: [['service', 'registry-warden'], ...texts.map((text) => ['scope', text] as const)],
    asked: scopes.flatMap(({ asked }) => asked ?? []),
  }
}

function generateBadParameters(from: Generator): Parameters {
  const scopes: readonly GeneratedScope[] = from.list(0, from.once(20) ? 40 : 5, () =>
    generateScope(from),
  )
  const services = from.pick([
    ['registry-warden'],
    ['registry-warden'],
    ['registry-warden'],
    [],
    ['other'],
    [''],
    ['registry-warden', 'registry-warden'],
    [from.text(0, 80, LATIN)],
  ])
  const junk = from.list(0, 3, () => [from.pick(JUNK), from.text(0, 20, LATIN)] as const)
  const names = from.list(0, 1, () => ['account', from.pick(['dev', '', 'x', 'DEV'])] as const)
  const secrets = from.once(30) ? [[from.pick(['password', 'token']), 'x'] as const] : []
  return {
    pairs: [
      ...services.map((value) => ['service', value] as const),
      ...joinScopes(
        from,
        scopes.map(({ text }) => text),
      ).map((text) => ['scope', text] as const),
      ...junk,
      ...names,
      ...secrets,
    ],
    asked: undefined,
  }
}

const generateParameters = (from: Generator): Parameters =>
  from.once(2) ? generateGoodParameters(from) : generateBadParameters(from)

/** Mostly as clients do, at times with letters left as they are or with broken escapes. */
function encodePairs(from: Generator, pairs: Parameters['pairs']): string {
  const isRaw = from.once(10)
  return pairs
    .map(([name, value]) => {
      const text = isRaw
        ? value.replace(/[^!$'-;=?-~]/g, '')
        : encodeURIComponent(wellFormed(value))
      return `${name}=${text}`
    })
    .join(from.once(30) ? '&&' : '&')
}

/** A lone half of a surrogate pair cannot be sent at all. */
const wellFormed = (text: string): string => text.replace(/[\ud800-\udfff]/g, '?')

const isRawFree = (encoded: string, { pairs }: Parameters): boolean =>
  encoded ===
  pairs.map(([name, value]) => `${name}=${encodeURIComponent(wellFormed(value))}`).join('&')

function generateGet(from: Generator): Case {
  const proof: Proof = from.once(12)
    ? { who: 'nobody', as: undefined, header: weirdAuthorization(from) }
    : generateProof(from)
  const parameters = generateParameters(from)
  const encoded = encodePairs(from, parameters.pairs)
  const tail = from.once(25) ? from.pick(['&%', '&scope=%zz', '&=', '&scope', '#']) : ''
  const authorization = proof.header ?? (proof.as && basic(proof.as))
  const isGood = tail === '' && isRawFree(encoded, parameters)
  return {
    who: proof.who,
    asked: isGood && proof.who !== 'nobody' ? parameters.asked : undefined,
    request: {
      method: 'GET',
      path: `/auth/token?${encoded}${tail.replace('#', '')}`,
      headers: authorization === undefined ? {} : { authorization },
    },
  }
}

const CONTENT_TYPES = [
  ...[FORM, FORM, FORM, FORM, `${FORM}; charset=utf-8`, `${FORM}; charset=x`],
  ...['application/json', 'multipart/form-data; boundary=x', 'text/plain', '', 'x'],
]

type Pairs = Parameters['pairs']

const GRANT: Pairs = [['grant_type', 'password']]

const badGrant = (from: Generator): Pairs =>
  from.pick<Pairs>([
    GRANT,
    GRANT,
    [
      ['grant_type', 'refresh_token'],
      ['refresh_token', from.text(0, 60, LATIN)],
    ],
    [['grant_type', from.text(0, 20, LATIN)]],
    [...GRANT, ...GRANT],
    [],
  ])

const encodeForm = (pairs: Pairs): string =>
  pairs.map(([name, value]) => `${name}=${encodeURIComponent(wellFormed(value))}`).join('&')

/** As containerd posts it: all scopes in one field. */
function generateGoodPost(from: Generator, who: Who, as: Credentials): Case {
  const { pairs, asked } = generateGoodParameters(from)
  const scopes = pairs.filter(([name]) => name === 'scope').map(([, value]) => value)
  const login: Pairs = [
    ['service', 'registry-warden'],
    ['username', as.username],
    ['password', as.password],
    ['scope', scopes.join(' ')],
  ]
  const body = encodeForm([...GRANT, ...login])
  const headers = { 'content-type': FORM }
  return { who, asked, request: { method: 'POST', path: '/auth/token', headers, body } }
}

function generateBadPost(from: Generator, { who, as }: Proof): Case {
  const login: Pairs =
    as === undefined
      ? []
      : [
          ['username', as.username],
          ['password', as.password],
        ]
  const form = encodeForm([...badGrant(from), ...login, ...generateBadParameters(from).pairs])
  return {
    who: as === undefined ? 'nobody' : who,
    asked: undefined,
    request: {
      method: 'POST',
      path: from.once(20) ? '/auth/token?scope=repository:side/app:*' : '/auth/token',
      headers: {
        'content-type': from.pick(CONTENT_TYPES),
        ...(from.once(20) && { authorization: weirdAuthorization(from) }),
        ...(from.once(30) && { 'content-encoding': 'gzip' }),
      },
      body: from.once(60) ? `${form}&pad=${'x'.repeat(70_000)}` : form,
    },
  }
}

function generatePost(from: Generator): Case {
  const proof = generateProof(from)
  const { who, as } = proof
  if (who === 'nobody' || as === undefined || from.once(2)) return generateBadPost(from, proof)
  return generateGoodPost(from, who, as)
}

const generateCase = (from: Generator): Case => {
  if (from.once(100)) {
    const { request, who } = generateGet(from)
    const method = from.pick(['PUT', 'DELETE', 'PATCH'])
    return { who, asked: undefined, request: { ...request, method } }
  }
  return from.once(3) ? generatePost(from) : generateGet(from)
}

const expected = (who: Who, asked: readonly Asked[]): readonly string[] => {
  const merged = new Map<string, Asked>()
  for (const one of asked) {
    const key = `${one.type}:${one.name}`
    const actions = [...(merged.get(key)?.actions ?? []), ...one.actions]
    merged.set(key, { ...one, actions })
  }
  return [...merged]
    .map(([key, one]) => `${key}:${grantedActions(who, one)}`)
    .filter((line) => !line.endsWith(':'))
    .sort()
}

const accessOf = (token: string): readonly Asked[] =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')).access

function findFaultOfToken({ who, asked }: Expectation, token: string): string | undefined {
  const access = accessOf(token)
  const subject = who === 'nobody' ? 'anonymous' : who
  for (const entry of access) {
    const most = mostActions(subject, entry)
    const over = entry.actions.filter((action) => !most.includes(action))
    if (over.length > 0) return `granted ${over} on ${entry.type}:${entry.name} to ${who}`
  }
  if (asked === undefined) return undefined
  const lines = access.map((one) => `${one.type}:${one.name}:${[...one.actions].sort()}`).sort()
  const wanted = expected(subject, asked)
  return `${lines}` === `${wanted}` ? undefined : `granted ${lines}, and not ${wanted}`
}

const SUBJECTS =
  /scope|service|account|client_id|offline_token|access_type|grant_type|username|password|refresh_token|secret|query|form|headers|body/

function findFaultOfRefusal({ status }: PlainReply, body: Record<string, unknown>) {
  if (![400, 401, 405, 415].includes(status)) return `status ${status}`
  const [first] = (body.errors ?? []) as readonly { code: string; message: string }[]
  if (!first?.code || !first.message || body.error_description !== first.message) return 'no reason'
  if (status === 400 && !SUBJECTS.test(first.message)) return 'does not say which'
  return undefined
}

function findFault(one: Case, reply: PlainReply): string | undefined {
  if (reply.status >= 500) return `status ${reply.status}`
  if (!/^application\/json/.test(reply.headers['content-type'] ?? '')) {
    return `content type ${reply.headers['content-type']}`
  }
  const body = JSON.parse(reply.text)
  if (reply.status === 200) {
    if (!Number.isInteger(body.expires_in)) return 'expires_in is no integer'
    return findFaultOfToken(one, body.token)
  }
  if (one.asked !== undefined) return `refused with ${reply.status}`
  return findFaultOfRefusal(reply, body)
}

const counts = { good: 0, tokens: 0, refused: 0 }

/** @returns what was wrong with the answer, and how to see it again */
async function tryOne(
  send: (request: PlainRequest) => Promise<PlainReply>,
  one: Case,
): Promise<string | undefined> {
  const reply = await send(one.request)
  if (one.asked !== undefined) counts.good++
  counts[reply.status === 200 ? 'tokens' : 'refused']++
  const fault = findFault(one, reply)
  if (fault === undefined) return undefined
  const shown = JSON.stringify(one.request).slice(0, 2000)
  return `${fault}\n${shown}\n${reply.text.slice(0, 500)}`
}

test(`${REQUESTS} generated requests get JSON, never a 5xx, and no action but those of the table`, async (t) => {
  const from = createGenerator(chooseSeed())
  const client = createKeepAliveClient(port, CONNECTIONS)
  let left = REQUESTS
  let failure: string | undefined
  const work = async (): Promise<void> => {
    while (left-- > 0 && failure === undefined) {
      const number = REQUESTS - left
      const fault = await tryOne(client.send, generateCase(from))
      if (fault !== undefined) failure ??= `TEST_SEED=${from.seed}, request ${number}: ${fault}`
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, work))
  client.close()
  t.is(failure, undefined)
  t.true(counts.good > REQUESTS / 4, JSON.stringify(counts))
  t.true(counts.tokens > counts.good && counts.refused > REQUESTS / 8, JSON.stringify(counts))
})
