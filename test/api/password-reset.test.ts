import { createHash } from 'node:crypto'
import test from 'ava'
import { RESET_MAIL } from '../../src/accounts/password-reset/mail-reset.ts'
import { warden } from '../cli/command.ts'
import { findLeaks } from '../support/canary.ts'
import { until } from '../support/jobs-world.ts'
import { createKeepAliveClient } from '../support/keep-alive-client.ts'
import { type ResetWorld, readLink, startResetWorld } from '../support/reset-world.ts'
import { ADMIN, type Reply, startService } from '../support/service.ts'

const OLD = 'a-quiet-harbour-71'
const NEW = 'other-lights-ashore-52'

let world: ResetWorld
let made = 0

test.before(async () => {
  world = await startResetWorld()
})
test.after.always(() => world?.stop())

/** A user of their own for a test. */
async function addUser(columns: object = {}): Promise<string> {
  const username = `user-${++made}`
  const email = `${username}@example.com`
  const { status } = await world.service.admin('POST', '/api/v1/users', {
    username,
    password: OLD,
    email,
  })
  if (status !== 201) throw new Error(`no user: ${status}`)
  if (Object.keys(columns).length > 0) {
    await world.service.database('users').where({ username }).update(columns)
  }
  return username
}

const without = ({ status, headers, body }: Reply) => {
  const kept = [...headers].filter(([name]) => !/^(?:date|x-request-id|ratelimit.*)$/.test(name))
  return { status, headers: kept, body: body === '' ? '' : { ...body, requestId: '' } }
}

test.serial(
  'a mail goes to the stored address, and its link sets a new password once',
  async (t) => {
    const username = await addUser()
    const reply = await world.ask({ username })
    t.deepEqual([reply.status, reply.body], [202, ''])
    await until('a mail comes', () => world.mail.taken.length === 1)
    const [mail] = world.mail.taken
    if (mail === undefined) return t.fail()
    t.deepEqual(mail.to, [`${username}@example.com`])
    const { origin, token } = readLink(mail)
    t.is(origin, world.service.config.publicUrl)
    t.is((await world.confirm(token, NEW)).status, 204)
    t.true(await world.signsIn({ username, password: NEW }))
    t.false(await world.signsIn({ username, password: OLD }))
    const again = await world.confirm(token, OLD)
    t.deepEqual([again.status, again.body.errors[0].code], [400, 'RESET_LINK_INVALID'])
    const rows = await world.service.database('audit').where({ action: 'password-reset.done' })
    t.deepEqual(
      rows.map((row) => [row.actor_name, row.target, row.outcome]),
      [['anonymous', username, 'done']],
    )
  },
)

test.serial('an address finds its account whatever the case of its letters', async (t) => {
  const username = await addUser()
  const before = world.mail.taken.length
  await world.ask({ email: `${username.toUpperCase()}@Example.COM` })
  await until('a mail comes', () => world.mail.taken.length > before)
  t.deepEqual(world.mail.taken.at(-1)?.to, [`${username}@example.com`])
})

test.serial(
  'R20: a request for another host or by a forwarded one gets the link of the public URL',
  async (t) => {
    const username = await addUser()
    const before = world.mail.taken.length
    const client = createKeepAliveClient(Number(new URL(world.service.url).port), 1)
    t.teardown(client.close)
    const { status } = await client.send({
      method: 'POST',
      path: '/api/v1/signin/password-reset',
      headers: {
        host: 'evil.example',
        'x-forwarded-host': 'evil.example',
        forwarded: 'host=evil.example',
        'content-type': 'application/json',
      },
      body: JSON.stringify({ username }),
    })
    t.is(status, 202)
    await until('a mail comes', () => world.mail.taken.length > before)
    const mail = world.mail.taken.at(-1)
    t.false(mail?.raw.includes('evil'))
    t.is(mail && readLink(mail).origin, world.service.config.publicUrl)
  },
)

