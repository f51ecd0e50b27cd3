import { mkdirSync } from 'node:fs'
import type { Credentials } from '../support/service.ts'
import { assert, type Clients, mustEnd, trust } from './clients.ts'
import type { Project } from './project.ts'
import type { Stage } from './stage.ts'

export interface Scene extends Stage {
  readonly project: Project
  readonly clients: Clients
}

export const ALICE: Credentials = { username: 'alice', password: 'quiet-river-stone-9' }
export const BOB: Credentials = { username: 'bob', password: 'loud-lake-pebble-3' }

/** Bob may do nothing. */
const addBob = ({ api }: Project): Promise<unknown> => api('POST', '/users', BOB)

/** Alice may push in `demo`. */
export async function addPeople(project: Project): Promise<void> {
  const { api } = project
  await api('POST', '/projects', { name: 'demo' })
  await api('POST', '/users', ALICE)
  await api('PUT', '/projects/demo/members/users/alice', { role: 'developer' })
}

async function showDocker({ clients, record }: Scene): Promise<void> {
  await record.show('a wrong password and a pull without the right are refused', async () => {
    const wrong = await mustEnd(clients.login({ ...ALICE, password: 'not-hers-at-all' }), 1)
    assert(/the user name or the password is wrong/.test(wrong), wrong)
    await mustEnd(clients.login(BOB))
    const pull = await mustEnd(clients.pull('demo/hello:v1'), 1)
    assert(/requested access to the resource is denied/.test(pull), pull)
    await mustEnd(clients.login(ALICE))
    return undefined
  })
}

async function showOthers({ project, clients, record, place }: Scene): Promise<void> {
  const { host, caPath } = project
  const image = `docker://${host}/demo/hello`
  const creds = `${ALICE.username}:${ALICE.password}`
  const certs = `${place.dir}/certs`
  await record.show('skopeo and podman refuse it, too, and take it with --cert-dir', async () => {
    // They read docker's folder, too, unless they are told of one.
    mkdirSync(certs, { recursive: true })
    const none = ['--cert-dir', certs]
    const refused = await mustEnd(
      clients.skopeo('inspect', ...none, '--creds', creds, `${image}:v1`),
      1,
    )
    assert(/x509: certificate signed by unknown authority/.test(refused), refused)
    trust('containers', host, caPath)
    await mustEnd(clients.skopeo('inspect', '--creds', creds, `${image}:v1`))
    const folder = ['--cert-dir', `/etc/containers/certs.d/${host}`]
    await mustEnd(
      clients.podman(
        'login',
        ...folder,
        '--authfile',
        `${certs}.json`,
        '-u',
        ALICE.username,
        '-p',
        ALICE.password,
        host,
      ),
    )
    await mustEnd(
      clients.podman('pull', ...folder, '--authfile', `${certs}.json`, `${host}/demo/hello:v1`),
    )
    return `/etc/containers/certs.d/${host}/ca.crt`
  })
  await record.show('skopeo copies an image to another tag', async () => {
    const both = ['--src-creds', creds, '--dest-creds', creds]
    await mustEnd(clients.skopeo('copy', ...both, `${image}:v1`, `${image}:v2`))
    return undefined
  })
}

export async function showClients(scene: Scene): Promise<void> {
  await addBob(scene.project)
  await showDocker(scene)
  await showOthers(scene)
}
