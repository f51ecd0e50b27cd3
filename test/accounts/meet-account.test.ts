import { randomUUID } from 'node:crypto'
import test from 'ava'
import { findGroup } from '../../src/accounts/group-queries.ts'
import { createMeetAccount } from '../../src/accounts/meet-account.ts'
import { findUser } from '../../src/accounts/queries.ts'
import type { Claims } from '../../src/accounts/types.ts'
import { roleInForce } from '../../src/accounts/user-subject.ts'
import { readVersionNews } from '../../src/database/change-version.ts'
import { createVersionWatch } from '../../src/database/version-watch.ts'
import { authorize } from '../../src/projects/authorize.ts'
import { findProjectRights } from '../../src/projects/queries.ts'
import { DEFAULT_SETTINGS, type Settings } from '../../src/settings/types.ts'
import { type Service, startService } from '../support/service.ts'

let service: Service
test.before(async () => {
  service = await startService({ registryUrl: 'http://127.0.0.1:9' })
})
test.after.always(() => service?.stop())

const DAY_SECONDS = 86_400
const START = new Date('2026-03-01T00:00:00Z')
const ORIGIN = { address: '192.0.2.1', userAgent: undefined, requestId: 'r' }

const later = (seconds: number): Date => new Date(START.getTime() + seconds * 1000)
const fresh = (): string => `u${randomUUID().slice(0, 8)}`

function claimsOf(username: string, more: Partial<Claims> = {}): Claims {
  return {
    source: 'corp',
    externalId: `id-${username}`,
    username,
    email: `${username}@example.com`,
    displayName: 'Somebody',
    groups: [],
    isAdministrator: false,
    ...more,
  }
}

/** The function as the service makes it, with a clock and settings of the test's own. */
function meeting({ at = START, settings = {} }: { at?: Date; settings?: Partial<Settings> } = {}) {
  const { database } = service
  let now = at
  const watch = createVersionWatch({
    readNews: (since) => readVersionNews(database, since),
    graceSeconds: 60,
    monotonicMs: () => performance.now(),
    now: () => new Date(),
  })
  const meet = createMeetAccount({
    database,
    watch,
    now: () => now,
    most: 100,
    claimsSeconds: DAY_SECONDS,
    runtimeSettings: { read: async () => ({ ...DEFAULT_SETTINGS, ...settings }) },
    planPersonalProject: async () => undefined,
  })
  return {
    meet: async (claims: Claims) => {
      await watch.lookAgain()
      return meet(claims, ORIGIN)
    },
    setNow: (next: Date) => {
      now = next
    },
  }
}

async function mayPush(project: string, username: string, now: Date): Promise<boolean> {
  const { database } = service
  const user = await findUser(database, username)
  const found = await findProjectRights(database, { names: [project], userId: user?.id })
  const subject = { kind: 'user', id: user?.id ?? 0, username, systemRole: undefined } as const
  const repository = `${project}/app`
  const rights = found.get(project)
  return authorize({ subject, rights, permission: 'repository:push', repository, now }).allowed
}

async function projectOf(group: string): Promise<string> {
  const name = fresh()
  await service.admin('POST', '/api/v1/projects', { name })
  const path = `/api/v1/projects/${name}/members/groups/${encodeURIComponent(group)}`
  const { status } = await service.admin('PUT', path, { role: 'developer' })
  if (status !== 200) throw new Error(`the group ${group} got ${status}`)
  return name
}

test('somebody new gets an account of the source, with mail and shown name', async (t) => {
  const { meet } = meeting()
  const name = fresh()
  const user = await meet(claimsOf(name.toUpperCase()))
  const { username, source, email, displayName, disabled, passwordHash, systemRole } = user
  t.deepEqual(
    { username, source, email, displayName, disabled, passwordHash, systemRole },
    {
      username: name,
      source: 'corp',
      email: `${name.toUpperCase()}@example.com`,
      displayName: 'Somebody',
      disabled: false,
      passwordHash: undefined,
      systemRole: undefined,
    },
  )
  const [row] = await service.database('audit').where({ action: 'user.meet', target: name })
  t.is(row.actor_name, name)
  t.is(row.address, '192.0.2.1')
})

test('where no users are made at first sight, nobody new gets in', async (t) => {
  const { meet } = meeting({ settings: { firstSightUsers: false } })
  const name = fresh()
  const error = await t.throwsAsync(meet(claimsOf(name)))
  t.like(error, { code: 'DENIED' })
  t.is(await findUser(service.database, name), undefined)
})

test('R8: a name that a local account has, or had, is refused and never merged', async (t) => {
  const { meet } = meeting()
  for (const isDeleted of [false, true]) {
    const name = fresh()
    const body = { username: name, password: 'quiet-harbour-71', email: `${name}@example.com` }
    await service.admin('POST', '/api/v1/users', body)
    if (isDeleted) await service.admin('DELETE', `/api/v1/users/${name}`)
    const error = await t.throwsAsync(meet(claimsOf(name)))
    t.like(error, { code: 'DENIED' })
    t.regex(error.message, /belongs to another account here/)
    const rows = await service.database('users').where({ username: name })
    t.deepEqual(
      rows.map(({ source }) => source),
      ['local'],
    )
  }
})

test('R8: the same mail address joins nobody', async (t) => {
  const { meet } = meeting()
  const [local, name] = [fresh(), fresh()]
  const email = `${local}@example.com`
  await service.admin('POST', '/api/v1/users', {
    username: local,
    password: 'quiet-harbour-71',
    email,
  })
  t.is((await meet(claimsOf(name, { email }))).username, name)
})