test.serial(
  'R17: the answer is the same for every name, and nobody else gets a mail',
  async (t) => {
    const known = await addUser()
    const disabled = await addUser({ disabled_at: new Date() })
    const ldap = await addUser({ source: 'ldap' })
    const bare = await addUser({ email: null })
    const strange = await addUser({ email: 'ann@example.com, evil@example.com' })
    const [twin, other] = [await addUser(), await addUser()]
    await world.service
      .database('users')
      .where({ username: other })
      .update({
        email: `${twin}@EXAMPLE.com`,
      })
    const before = world.mail.taken.length
    const questions = [
      { username: known },
      { username: 'never-heard-of' },
      { username: disabled },
      { username: ldap },
      { username: bare },
      { username: strange },
      { email: 'nobody-at-all@example.com' },
      { email: `${ldap}@example.com` },
      { email: `${disabled}@example.com` },
      { email: `${twin}@example.com` },
    ]
    const replies = []
    for (const question of questions) {
      replies.push(without(await world.ask(question)))
      await world.settle()
    }
    t.deepEqual(replies, Array(questions.length).fill(replies[0]))
    t.is(replies[0]?.status, 202)
    t.deepEqual(
      world.mail.taken.slice(before).map(({ to }) => to[0]),
      [`${known}@example.com`],
    )
  },
)

interface Sent {
  readonly sql: string
  readonly bindings?: readonly unknown[]
}

test.serial('every name makes the same statements', async (t) => {
  const username = await addUser()
  await world.settle()
  const shapes: string[][] = []
  for (const who of [{ username }, { username: 'never-heard-of' }]) {
    const sent: string[] = []
    const onQuery = ({ sql, bindings: [kind] = [] }: Sent): void => {
      const isRead = /\busers\b/i.test(sql) && !/where `id`|change_version/.test(sql)
      // A schedule may come due meanwhile.
      if (isRead || (/INSERT INTO jobs/i.test(sql) && kind === RESET_MAIL)) sent.push(sql)
    }
    world.service.database.on('query', onQuery)
    await world.ask(who)
    world.service.database.removeListener('query', onQuery)
    shapes.push(sent)
    await world.settle()
  }
  t.is(shapes[0]?.length, 2, shapes[0]?.join('\n'))
  t.deepEqual(shapes[0], shapes[1])
})

test.serial(
  'a letter of another alphabet that folds into an address is not that address',
  async (t) => {
    const victim = await addUser({ email: 'kim@example.com' })
    await addUser({ email: '\u212Aim@example.com' })
    const before = world.mail.taken.length
    await world.ask({ email: 'kim@example.com' })
    await until('a mail comes', () => world.mail.taken.length > before)
    await world.settle()
    t.deepEqual(world.mail.taken.at(-1)?.to, ['kim@example.com'])
    t.regex(world.mail.taken.at(-1)?.raw ?? '', new RegExp(`account ${victim}`))
  },
)

test.serial(
  'wrong, used, replaced, expired and outdated links are refused in the same words',
  async (t) => {
    const username = await addUser()
    const replies: Reply[] = [
      await world.confirm('x'.repeat(43), NEW),
      await world.confirm('x', NEW),
      await world.confirm('', 'short'),
    ]
    const replaced = await world.mailTo(username)
    const used = await world.mailTo(username)
    replies.push(await world.confirm(replaced, NEW))
    t.is((await world.confirm(used, NEW)).status, 204)
    replies.push(await world.confirm(used, OLD))
    world.wait(61)
    const outdated = await world.mailTo(username)
    const json = { currentPassword: NEW, newPassword: OLD }
    const as = { username, password: NEW }
    const changed = await world.service.request('PUT', '/api/v1/me/password', { as, json })
    t.is(changed.status, 204)
    replies.push(await world.confirm(outdated, NEW))
    const expired = await world.mailTo(username)
    world.wait(31)
    replies.push(await world.confirm(expired, NEW))
    const moved = await world.mailTo(username)
    const email = `new-${username}@example.com`
    await world.service.admin('PATCH', `/api/v1/users/${username}`, { email })
    replies.push(await world.confirm(moved, NEW))
    world.wait(61)
    const fresh = await world.mailTo(username)
    await world.service.admin('PATCH', `/api/v1/users/${username}`, { disabled: true })
    replies.push(await world.confirm(fresh, NEW))
    await world.service.admin('PATCH', `/api/v1/users/${username}`, { disabled: false })
    replies.push(await world.confirm(fresh, NEW))
    t.deepEqual(replies.map(without), Array(replies.length).fill(without(replies[0] as Reply)))
    t.is(replies[0]?.body.errors[0].code, 'RESET_LINK_INVALID')
    t.true(await world.signsIn({ username, password: OLD }))
  },
)

