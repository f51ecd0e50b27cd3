import test from 'ava'
import { createNodeClient } from '../../src/client/node-client.ts'
import { insertProject } from '../../src/projects/queries.ts'
import { pushImage } from '../support/image.ts'
import { ADMIN, type Service, startService } from '../support/service.ts'

let service: Service

test.before(async () => {
  service = await startService()
})
test.after.always(() => service.stop())

const asAdmin = () => createNodeClient({ url: service.url, credentials: ADMIN })

test('a list of several pages is read to its end, or to the limit', async (t) => {
  const names = Array.from({ length: 450 }, (_, index) => `many-${1000 + index}`)
  for (const name of names) {
    await insertProject(service.database, { name, visibility: 'private', now: new Date() })
  }
  const client = asAdmin()
  t.teardown(client.close)
  const all = await client.collect('getProjects')
  t.deepEqual(
    all.items.map(({ name }) => name).filter((name) => name.startsWith('many-')),
    names,
  )
  t.false(all.hasMore)
  const some = await client.collect('getProjects', { atMost: 201 })
  t.deepEqual([some.items.length, some.hasMore], [201, true])
})

test('R18: a repository whose name holds a word of our paths is the one that is meant', async (t) => {
  await service.admin('POST', '/api/v1/projects', { name: 'acme' })
  await pushImage(service, { as: ADMIN, repository: 'acme/app', tags: ['x'] })
  const client = asAdmin()
  t.teardown(client.close)
  await t.throwsAsync(
    client.collect('getRepositoriesTags', { params: { name: 'acme/app/tags' } }),
    {
      name: 'ApiError',
      code: 'REPOSITORY_UNKNOWN',
      message: 'there is no repository acme/app/tags',
    },
  )
})

test('an error of the service comes with its status, code and sentence', async (t) => {
  const client = asAdmin()
  t.teardown(client.close)
  const read = client.call('getProjectsByProject', { params: { project: 'Not-Good' } })
  const error = await t.throwsAsync(read, { name: 'ApiError' })
  t.like(error, { status: 400, code: 'REQUEST_INVALID' })
  t.regex(error?.message ?? '', /^the path is not valid: project: must be 1 to 64 lower-case/)
})

test('without credentials nobody asks', async (t) => {
  const client = createNodeClient({ url: service.url, credentials: undefined })
  t.teardown(client.close)
  await t.throwsAsync(client.call('getMe'), { name: 'ApiError', code: 'UNAUTHORIZED' })
})
