import test from 'ava'
import { pushImage } from '../support/image.ts'
import { ADMIN, type Credentials, type Service, startService } from '../support/service.ts'

let service: Service
const DEE = { username: 'dee', password: 'dees-own-pw-7' }
const AUDITOR = { username: 'audrey', password: 'audreys-own-7' }

test.before(async () => {
  service = await startService()
  await service.admin('POST', '/api/v1/users', DEE)
  await service.admin('POST', '/api/v1/users', { ...AUDITOR, systemRole: 'auditor' })
})
test.after.always(() => service.stop())
test.serial.afterEach.always(() =>
  service.admin('PATCH', '/api/v1/settings', {
    selfRegistration: false,
    personalProjects: false,
    projectCreation: 'administrators',
    forbidPublic: false,
  }),
)

const set = (json: object) => service.admin('PATCH', '/api/v1/settings', json)
const signUp = (json: object) => service.request('POST', '/api/v1/users', { json, takesBusy: true })
const makeProject = (as: Credentials, json: object) =>
  service.request('POST', '/api/v1/projects', { as, json })

test.serial('a stranger makes no account unless that is set', async (t) => {
  const { status } = await signUp({ username: 'stranger', password: 'strangers-own-7' })
  t.is(status, 401)
  t.is((await service.admin('GET', '/api/v1/users/stranger')).status, 404)
})

test.serial('where it is set a stranger becomes an ordinary user', async (t) => {
  await set({ selfRegistration: true })
  const ann = { username: 'ann', password: 'anns-own-pw-7' }
  const { status, body } = await signUp(ann)
  t.is(status, 201)
  t.is(body.systemRole, null)
  t.is((await service.request('GET', '/api/v1/me', { as: ann })).status, 200)
  const row = await service.database('audit').where({ action: 'user.register' }).first()
  t.deepEqual([row.actor_name, row.target, row.address], ['anonymous', 'ann', '127.0.0.1'])
})

test.serial('R11: a stranger gives themselves no system role', async (t) => {
  await set({ selfRegistration: true })
  const json = { username: 'eve', password: 'eves-own-pw-7', systemRole: 'administrator' }
  t.is((await signUp(json)).status, 401)
  t.is((await service.admin('GET', '/api/v1/users/eve')).status, 404)
})

test.serial('R17: who registers waits among strangers, four from one network', async (t) => {
  await set({ selfRegistration: true })
  const many = Array.from({ length: 40 }, (_, i) =>
    signUp({ username: `crowd${i}`, password: 'crowds-own-7' }),
  )
  const signIn = service.request('GET', '/api/v1/me', { as: DEE })
  const statuses = (await Promise.all(many)).map(({ status }) => status)
  t.is((await signIn).status, 200)
  t.deepEqual([...new Set(statuses)].sort(), [201, 503])
})

test.serial('a user who is signed in makes no other users, whatever is set', async (t) => {
  await set({ selfRegistration: true })
  const json = { username: 'other', password: 'others-own-7' }
  t.is((await service.request('POST', '/api/v1/users', { as: DEE, json })).status, 403)
})

test.serial('where it is set a new user gets a private project of the same name', async (t) => {
  await set({ personalProjects: true })
  const fay = { username: 'fay', password: 'fays-own-pw-7' }
  t.is((await service.admin('POST', '/api/v1/users', fay)).status, 201)
  const { body } = await service.request('GET', '/api/v1/projects/fay', { as: fay })
  t.is(body.visibility, 'private')
  const members = await service.request('GET', '/api/v1/projects/fay/members', { as: fay })
  t.deepEqual(members.body.items, [
    { username: 'fay', role: 'projectAdmin', repositories: null, expiresAt: null },
  ])
})