test.serial(
  'R10: a link works no more when another source proves the account by then',
  async (t) => {
    const username = await addUser()
    const token = await world.mailTo(username)
    const row = () => world.service.database('users').where({ username })
    const { password_hash: before } = await row().first('password_hash')
    await row().update({ source: 'corp', external_id: username })
    const { status, body } = await world.confirm(token, NEW)
    t.deepEqual([status, body.errors[0].code], [400, 'RESET_LINK_INVALID'])
    t.is((await row().first('password_hash')).password_hash, before)
  },
)

test.serial('a link that is used many times at once works once', async (t) => {
  const username = await addUser()
  const token = await world.mailTo(username)
  const replies = await Promise.all([1, 2, 3].map((n) => world.confirm(token, `${NEW}-${n}`)))
  t.deepEqual(replies.map(({ status }) => status).sort(), [204, 400, 400])
})

test.serial('a password that is not accepted leaves the link as it is', async (t) => {
  const username = await addUser()
  const token = await world.mailTo(username)
  const { status, body } = await world.confirm(token, 'password')
  t.deepEqual([status, body.errors[0].code], [400, 'PASSWORD_REFUSED'])
  t.is((await world.confirm(token, NEW)).status, 204)
})

test.serial('access tokens, identity tokens and sign-ins of before are over', async (t) => {
  const username = await addUser()
  const as = { username, password: OLD }
  const { request } = world.service
  const made = await request('POST', '/api/v1/me/tokens', { as, json: { name: 'script' } })
  const login = await request('GET', '/auth/token?service=registry-warden&offline_token=true', {
    as,
  })
  const accessToken = { username, password: made.body.secret }
  const byIdentity = () =>
    request('POST', '/auth/token', {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      raw: new URLSearchParams({
        grant_type: 'refresh_token',
        service: 'registry-warden',
        refresh_token: login.body.refresh_token,
      }).toString(),
    })
  t.true(await world.signsIn(accessToken))
  t.is((await byIdentity()).status, 200)
  const token = await world.mailTo(username)
  t.is((await world.confirm(token, NEW)).status, 204)
  t.false(await world.signsIn(accessToken))
  t.is((await byIdentity()).status, 401)
  t.false(await world.signsIn(as))
  const { body } = await request('GET', '/api/v1/me/tokens', { as: { username, password: NEW } })
  t.deepEqual(body.items, [])
})

test.serial('a mail server that is away at first gets the mail when it is back', async (t) => {
  const username = await addUser()
  await world.mail.down()
  const before = world.mail.taken.length
  t.is((await world.ask({ username })).status, 202)
  await until('an attempt failed', async () => {
    const rows = await world.service.database('jobs').where({ state: 'waiting' })
    return rows.some(({ attempts }) => attempts === 1)
  })
  const [job] = await world.service.database('jobs').where({ state: 'waiting' })
  t.regex(job.error, /the mail server cannot be reached/)
  await world.mail.up()
  await until('a mail comes', () => world.mail.taken.length > before)
  await world.settle()
  t.is(world.mail.taken.length, before + 1)
  const mail = world.mail.taken.at(-1)
  t.is((await world.confirm(mail ? readLink(mail).token : '', NEW)).status, 204)
})

test.serial('an address that the server never takes ends the job at once', async (t) => {
  const username = await addUser({ email: 'nobody@example.com' })
  await world.ask({ username })
  await world.settle()
  const [job] = await world.service.database('jobs').orderBy('id', 'desc').limit(1)
  t.deepEqual([job.state, job.attempts], ['failed', 1])
})

test.serial(
  'an account gets three mails an hour, and the fourth request is answered alike',
  async (t) => {
    const username = await addUser()
    const before = world.mail.taken.length
    const statuses: number[] = []
    for (let n = 0; n < 5; n++) {
      statuses.push((await world.ask({ username })).status)
      await world.settle()
    }
    t.deepEqual(statuses, [202, 202, 202, 202, 202])
    t.is(world.mail.taken.length, before + 3)
    const last = world.mail.taken.at(-1)
    world.wait(61)
    await world.mailTo(username)
    t.is(world.mail.taken.length, before + 4)
    t.is((await world.confirm(last ? readLink(last).token : '', NEW)).status, 400)
  },
)

