import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { fillAudit } from '../support/audit-world.ts'
import { ADMIN, basic, type Credentials, type Service, startService } from '../support/service.ts'

let service: Service
const AUDITOR = { username: 'audrey', password: 'audreys-own-7' }
const ANN = { username: 'ann', password: 'anns-own-pw-7' }
const BEN = { username: 'ben', password: 'bens-own-pw-7' }

test.before(async () => {
  service = await startService({ registryUrl: 'http://127.0.0.1:9' })
  await service.admin('POST', '/api/v1/users', { ...AUDITOR, systemRole: 'auditor' })
  for (const user of [ANN, BEN]) await service.admin('POST', '/api/v1/users', user)
  for (const name of ['acme', 'other']) await service.admin('POST', '/api/v1/projects', { name })
  const members = '/api/v1/projects/acme/members/users'
  await service.admin('PUT', `${members}/ann`, { role: 'projectAdmin' })
  await service.admin('PUT', `${members}/ben`, { role: 'maintainer' })
})
test.after.always(() => service.stop())

const read = (as: Credentials | undefined, query = '') =>
  service.request('GET', `/api/v1/audit${query}`, as === undefined ? {} : { as })

const eventually = async (find: () => Promise<unknown>): Promise<boolean> => {
  for (let tries = 0; tries < 100; tries++) {
    if ((await find()) !== undefined) return true
    await sleep(100)
  }
  return false
}

test('administrators and auditors read all of the record, others are refused', async (t) => {
  for (const [who, all, own, others] of [
    [ADMIN, 200, 200, 200],
    [AUDITOR, 200, 200, 200],
    [ANN, 403, 200, 404],
    [BEN, 403, 403, 404],
    [undefined, 401, 401, 401],
  ] as const) {
    for (const path of ['', '/export']) {
      const format = path === '' ? '' : '&format=csv'
      const status = async (query: string) => (await read(who, `${path}?${query}${format}`)).status
      t.deepEqual(
        [await status(''), await status('project=acme'), await status('project=other')],
        [all, own, others],
      )
    }
  }
})

test('an administrator of a project reads the rows of that project alone', async (t) => {
  const { body } = await read(ANN, '?project=acme')
  t.deepEqual(
    body.items.map(({ action, target }: Record<string, string>) => `${action} ${target}`).slice(-3),
    ['member.set acme/ben', 'member.set acme/ann', 'project.create acme'],
  )
  t.true(body.items.every(({ project }: { project: string }) => project === 'acme'))
})

test('R4: rows of an earlier project of the same name are not for the new one', async (t) => {
  await service.database('audit').insert({
    time: new Date('2020-01-01T00:00:00Z'),
    actor_name: 'old',
    action: 'tag.delete',
    target: 'acme/secret-name:1',
    project: 'acme',
    outcome: 'done',
  })
  const query = '?project=acme&actor=old&since=2019-01-01T00:00:00Z'
  t.is((await read(ANN, query)).body.items.length, 0)
  t.is((await read(AUDITOR, query)).body.items.length, 1)
})

test('a row tells who did what to what, from where, and how it ended', async (t) => {
  const { body } = await read(ADMIN, '?action=user.create&target=ann')
  const [{ time, requestId, ...item }] = body.items
  t.true(Date.now() - Date.parse(time) < 120_000 && requestId.length > 0)
  t.deepEqual(item, {
    actor: 'admin',
    onBehalfOf: null,
    action: 'user.create',
    target: 'ann',
    project: null,
    outcome: 'done',
    count: 1,
    address: '127.0.0.1',
    userAgent: 'node',
  })
})

for (const query of [
  'sort=time',
  'password_hash=x',
  'actor_name=admin',
  'outcome=maybe',
  'since=yesterday',
  'actor=a&actor=b',
  'actor=%C3%A4',
  'actor[]=a',
  'limit=0',
  'cursor=abc',
  `cursor=${Buffer.from('1.2.3').toString('base64url')}`,
  `target=${'x'.repeat(401)}`,
]) {
  test(`${query.slice(0, 24)} is refused with 400`, async (t) => {
    t.is((await read(ADMIN, `?${query}`)).status, 400)
    t.is((await read(ADMIN, `/export?format=csv&${query}`)).status, 400)
  })
}

test('a quote in a filter is a letter', async (t) => {
  const quoted = encodeURIComponent("x' OR '1'='1")
  for (const query of [`target=${quoted}`, `targetPrefix=${quoted}`]) {
    t.deepEqual((await read(ADMIN, `?${query}`)).body, { items: [], next: null })
  }
})

