// A client may ask one process, give up, and ask another; what it gave up must not come after that.
import { connect } from 'node:net'
import test from 'ava'
import { createFaultyRegistry } from '../support/faulty-registry.ts'
import { pullStatus } from '../support/image.ts'
import { pushIndexed } from '../support/index-rows.ts'
import { ADMIN, basic, type Service, startService } from '../support/service.ts'
import { waitFor } from '../support/wait-for.ts'

const ANN = { username: 'ann', password: 'anns-own-pw-7' }
const faulty = createFaultyRegistry()
let service: Service

test.before(async () => {
  service = await startService({ notifies: true, between: faulty.between })
  await service.admin('POST', '/api/v1/users', ANN)
  await service.admin('POST', '/api/v1/projects', { name: 'acme' })
})
test.after.always(async () => {
  await service.stop()
  await faulty.stop()
})

interface Asked {
  readonly method: string
  readonly path: string
  readonly json?: unknown
}

/** Asks, and hangs up as soon as `isUnderWay`; @returns when the service has seen both. */
async function askAndLeave(
  { method, path, json }: Asked,
  isUnderWay: Promise<void>,
): Promise<void> {
  const body = json === undefined ? '' : JSON.stringify(json)
  const socket = connect(Number(new URL(service.url).port), '127.0.0.1')
  const lines = [
    `${method} /api/v1${path} HTTP/1.1`,
    'Host: localhost',
    `Authorization: ${basic(ADMIN)}`,
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
  ]
  socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`)
  await isUnderWay
  socket.destroy()
  // What came later is answered: by then the end of the other was seen.
  for (let times = 0; times < 2; times++) await service.admin('GET', '/api/v1/me')
}

/** @returns the status that nobody read */
async function endOf(path: string): Promise<string> {
  const line = new RegExp(`"path":"/api/v1${path}","status":(\\d+)`)
  const look = async () => line.exec(service.logged())?.[1]
  return (await waitFor(look, { what: `the end of ${path}` })).found
}

test.serial('a right that is given late, by a client that has left, is not given', async (t) => {
  const path = '/projects/acme/members/users/ann'
  await service.database.transaction(async (transaction) => {
    // All changes of rights go through this row, one after the other.
    await transaction('change_version').where({ id: 1 }).forUpdate().select()
    const waits = new Promise<void>((resolve) => {
      service.database.on('query', ({ sql }) => {
        if (/^update .change_version/.test(sql)) resolve()
      })
    })
    await askAndLeave({ method: 'PUT', path, json: { role: 'developer' } }, waits)
  })
  t.is(await endOf(path), '400')
  t.is((await service.admin('GET', `/api/v1${path}`)).status, 404)
  const { body } = await service.admin('GET', '/api/v1/audit?action=member.set')
  t.deepEqual(body.items, [])
})

/** Lets the first request of that kind to the registry wait until the client has left. */
async function leaveWhileReading(asked: Asked, isRead: RegExp): Promise<void> {
  let release = (): void => undefined
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  const isUnderWay = new Promise<void>((resolve) => {
    faulty.interrupt(async ({ method, path }) => {
      if (!isRead.test(`${method} ${path}`)) return undefined
      resolve()
      await released
      return undefined
    })
  })
  try {
    await askAndLeave(asked, isUnderWay)
  } finally {
    release()
    faulty.interrupt(undefined)
  }
}

test.serial('a tag whose deletion a client has left stays', async (t) => {
  const repository = 'acme/tag'
  await pushIndexed(service, { as: ADMIN, repository, tags: ['v1'] })
  const path = `/repositories/${repository}/tags/v1`
  await leaveWhileReading({ method: 'DELETE', path }, /^HEAD .*manifests\/v1$/)
  t.is(await endOf(path), '400')
  t.is(await pullStatus(service, { as: ADMIN, repository, tag: 'v1' }), 200)
  t.is((await service.admin('DELETE', `/api/v1${path}`)).status, 204)
})

test.serial('a manifest whose deletion a client has left stays', async (t) => {
  const repository = 'acme/manifest'
  const { digest } = await pushIndexed(service, { as: ADMIN, repository, tags: ['v1'], text: 'm' })
  const path = `/repositories/${repository}/manifests/${digest}`
  const asked = { method: 'DELETE', path: `${path}?tags=v1` }
  await leaveWhileReading(asked, new RegExp(`^HEAD .*manifests/${digest}$`))
  t.is(await endOf(path), '400')
  t.is(await pullStatus(service, { as: ADMIN, repository, tag: 'v1' }), 200)
  t.is((await service.admin('DELETE', `/api/v1${path}?tags=v1`)).status, 204)
})

test.serial('a tag that a client wanted to move, and left, stays where it is', async (t) => {
  const repository = 'acme/moved'
  const old = await pushIndexed(service, { as: ADMIN, repository, tags: ['v1'], text: 'old' })
  const { digest } = await pushIndexed(service, {
    as: ADMIN,
    repository,
    tags: ['v2'],
    text: 'new',
  })
  const path = `/repositories/${repository}/tags/v1`
  const json = { from: { repository, reference: digest } }
  await leaveWhileReading({ method: 'PUT', path, json }, new RegExp(`^GET .*manifests/${digest}$`))
  t.is(await endOf(path), '400')
  const { body } = await service.admin('GET', `/api/v1${path}`)
  t.is(body.digest, old.digest)
})
