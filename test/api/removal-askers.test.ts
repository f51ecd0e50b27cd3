import { randomUUID } from 'node:crypto'
import test, { type ExecutionContext } from 'ava'
import { deleteHolds, insertTagHolds } from '../../src/holds/tag-hold-queries.ts'
import { findRemoval } from '../../src/removal/many/queries.ts'
import { findRefusal } from '../../src/removal/many/require-right.ts'
import type { Removal } from '../../src/removal/many/types.ts'
import { pullStatus } from '../support/image.ts'
import { pushIndexed } from '../support/index-rows.ts'
import {
  ADMIN,
  type Credentials,
  type Reply,
  type Service,
  startService,
} from '../support/service.ts'
import { waitFor } from '../support/wait-for.ts'

let service: Service

test.before(async () => {
  service = await startService({ notifies: true })
  await service.admin('POST', '/api/v1/projects', { name: 'acme' })
})
test.after.always(() => service.stop())

const api = (method: string, path: string, json?: unknown, as: Credentials = ADMIN) =>
  service.request(method, `/api/v1/${path}`, { as, json })

async function made(reply: Promise<Reply>): Promise<Reply> {
  const { status, body } = await reply
  if (status >= 300) throw new Error(`${status} ${JSON.stringify(body)}`)
  return reply
}

/** A maintainer of acme, of that name. */
async function addMaintainer(username: string): Promise<Credentials> {
  const user = { username, password: `${username}-own-pw-7` }
  await made(api('POST', 'users', user))
  await made(api('PUT', `projects/acme/members/users/${username}`, { role: 'maintainer' }))
  return user
}

async function addToken(
  owner: Credentials,
  expiresAt?: Date,
): Promise<{ readonly as: Credentials; readonly id: number }> {
  const permissions = [{ repositories: ['acme/**'], actions: ['pull', 'push', 'delete', 'api'] }]
  const asked = { name: 'ci', permissions, ...(expiresAt && { expiresAt }) }
  const { body } = await made(api('POST', 'me/tokens', asked, owner))
  return { as: { username: owner.username, password: body.secret }, id: body.id }
}

interface Loss {
  /** Also the first part of the names of its repositories. */
  readonly name: string
  /** @returns who removes, and takes the right to it away */
  readonly prepare: (name: string) => Promise<{
    readonly as: Credentials
    readonly lose: () => Promise<unknown>
  }>
  readonly why: RegExp
}

const LOSSES: Readonly<Record<string, Loss>> = {
  'who is no member any more': {
    name: 'gone',
    prepare: async (name) => ({
      as: await addMaintainer(name),
      lose: () => made(api('DELETE', `projects/acme/members/users/${name}`)),
    }),
    why: /^gone may not delete tags of acme\/gone\/b any more, so that this ends here, and what is gone stays gone: there is no project acme$/,
  },
  'who has a lower role': {
    name: 'lower',
    prepare: async (name) => ({
      as: await addMaintainer(name),
      lose: () => made(api('PUT', `projects/acme/members/users/${name}`, { role: 'developer' })),
    }),
    why: /lower may read the project acme but has no role in it that gives removal:write$/,
  },
  'who is disabled': {
    name: 'disabled',
    prepare: async (name) => ({
      as: await addMaintainer(name),
      lose: () => made(api('PATCH', `users/${name}`, { disabled: true })),
    }),
    why: /the account disabled may not sign in any more$/,
  },
  'whose access token is revoked': {
    name: 'revoked',
    prepare: async (name) => {
      const owner = await addMaintainer(name)
      const { as, id } = await addToken(owner)
      return { as, lose: () => made(api('DELETE', `me/tokens/${id}`, undefined, owner)) }
    },
    why: /the access token is revoked$/,
  },
}

const statusOf = (repository: string, tag: string) =>
  pullStatus(service, { as: ADMIN, repository, tag })

async function holdAll(repository: string): Promise<() => Promise<void>> {
  const holder = randomUUID()
  const hold = { repository, tags: undefined, holder, reason: 'somebody else is at it' }
  await insertTagHolds(service.database, { ...hold, seconds: 300 })
  return () => deleteHolds(service.database, holder)
}

