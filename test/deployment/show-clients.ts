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

/** Alice may push in `demo`, bob may do nothing. */
export async function addPeople({ api }: Project): Promise<void> {
  await api('POST', '/projects', { name: 'demo' })
  for (const person of [ALICE, BOB]) await api('POST', '/users', person)
  await api('PUT', '/projects/demo/members/users/alice', { role: 'developer' })
}

async function showDocker({ project, clients, record }: Scene): Promise<void> {
  const { host, caPath } = project
  await record.show('docker refuses an authority that it was not told of', async () => {
    const output = await mustEnd(clients.login(ALICE), 1)
    assert(/x509: certificate signed by unknown authority/.test(output), output)
    return undefined
  })
  await record.show('docker login over TLS, the authority trusted by certs.d', async () => {
    trust('docker', host, caPath)
    await mustEnd(clients.login(ALICE))
    return `/etc/docker/certs.d/${host}/ca.crt`
  })
  await record.show('docker push and pull over TLS', async () => {
    await mustEnd(clients.push('demo/hello:v1', 'first'))
    await mustEnd(clients.pull('demo/hello:v1'))
    return undefined
  })
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
    const none = ['--cert-dir', place.dir]
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
  await addPeople(scene.project)
  await showDocker(scene)
  await showOthers(scene)
}