test.serial(
  'a user name that no project can have is refused with the reason, and no user is made',
  async (t) => {
    await set({ personalProjects: true })
    for (const username of ['gil@example.com', 'tags']) {
      const { status, body } = await service.admin('POST', '/api/v1/users', {
        username,
        password: 'gils-own-pw-7',
      })
      t.is(status, 400)
      t.regex(body.detail, new RegExp(`${username} cannot be the name of one`))
      t.is((await service.admin('GET', `/api/v1/users/${username}`)).status, 404)
    }
  },
)

test.serial('a user name that is a project already is refused, and no user is made', async (t) => {
  await set({ personalProjects: true })
  const json = { username: 'library', password: 'librarys-own-7' }
  const { status, body } = await service.admin('POST', '/api/v1/users', json)
  t.is(status, 409)
  t.regex(body.detail, /there is a project library already/)
  t.is((await service.admin('GET', '/api/v1/users/library')).status, 404)
})

test.serial(
  'everybody with an account makes projects where that is set, but no auditor',
  async (t) => {
    t.is((await makeProject(DEE, { name: 'mine' })).status, 403)
    await set({ projectCreation: 'everyone' })
    t.is((await makeProject(DEE, { name: 'mine' })).status, 201)
    const visible = { name: 'mine', json: { visibility: 'public' } }
    const opened = await service.request('PATCH', `/api/v1/projects/${visible.name}`, {
      as: DEE,
      json: visible.json,
    })
    t.is(opened.status, 200)
    t.is((await makeProject(AUDITOR, { name: 'theirs' })).status, 403)
    t.is((await service.request('POST', '/api/v1/projects', { json: { name: 'x' } })).status, 401)
  },
)

test.serial(
  'no project becomes public where that is forbidden, not even by an administrator',
  async (t) => {
    await service.admin('POST', '/api/v1/projects', { name: 'open', visibility: 'public' })
    await service.admin('POST', '/api/v1/projects', { name: 'shut' })
    await set({ forbidPublic: true })
    const made = await service.admin('POST', '/api/v1/projects', {
      name: 'x',
      visibility: 'public',
    })
    const opened = await service.admin('PATCH', '/api/v1/projects/shut', { visibility: 'public' })
    t.deepEqual([made.status, opened.status], [403, 403])
    t.regex(opened.body.detail, /an administrator set forbidPublic/)
    const shut = await service.admin('PATCH', '/api/v1/projects/open', { visibility: 'private' })
    t.is(shut.status, 200)
    t.is((await service.admin('POST', '/api/v1/projects', { name: 'calm' })).status, 201)
  },
)

/** Images whose project is gone, as in a registry that is older than this service. */
async function leaveImages(project: string): Promise<void> {
  await service.admin('POST', '/api/v1/projects', { name: project })
  await pushImage(service, { as: ADMIN, repository: `${project}/app`, tags: ['v1'] })
  const { id } = await service.database('projects').where({ name: project }).first('id')
  await service.database('members').where({ project_id: id }).delete()
  await service.database('projects').where({ id }).delete()
}

test.serial(
  'R4: nobody makes a project of images that are there already but an administrator',
  async (t) => {
    await leaveImages('old')
    await set({ projectCreation: 'everyone' })
    const refused = await makeProject(DEE, { name: 'old' })
    t.is(refused.status, 409)
    t.regex(refused.body.detail, /repositories of the name old\/… already/)
    t.is((await makeProject(DEE, { name: 'ol' })).status, 201)
    t.is((await service.admin('POST', '/api/v1/projects', { name: 'old' })).status, 201)
  },
)

test.serial(
  'R4: a stranger takes no images of others by the name that they register',
  async (t) => {
    await leaveImages('relic')
    await set({ selfRegistration: true, personalProjects: true })
    t.is((await signUp({ username: 'relic', password: 'relics-own-7' })).status, 409)
    t.is((await service.admin('GET', '/api/v1/users/relic')).status, 404)
    t.is((await signUp({ username: 'fresh', password: 'freshs-own-7' })).status, 201)
    t.is((await service.admin('GET', '/api/v1/projects/fresh')).status, 200)
  },
)