const untilStatus = (path: string, look: (body: Reply['body']) => boolean) =>
  waitFor(
    async () => {
      const { body } = await api('GET', path)
      return look(body) ? body : undefined
    },
    { mostMs: 30_000, what: path },
  )

async function checkLoss(t: ExecutionContext, { name, prepare, why }: Loss): Promise<void> {
  const [first, second] = [`acme/${name}/a`, `acme/${name}/b`] as const
  for (const repository of [first, second]) {
    await pushIndexed(service, { as: ADMIN, repository, tags: ['x', 'y'], text: repository })
  }
  const { as, lose } = await prepare(name)
  const release = await holdAll(second)
  const asked = { repositories: [`${name}/*`], tags: '*', dryRun: false }
  const { body } = await made(api('POST', 'projects/acme/removals', asked, as))
  const path = `projects/acme/removals/${body.id}`
  await untilStatus(path, ({ counts }) => counts.removed === 2)
  await lose()
  await release()
  const { found } = await untilStatus(path, ({ state }) => state !== 'running')
  t.is(found.state, 'failed')
  t.regex(found.error, why)
  t.like(found.counts, { removed: 2, waiting: 2 })
  t.deepEqual([await statusOf(first, 'x'), await statusOf(second, 'x')], [404, 200])
  // What it held is free at once.
  t.deepEqual(await service.database('holds').where({ repository: second }), [])
}

for (const [who, loss] of Object.entries(LOSSES)) {
  test(`R4: ${who} in the middle of a removal removes no more; what is gone stays gone`, (t) =>
    checkLoss(t, loss))
}

test('R4: a robot that lost its permission deletes no repository to its end', async (t) => {
  const repository = 'acme/robot/app'
  await pushIndexed(service, { as: ADMIN, repository, tags: ['x'], text: repository })
  const permissions = [{ repositories: ['robot/**'], actions: ['pull', 'push', 'delete', 'api'] }]
  const { body } = await made(api('POST', 'projects/acme/robots', { name: 'sweeper', permissions }))
  const robot = { username: 'robot$acme+sweeper', password: body.secret }
  const release = await holdAll(repository)
  const started = await made(api('DELETE', `repositories/${repository}`, undefined, robot))
  const path = `projects/acme/removals/${started.body.id}`
  await untilStatus(path, ({ state, counts }) => state === 'running' && counts.waiting === 1)
  const less = [{ repositories: ['robot/**'], actions: ['pull', 'api'] }]
  await made(api('PATCH', 'projects/acme/robots/sweeper', { permissions: less }))
  await release()
  const { found } = await untilStatus(path, ({ state }) => state !== 'running')
  t.like(found, { state: 'failed' })
  t.regex(found.error, /robot\$acme\+sweeper may pull acme\/robot\/app but has no role that gives/)
  t.is(await statusOf(repository, 'x'), 200)
})

/** Of nothing, asked for by that person, as it is read in the middle. */
async function askedBy(as: Credentials): Promise<Removal> {
  const asked = { repositories: ['nothing/*'], dryRun: true }
  const { body } = await made(api('POST', 'projects/acme/removals', asked, as))
  const removal = await findRemoval(service.database, body.id)
  if (removal === undefined) throw new Error('there is no removal')
  return removal
}

test('R3: what who asked has signed in with is good in the middle only until its end', async (t) => {
  const owner = await addMaintainer('ended')
  const expiresAt = new Date(Date.now() + 3600_000)
  const { as } = await addToken(owner, expiresAt)
  const removal = await askedBy(as)
  const refusalAt = (at: Date) =>
    findRefusal({ database: service.database, now: () => at }, removal, 'acme/nothing/x')
  t.is(await refusalAt(new Date()), undefined)
  const end = expiresAt.toISOString()
  t.is(
    await refusalAt(expiresAt),
    `ended may not delete tags of acme/nothing/x any more, so that this ends here, and what is gone stays gone: what ended signed in with ended at ${end}`,
  )
})

test("R4: a removal of a version that did not write down who asked is nobody's", async (t) => {
  const removal = { ...(await askedBy(ADMIN)), asker: undefined }
  const deps = { database: service.database, now: () => new Date() }
  t.regex((await findRefusal(deps, removal, 'acme/x')) ?? '', /who asked is not written down/)
})
