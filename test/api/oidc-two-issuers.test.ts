import test from 'ava'
import { createKey, signToken } from '../support/idp.ts'
import { type Issuer, startIssuer } from '../support/issuer.ts'
import { type Reply, type Service, startService } from '../support/service.ts'

/** Two that share a key, as tenants of one provider do, and one with a key of its own. */
let corp: Issuer
let labs: Issuer
let lone: Issuer
let service: Service

test.before(async () => {
  const key = await createKey()
  ;[corp, labs, lone] = await Promise.all([
    startIssuer({ key }),
    startIssuer({ name: 'labs', key }),
    startIssuer({ name: 'lone' }),
  ])
  const issuers = [
    { ...corp.entry, administratorGroup: 'root' },
    { ...labs.entry, audiences: ['laboratory'] },
    lone.entry,
  ]
  service = await startService({
    registryUrl: 'http://127.0.0.1:9',
    env: { WARDEN_OIDC_ISSUERS: JSON.stringify(issuers), WARDEN_API_RATE: '0' },
  })
  await service.admin('POST', '/api/v1/projects', { name: 'acme', visibility: 'private' })
  await service.admin('POST', '/api/v1/groups', { name: 'corp:devs' })
  await service.admin('PUT', '/api/v1/projects/acme/members/groups/corp:devs', {
    role: 'developer',
  })
})
test.after.always(async () => {
  await service?.stop()
  await Promise.all([corp?.close(), labs?.close(), lone?.close()])
})

const LABS = { aud: 'laboratory' }

const ask = (token: string, path = '/me'): Promise<Reply> =>
  service.request('GET', `/api/v1${path}`, { headers: { authorization: `Bearer ${token}` } })

/** Why the log says that the last bearer was refused. */
const lastReason = (): string => {
  const line = service
    .logged()
    .split('\n')
    .findLast((text) => text.includes('bearer refused'))
  return JSON.parse(line ?? '{}').reason
}

const link = (username: string, source: string, subject?: string): Promise<Reply> =>
  service.admin('PUT', `/api/v1/users/${username}/identity`, { source, subject })

test.serial('R13: the keys of one issuer prove nobody of another', async (t) => {
  const claims = JSON.parse(
    Buffer.from(corp.tokenOf('mia', []).split('.')[1] ?? '', 'base64url').toString(),
  )
  t.is((await ask(signToken(lone.key, claims))).status, 401)
  t.is(lastReason(), 'key')
  const { kid = '' } = corp.key
  t.is((await ask(signToken({ ...lone.key, kid }, claims))).status, 401)
  t.is(lastReason(), 'signature')
  t.is((await service.admin('GET', '/api/v1/users/mia')).status, 404)
})

test.serial('R13: where two share a key, each takes its own audience only', async (t) => {
  t.is((await ask(corp.tokenOf('nil', [], LABS))).status, 401)
  t.is(lastReason(), 'audience')
  t.is((await ask(labs.tokenOf('nil', []))).status, 401)
  t.is(lastReason(), 'audience')
})

test.serial('R8: one subject at two issuers is two people, though they share a key', async (t) => {
  t.like((await ask(corp.tokenOf('sam', []))).body, { username: 'sam', source: 'corp' })
  const other = await ask(labs.tokenOf('sam', [], LABS))
  t.is(other.status, 403)
  t.regex(other.body.detail, /belongs to another account here, and labs proves nothing/)
  const named = await ask(labs.tokenOf('sam', [], { ...LABS, preferred_username: 'sam.labs' }))
  t.like(named.body, { username: 'sam.labs', source: 'labs' })
  t.is((await ask(corp.tokenOf('sam', []))).body.username, 'sam')
})

test.serial(
  'R9: a group, or the administrator group, of one issuer is none of another',
  async (t) => {
    t.is((await ask(corp.tokenOf('dev', ['devs']), '/projects/acme')).status, 200)
    const claimed = ['devs', 'corp:devs', 'root', 'corp:root']
    const token = labs.tokenOf('lab', claimed, LABS)
    t.is((await ask(token, '/projects/acme')).status, 404)
    t.is((await ask(token)).body.claimedRole, null)
    t.is((await ask(corp.tokenOf('chief', ['root']))).body.claimedRole, 'administrator')
  },
)

test.serial('R10: an account that gets another issuer is not found by the first one', async (t) => {
  t.is((await ask(corp.tokenOf('eve', ['devs']))).body.username, 'eve')
  t.is((await link('eve', 'labs', 'eve-there')).status, 200)
  const before = await ask(corp.tokenOf('eve', ['devs']))
  t.is(before.status, 403)
  t.like((await ask(labs.tokenOf('eve-there', [], LABS))).body, {
    username: 'eve',
    source: 'labs',
  })
  const { body } = await service.admin('GET', '/api/v1/groups/corp:devs/members')
  t.false(body.items.some(({ username }: { username: string }) => username === 'eve'))
})

/** Accounts that are that person of corp. */
const accountsOf = async (sub: string): Promise<readonly string[]> => {
  const found = await ask(corp.tokenOf(sub, [], { preferred_username: `late-${sub}` }))
  return found.status === 200 ? [found.body.username] : []
}

test.serial('R8: links and first sights of one person at once make one account', async (t) => {
  for (let round = 0; round < 10; round++) {
    const sub = `racer-${round}`
    for (const hand of ['a', 'b']) {
      const json = { username: `${sub}-${hand}`, password: 'racers-own-harbour-7' }
      t.is((await service.admin('POST', '/api/v1/users', json)).status, 201)
    }
    const replies = await Promise.all([
      link(`${sub}-a`, 'corp', sub),
      ask(corp.tokenOf(sub, ['devs'])),
      link(`${sub}-b`, 'corp', sub),
      ask(corp.tokenOf(sub, ['devs'])),
    ])
    const [a, one, b, two] = replies.map(({ status }) => status)
    t.true([200, 409].includes(a ?? 0) && [200, 409].includes(b ?? 0), `${a} ${b}`)
    t.true(
      [one, two].every((status) => status === 200),
      `${one} ${two}`,
    )
    const [owner] = await accountsOf(sub)
    t.is(replies[1]?.body.username, owner)
    t.is(replies[3]?.body.username, owner)
    const linked = [`${sub}-a`, `${sub}-b`].filter((_, at) => [a, b][at] === 200)
    t.deepEqual(linked, owner === sub ? [] : [owner])
  }
})

test.serial('R10: after a link nobody goes on by the bearer of before, at no moment', async (t) => {
  const token = corp.tokenOf('old', ['devs'])
  t.is((await ask(token, '/projects/acme')).status, 200)
  let isOver = false
  const late: number[] = []
  const crowd = Array.from({ length: 4 }, async () => {
    while (!isOver) await ask(token)
  })
  t.is((await link('old', 'local')).status, 200)
  for (let time = 0; time < 10; time++) late.push((await ask(token, '/projects/acme')).status)
  isOver = true
  await Promise.all(crowd)
  t.deepEqual([...new Set(late)], [403])
  const { body } = await service.admin('GET', '/api/v1/users/old')
  t.like(body, { source: 'local', claimedRole: null })
})
