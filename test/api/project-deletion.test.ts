import test from 'ava'
import { fetchToken, pullStatus, pushImage } from '../support/image.ts'
import { ADMIN, type Credentials, type Service, startService } from '../support/service.ts'

const ANN = { username: 'ann', password: 'anns-own-pw-7' }
const BEN = { username: 'ben', password: 'bens-own-pw-7' }
/** Grace, the longer of both lives, the registry's leeway, and one to notice. */
const REST_SECONDS = 300 + 900 + 60 + 1

let service: Service

test.before(async () => {
  service = await startService()
  for (const user of [ANN, BEN]) await service.admin('POST', '/api/v1/users', user)
})
test.after.always(() => service.stop())

const as = (who: Credentials, method: string, path: string, json?: unknown) =>
  service.request(method, `/api/v1${path}`, { as: who, json })

/** A project of ben's, where ann is a developer. */
async function makeProject(name: string): Promise<number> {
  await service.admin('POST', '/api/v1/projects', { name })
  await service.admin('PUT', `/api/v1/projects/${name}/members/users/ann`, { role: 'developer' })
  await service.admin('PUT', `/api/v1/projects/${name}/members/users/ben`, { role: 'projectAdmin' })
  return (await service.database('projects').where({ name }).first('id')).id
}

const remove = (name: string, who: Credentials = ADMIN, query = '') =>
  as(who, 'DELETE', `/projects/${name}${query}`)

const make = (name: string, query = '') => as(ADMIN, 'POST', `/projects${query}`, { name })

/** As if the project had been deleted so much earlier: nobody has a token any more. */
async function rest(name: string): Promise<void> {
  await service.database('project_tombstones').where({ name }).update({ free_at: new Date() })
}

const auditOf = async (target: string): Promise<readonly string[]> =>
  (await service.database('audit').where({ target }).andWhere('action', 'like', 'project.%')).map(
    ({ action }) => action,
  )

test.serial(
  'R4: a deleted project is gone with its memberships and robots, for every process',
  async (t) => {
    const id = await makeProject('gone')
    const permissions = [{ repositories: ['**'], actions: ['pull', 'api'] }]
    const { body: robot } = await service.admin('POST', '/api/v1/projects/gone/robots', {
      name: 'ci',
      permissions,
    })
    const ci = { username: robot.username, password: robot.secret }
    t.is((await as(ci, 'GET', '/projects/gone')).status, 200)
    t.is((await as(ANN, 'GET', '/projects/gone')).status, 200)
    t.is((await remove('gone', BEN)).status, 204)
    t.is((await as(ci, 'GET', '/projects/gone')).status, 401)
    t.is((await as(ANN, 'GET', '/projects/gone')).status, 404)
    const { database } = service
    t.deepEqual(await database('members').where({ project_id: id }), [])
    t.deepEqual(await database('robots').where({ project_id: id }), [])
    t.deepEqual(await auditOf('gone'), ['project.create', 'project.delete'])
    const changes = await database('changes').where({ kind: 'project', subject_id: id })
    t.true(changes.length > 0)
  },
)

test.serial(
  'R4: a project with tags in the registry is not deleted, and they are named',
  async (t) => {
    await makeProject('full')
    await pushImage(service, { as: ADMIN, repository: 'full/app', tags: ['v1', 'v2'] })
    const refused = await remove('full', BEN)
    t.is(refused.status, 409)
    t.is(refused.body.errors[0].code, 'CONFLICT')
    t.is(
      refused.body.detail,
      'the registry has repositories of full with tags: full/app; delete their tags first',
    )
    t.is((await as(ANN, 'GET', '/projects/full')).status, 200)
    for (const tag of ['v1', 'v2']) {
      t.is((await as(BEN, 'DELETE', `/repositories/full/app/tags/${tag}`)).status, 204)
    }
    t.is((await remove('full', BEN)).status, 204)
  },
)

test.serial('R4: its name rests until the last token for it has ended', async (t) => {
  await makeProject('rested')
  await remove('rested')
  const { deleted_at, free_at } = await service
    .database('project_tombstones')
    .where({ name: 'rested' })
    .first()
  t.is(free_at - deleted_at, REST_SECONDS * 1000)
  const early = await make('rested')
  t.is(early.status, 409)
  t.is(early.body.errors[0].code, 'NAME_TAKEN')
  t.is(
    early.body.detail,
    `the project rested was deleted at ${deleted_at.toISOString()}, and tokens for it may work until ${free_at.toISOString()}; its name is free from then on`,
  )
  t.true(Number(early.headers.get('retry-after')) <= REST_SECONDS)
  t.true(Number(early.headers.get('retry-after')) > REST_SECONDS - 60)
  await rest('rested')
  t.is((await make('rested')).status, 201)
  t.deepEqual(await service.database('project_tombstones').where({ name: 'rested' }), [])
})

test.serial('R4: nothing of the deleted project applies to the next one of its name', async (t) => {
  const before = await makeProject('again')
  await remove('again')
  await rest('again')
  await make('again')
  const { id } = await service.database('projects').where({ name: 'again' }).first('id')
  t.not(id, before)
  t.is((await as(ANN, 'GET', '/projects/again')).status, 404)
  t.is((await as(BEN, 'GET', '/projects/again')).status, 404)
  const { body } = await service.admin('GET', '/api/v1/projects/again/members')
  t.deepEqual(
    body.items.map(({ username }: { username: string }) => username),
    ['admin'],
  )
})