test.serial('a network may ask ten times a minute, for whomever', async (t) => {
  const from = { 'x-forwarded-for': '198.51.100.7' }
  const ask = async (n: number) => {
    const json = { username: `stranger-${n}` }
    const options = { json, headers: from }
    return (await world.service.request('POST', '/api/v1/signin/password-reset', options)).status
  }
  const statuses: number[] = []
  for (let n = 0; n < 12; n++) statuses.push(await ask(n))
  t.deepEqual(statuses, [...Array(10).fill(202), 429, 429])
})

test.serial('nobody guesses links from one network for long', async (t) => {
  const options = {
    json: { token: 'x'.repeat(43), newPassword: NEW },
    headers: { 'x-forwarded-for': '198.51.101.7' },
  }
  const statuses = new Set<number>()
  for (let n = 0; n < 40; n++) {
    const path = '/api/v1/signin/password-reset/confirm'
    statuses.add((await world.service.request('POST', path, options)).status)
  }
  t.deepEqual([...statuses], [400, 429])
})

for (const json of [
  {},
  { username: 'a', email: 'a@example.com' },
  { email: 'no address' },
  { username: 'a/b' },
  { username: 'a', password: 'x' },
]) {
  test.serial(`a request with ${JSON.stringify(json)} is 400`, async (t) => {
    t.is((await world.ask(json)).status, 400)
  })
}

test.serial('R19: a request without a JSON type is 415', async (t) => {
  const { status } = await world.service.request('POST', '/api/v1/signin/password-reset', {
    raw: 'username=admin',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  })
  t.is(status, 415)
})

test.serial(
  'warden user reset-password asks for a mail, and says no more than the API',
  async (t) => {
    const username = await addUser()
    const before = world.mail.taken.length
    const env = { WARDEN_URL: world.service.url }
    const known = await warden(['user', 'reset-password', username], { env })
    await until('a mail comes', () => world.mail.taken.length > before)
    const unknown = await warden(['user', 'reset-password', 'nobody-here', '--json'], { env })
    t.deepEqual([known.code, known.stdout], [0, ''])
    t.regex(known.stderr, new RegExp(`^If there is such an account .* to ${username}\\.`))
    t.deepEqual(JSON.parse(unknown.stdout), { username: 'nobody-here', requested: true })
  },
)

test.serial('R34: requests are in the audit record, names that nobody has as hashes', async (t) => {
  const username = await addUser()
  await world.ask({ username })
  await world.ask({ username: 'my-very-secret-password' })
  const find = () =>
    world.service.database('audit').where({ action: 'password-reset.request', target: username })
  await until('it is written', async () => (await find()).length === 1)
  const all = await world.service.database('audit').where({ action: 'password-reset.request' })
  t.true(
    all.some(
      ({ target, outcome }) => /^unknown\$[0-9a-f]{32}$/.test(target) && outcome === 'failed',
    ),
  )
  const [dump] = await world.service.database.raw('SELECT * FROM audit')
  t.false(JSON.stringify(dump).includes('my-very-secret-password'))
})

test.serial('no token stands in a log line or a table, before or after its use', async (t) => {
  const username = await addUser()
  const unused = await world.mailTo(username)
  const { database } = world.service
  const hash = createHash('sha256').update(unused).digest('hex')
  t.is((await database('password_resets').where({ token_hash: hash })).length, 1)
  await world.confirm(unused, NEW)
  t.deepEqual(await database('password_resets').where({ token_hash: hash }), [])
  const tokens = world.mail.taken.map((mail) => readLink(mail).token)
  t.true(tokens.length > 10 && tokens.every((token) => token.length === 43))
  const texts = [world.service.logged()]
  const [tables] = await database.raw('SHOW TABLES')
  for (const table of tables.map((row: object) => String(Object.values(row)[0]))) {
    texts.push(JSON.stringify((await database.raw('SELECT * FROM ??', [table]))[0]))
  }
  t.true(texts.some((text) => text.includes(username)))
  t.deepEqual(findLeaks(texts.join('\n'), [...tokens, world.mail.password, NEW]), [])
})

test.serial('where no mail is sent, everybody is told so', async (t) => {
  const silent = await startService({ registryUrl: 'http://127.0.0.1:9' })
  t.teardown(() => silent.stop())
  for (const username of [ADMIN.username, 'never-heard-of']) {
    const options = { json: { username } }
    const reply = await silent.request('POST', '/api/v1/signin/password-reset', options)
    t.deepEqual([reply.status, reply.body.errors[0].code], [409, 'CONFLICT'])
    t.regex(reply.body.detail, /sends no mail/)
  }
})