test('pages follow each other without gaps and doubles while rows are added', async (t) => {
  const { database } = service
  await fillAudit(database, 230)
  const query = '?actor=user-1&project=project-1&limit=7'
  const targets: string[] = []
  let path = query
  for (let page = 0; page < 10; page++) {
    const { body, headers } = await read(ADMIN, path)
    targets.push(...body.items.map(({ target }: { target: string }) => target))
    await fillAudit(database, 1)
    if (body.next === null) break
    path = `${query}&cursor=${body.next}`
    t.true(headers.get('link')?.includes(body.next))
  }
  t.is(targets.length, 23)
  t.is(new Set(targets).size, 23)
})

test('a refusal of rights is recorded, repeated ones are counted', async (t) => {
  for (let n = 0; n < 3; n++) {
    await service.request('GET', '/api/v1/users', { as: BEN, headers: { 'user-agent': 'probe' } })
  }
  const find = async () => {
    const { body } = await read(ADMIN, '?actor=ben&outcome=denied&target=GET%20/api/v1/users')
    return body.items[0]
  }
  t.true(await eventually(find))
  const { action, count, userAgent } = await find()
  t.deepEqual([action, userAgent, count >= 1], ['request.refuse', 'probe', true])
})

test('what somebody may not see is no refusal, and nobody has none', async (t) => {
  await service.request('GET', '/api/v1/users')
  await service.request('GET', '/api/v1/projects/other', { as: BEN })
  await sleep(2500)
  const { body } = await read(ADMIN, '?targetPrefix=GET%20/api/v1/projects')
  t.deepEqual(body.items, [])
})

test('R34: sign-ins are recorded, and no password gets into any row', async (t) => {
  const canary = { username: 'canary', password: 'canary-secret-7391' }
  await service.admin('POST', '/api/v1/users', canary)
  await service.request('GET', '/api/v1/me', { as: canary })
  await service.request('GET', '/api/v1/me', { as: { ...canary, password: 'wrong-canary-5522' } })
  // As people do who type their password where the name belongs.
  const typed = { username: canary.password, password: canary.username }
  await service.request('GET', '/api/v1/me', { as: typed })
  await service.request('GET', '/auth/token?service=registry-warden', { as: typed })
  const rowsOf = async (name: string) =>
    (await read(ADMIN, `?action=signin.password&${name}`)).body.items
  t.true(await eventually(async () => (await rowsOf('outcome=done&actor=canary'))[0]))
  t.true(await eventually(async () => (await rowsOf('outcome=failed&actor=canary'))[0]))
  t.true(await eventually(async () => (await rowsOf('targetPrefix=unknown$'))[0]))
  const all = JSON.stringify(await service.database('audit'))
  for (const secret of [canary.password, 'wrong-canary-5522', ADMIN.password]) {
    t.false(all.includes(secret))
    t.false(all.includes(Buffer.from(secret).toString('base64').slice(0, 16)))
  }
})

test('an export holds every row, as CSV without formulas or as JSON lines', async (t) => {
  await service.database('audit').insert({
    time: service.database.raw('UTC_TIMESTAMP(3)'),
    actor_name: 'eve',
    action: 'tag.delete',
    target: '=HYPERLINK("http://x")',
    outcome: 'done',
    user_agent: '@SUM(1)',
  })
  const csv = await read(ADMIN, '/export?format=csv&actor=eve')
  t.is(csv.headers.get('content-type'), 'text/csv; charset=utf-8')
  t.is(csv.headers.get('content-disposition'), 'attachment; filename="audit.csv"')
  const [, line] = csv.body.split('\r\n')
  t.true(line.includes(`"'=HYPERLINK(""http://x"")"`) && line.includes(`"'@SUM(1)"`))
  const jsonl = await service.request('GET', '/api/v1/audit/export?format=jsonl&actor=eve', {
    as: AUDITOR,
  })
  t.is(jsonl.headers.get('content-type'), 'application/jsonl; charset=utf-8')
})

test('an export of 50 000 rows waits for a slow reader, and ends whole', async (t) => {
  const big = await startService({ registryUrl: 'http://127.0.0.1:9' })
  try {
    await fillAudit(big.database, 50_000, 'x'.repeat(250))
    let pages = 0
    big.database.on('query', ({ sql }: { readonly sql: string }) => {
      if (/audit_action/.test(sql) || /FORCE INDEX \(`audit_time`\)/.test(sql)) pages++
    })
    const url = `${big.url}/api/v1/audit/export?format=jsonl&until=2026-02-01T00:00:00Z`
    const request = get(url, { headers: { authorization: basic(ADMIN) } })
    const [response]: IncomingMessage[] = (await once(request, 'response')) as [IncomingMessage]
    if (response === undefined) return t.fail()
    response.pause()
    await sleep(1500)
    const read1 = pages
    await sleep(1500)
    // The kernel holds some megabytes; the service reads on when it gives them out.
    t.true(read1 > 0 && read1 < 60)
    t.is(pages, read1)
    let lines = 0
    for await (const chunk of response) lines += String(chunk).split('\n').length - 1
    t.is(lines, 50_000)
    t.true(pages >= 100)
  } finally {
    await big.stop()
  }
})