test.serial('figures of a deleted project are none of the next one of its name', async (t) => {
  const day = new Date().toISOString().slice(0, 10)
  const daysOf = async (project: string) => {
    const path = `/api/v1/statistics?project=${project}&from=${day}&until=${day}`
    return (await service.admin('GET', path)).body.items
  }
  const pull = (project: string) =>
    service.database('project_days').insert({ project, day, pulls: 7 })
  await makeProject('figured')
  await makeProject('beside')
  await pull('figured')
  await pull('beside')
  t.is((await daysOf('figured'))[0].pulls, 7)
  await remove('figured')
  await rest('figured')
  await make('figured')
  t.deepEqual(await daysOf('figured'), [])
  t.is((await daysOf('beside'))[0].pulls, 7)
})

test.serial(
  'R4: what was pushed with an old token keeps the name from being used again',
  async (t) => {
    await makeProject('late')
    const token = await fetchToken(service, { as: ANN, scope: 'repository:late/app:pull,push' })
    await remove('late')
    await pushImage(service, { as: ANN, token, repository: 'late/app', tags: ['v1'] })
    t.is(await pullStatus(service, { as: ANN, repository: 'late/app', tag: 'v1' }), 401)
    await rest('late')
    const refused = await make('late')
    t.is(refused.status, 409)
    t.regex(
      refused.body.detail,
      /repositories of late with tags: late\/app; delete their tags first/,
    )
    t.is((await service.admin('DELETE', '/api/v1/repositories/late/app/tags/v1')).status, 204)
    t.is((await make('late')).status, 201)
  },
)

test.serial(
  'R4: an administrator uses a name again by force, and that is written down',
  async (t) => {
    await makeProject('forced')
    await remove('forced')
    t.is((await make('forced')).status, 409)
    t.is((await make('forced', '?force=true')).status, 201)
    t.deepEqual(await auditOf('forced'), [
      'project.create',
      'project.delete',
      'project.create.forced',
    ])
  },
)

test.serial(
  'R4: an administrator deletes a project with images by force; they stay, for nobody',
  async (t) => {
    await makeProject('kept')
    await pushImage(service, { as: ADMIN, repository: 'kept/app', tags: ['v1'] })
    t.is((await remove('kept', BEN, '?force=true')).status, 403)
    t.is((await remove('kept', ADMIN, '?force=true')).status, 204)
    t.is(await pullStatus(service, { as: ANN, repository: 'kept/app', tag: 'v1' }), 401)
    t.is(await pullStatus(service, { as: ADMIN, repository: 'kept/app', tag: 'v1' }), 200)
    t.deepEqual(await auditOf('kept'), ['project.create', 'project.delete.forced'])
  },
)

test.serial('R4: who makes projects for themselves takes none by force', async (t) => {
  await service.admin('PATCH', '/api/v1/settings', { projectCreation: 'everyone' })
  await makeProject('mine')
  await remove('mine', BEN)
  const own = (query: string) => as(ANN, 'POST', `/projects${query}`, { name: 'mine' })
  t.is((await own('')).body.errors[0].code, 'NAME_TAKEN')
  t.is((await own('?force=true')).status, 403)
  await rest('mine')
  t.is((await own('')).status, 201)
  await service.admin('PATCH', '/api/v1/settings', { projectCreation: 'administrators' })
})

test.serial('R4: a personal project takes no name that rests', async (t) => {
  await makeProject('cyd')
  await remove('cyd')
  await service.admin('PATCH', '/api/v1/settings', { personalProjects: true })
  const cyd = { username: 'cyd', password: 'cyds-own-pw-7' }
  const early = await service.admin('POST', '/api/v1/users', cyd)
  t.is(early.status, 409)
  t.regex(early.body.detail, /^the project cyd was deleted at /)
  t.is((await service.admin('GET', '/api/v1/users/cyd')).status, 404)
  await rest('cyd')
  t.is((await service.admin('POST', '/api/v1/users', cyd)).status, 201)
  await service.admin('PATCH', '/api/v1/settings', { personalProjects: false })
})

test.serial('library cannot be deleted, not even by force', async (t) => {
  for (const query of ['', '?force=true']) {
    const { status, body } = await remove('library', ADMIN, query)
    t.is(status, 409)
    t.is(
      body.detail,
      'library is built in: it holds the repositories without a slash and cannot be deleted',
    )
  }
})

test.serial('who may not administer a project does not delete it', async (t) => {
  await makeProject('safe')
  t.is((await remove('safe', ANN)).status, 403)
  const missing = await remove('missing', ANN)
  await service.admin('DELETE', '/api/v1/projects/safe/members/users/ann')
  const hidden = await remove('safe', ANN)
  t.deepEqual([hidden.status, missing.status], [404, 404])
  t.is(hidden.body.detail.replace('safe', 'missing'), missing.body.detail)
  t.is((await service.request('DELETE', '/api/v1/projects/safe')).status, 401)
  t.is((await remove('safe', ADMIN, '?force=yes')).status, 400)
})
