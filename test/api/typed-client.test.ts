import test from 'ava'
import { ApiError, type Client, createClient } from 'registry-warden/client'
import { ADMIN, type Service, startService } from '../support/service.ts'

let service: Service
let client: Client

test.before(async () => {
  service = await startService({ registryUrl: 'http://127.0.0.1:9' })
  client = createClient({ url: service.url, credentials: ADMIN })
})
test.after.always(() => service.stop())

test('the client makes, reads and changes by the names of operations', async (t) => {
  const body = { username: 'typed', password: 'typeds-own-pw-7' }
  const made = await client.call('postUsers', { body, idempotencyKey: 'typed-1' })
  t.is(made.status, 201)
  const again = await client.call('postUsers', { body, idempotencyKey: 'typed-1' })
  t.deepEqual(again.data, made.data)
  const params = { username: 'typed' }
  const { etag = '', data } = await client.call('getUsersByUsername', { params })
  t.is(data.systemRole, null)
  const change = { params, body: { displayName: 'Typed' } }
  const changed = await client.call('patchUsersByUsername', { ...change, ifMatch: etag })
  t.is(changed.data.displayName, 'Typed')
  const late = client.call('patchUsersByUsername', { ...change, ifMatch: etag })
  await t.throwsAsync(late, { instanceOf: ApiError, code: 'PRECONDITION_FAILED' })
})

test('the client goes through a list page by page', async (t) => {
  for (const name of ['typed-a', 'typed-b', 'typed-c']) {
    await client.call('postProjects', { body: { name } })
  }
  const names: string[] = []
  for await (const { name } of client.list('getProjects', { query: { name: 'typed', limit: 1 } })) {
    names.push(name)
  }
  t.deepEqual(names, ['typed-a', 'typed-b', 'typed-c'])
})

test('lines of JSON are given as the text that they are', async (t) => {
  await client.call('postProjects', { body: { name: 'of-lines' } })
  await client.call('postGroups', { body: { name: 'of-lines' } })
  const { data } = await client.call('getAuditExport', { query: { format: 'jsonl' } })
  const actions = data
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).action)
  t.true(actions.includes('project.create'))
  t.true(actions.includes('group.create'))
})

test('an answer without a body is undefined, and who is nobody is refused', async (t) => {
  await client.call('postProjects', { body: { name: 'of-members' } })
  const params = { project: 'of-members', username: 'admin' }
  const { status, data } = await client.call('deleteProjectsMembersUsersByUsername', { params })
  t.deepEqual({ status, data }, { status: 204, data: undefined })
  const nobody = createClient({ url: service.url })
  await t.throwsAsync(nobody.call('getMe'), { instanceOf: ApiError, code: 'UNAUTHORIZED' })
})

test('a service that is not there is NO_ANSWER', async (t) => {
  const away = createClient({ url: 'http://127.0.0.1:9' })
  await t.throwsAsync(away.call('getMe'), { instanceOf: ApiError, code: 'NO_ANSWER' })
})