for (const wanted of [undefined, '', 'a..b', 'robot$x', 'Ünal', 'anonymous', 'a b']) {
  test(`R8: ${JSON.stringify(wanted)} becomes no user name`, async (t) => {
    const { meet } = meeting()
    const claims = claimsOf(fresh(), { username: wanted, externalId: randomUUID() })
    t.like(await t.throwsAsync(meet(claims)), { code: 'DENIED' })
  })
}

test('R8: who is called otherwise at the source later is the same account still', async (t) => {
  const { meet } = meeting()
  const name = fresh()
  const before = await meet(claimsOf(name))
  const after = await meet(claimsOf(fresh(), { externalId: `id-${name}` }))
  t.deepEqual([after.id, after.username], [before.id, name])
})

test('R8: a deleted account does not come back by signing in under another name', async (t) => {
  const { meet } = meeting()
  const name = fresh()
  await meet(claimsOf(name))
  await service.admin('DELETE', `/api/v1/users/${name}`)
  const again = claimsOf(fresh(), { externalId: `id-${name}` })
  const error = await t.throwsAsync(meet(again))
  t.regex(error.message, /was deleted/)
})

test('two first requests of one person at once make one account', async (t) => {
  const { meet } = meeting()
  const name = fresh()
  const met = await Promise.all([1, 2, 3, 4].map(() => meet(claimsOf(name))))
  t.is(new Set(met.map(({ id }) => id)).size, 1)
})

test('R9: groups follow what the source says, and lapse when it says nothing for a day', async (t) => {
  const { meet, setNow } = meeting()
  const name = fresh()
  const group = `team ${name}`
  await meet(claimsOf(name, { groups: [group] }))
  const project = await projectOf(`corp:${group}`)
  t.true(await mayPush(project, name, later(DAY_SECONDS - 1)))
  t.false(await mayPush(project, name, later(DAY_SECONDS)))
  setNow(later(DAY_SECONDS * 2))
  await meet(claimsOf(name, { groups: [group] }))
  t.true(await mayPush(project, name, later(DAY_SECONDS * 2)))
  await meet(claimsOf(name, { groups: ['others'] }))
  t.false(await mayPush(project, name, later(DAY_SECONDS * 2)))
})

test('R9: claims of one source touch no group of another, and no local one', async (t) => {
  const { meet } = meeting()
  const name = fresh()
  const other = `other ${name}`
  await meet(claimsOf(name, { groups: [] }))
  await service.admin('POST', '/api/v1/groups', { name })
  await service.admin('PUT', `/api/v1/groups/${name}/members/${name}`)
  const project = await projectOf(name)
  await meet(claimsOf(name, { groups: [name, other] }))
  t.true(await mayPush(project, name, later(DAY_SECONDS * 9)))
  const twin = fresh()
  await meet(claimsOf(twin, { source: 'ldap', groups: [other] }))
  const corp = await findGroup(service.database, `corp:${other}`)
  const ldap = await findGroup(service.database, `ldap:${other}`)
  t.true(corp !== undefined && ldap !== undefined && corp.id !== ldap.id)
  const rows = await service.database('group_members').where({ group_id: corp?.id })
  t.is(rows.length, 1)
})

test('R9: the administrator role of a source is in force for a day and no longer', async (t) => {
  const { meet } = meeting()
  const user = await meet(claimsOf(fresh(), { isAdministrator: true }))
  const end = later(DAY_SECONDS)
  t.deepEqual(roleInForce(user, later(DAY_SECONDS - 1)), {
    systemRole: 'administrator',
    systemRoleUntil: end,
  })
  t.deepEqual(roleInForce(user, end), { systemRole: undefined })
  t.is(user.systemRole, undefined, 'it is nothing that an administrator gave')
})

test('claims that say the same are written anew only when half of their life is over', async (t) => {
  const { meet, setNow } = meeting()
  const name = fresh()
  const counterOf = async () => {
    const row = await service.database('users').where({ username: name }).first('version')
    return row.version
  }
  await meet(claimsOf(name))
  const before = await counterOf()
  setNow(later(DAY_SECONDS / 2 - 1))
  await meet(claimsOf(name))
  t.is(await counterOf(), before)
  setNow(later(DAY_SECONDS / 2))
  const { claims } = await meet(claimsOf(name))
  t.is(await counterOf(), before + 1)
  t.deepEqual(claims?.endsAt, later(DAY_SECONDS * 1.5))
})

test('what does not fit is left out: bad mail, control characters, endless names of groups', async (t) => {
  const { meet } = meeting()
  const name = fresh()
  const long = 'x'.repeat(129)
  const user = await meet(
    claimsOf(name, { email: 'no mail', displayName: 'A\u0000B', groups: [long, 'a\nb', '', 'ok'] }),
  )
  t.deepEqual([user.email, user.displayName], [undefined, 'A B'])
  const groups = await service
    .database('group_members')
    .join('user_groups', 'user_groups.id', 'group_members.group_id')
    .where({ user_id: user.id })
    .select('name')
  t.deepEqual(groups, [{ name: 'ok' }])
})

test('a disabled account is found, and stays as it was', async (t) => {
  const { meet } = meeting()
  const name = fresh()
  await meet(claimsOf(name))
  await service.admin('PATCH', `/api/v1/users/${name}`, { disabled: true })
  const user = await meet(claimsOf(name, { displayName: 'Else' }))
  t.deepEqual([user.disabled, user.displayName], [true, 'Somebody'])
})
