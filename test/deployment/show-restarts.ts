import { readFileSync } from 'node:fs'
import { waitFor } from '../support/wait-for.ts'
import { assert, mustEnd } from './clients.ts'
import { waitUntilServing } from './project.ts'
import { ALICE, type Scene } from './show-clients.ts'
import { inspect } from './show-isolation.ts'

const SERVICES = ['mysql', 'warden', 'registry', 'collector', 'nginx'] as const

/** A login, a push of a new image, of which the index hears a moment later, and a pull of an old one. */
async function useIt({ clients, project }: Scene, tag: string): Promise<void> {
  await mustEnd(clients.login(ALICE))
  await mustEnd(clients.push(`demo/hello:${tag}`, tag))
  await mustEnd(clients.pull('demo/hello:v1'))
  const look = () =>
    project.send('GET', `/api/v1/repositories/demo/hello/tags/${tag}`, { as: ALICE })
  await waitFor(async () => (await look()).status === 200, {
    mostMs: 60_000,
    what: `the tag ${tag} in the index`,
  })
}

async function restarted(scene: Scene, service: string): Promise<string> {
  const startedAt = performance.now()
  await scene.project.must('restart', service)
  await waitUntilServing(scene.project)
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0)
  await useIt(scene, `after-${service}`)
  return `serves ${seconds} s after the command`
}

type State = Readonly<Record<string, string>>

/** What must be the same afterwards. */
async function stateOf({ project }: Scene): Promise<State> {
  const { exec, api, admin } = project
  const tags = (await api('GET', '/repositories/demo/hello/tags')) as {
    items: readonly { name: string; digest: string }[]
  }
  const users = (await api('GET', '/users')) as { items: readonly { username: string }[] }
  return {
    password: (await admin()).password,
    bundle: await exec('registry', 'cat', '/etc/docker/registry/certs/bundle/ca.crt'),
    ca: readFileSync(project.caPath, 'utf8'),
    tags: tags.items
      .map(({ name, digest }) => `${name} ${digest}`)
      .toSorted()
      .join(),
    users: users.items
      .map(({ username }) => username)
      .toSorted()
      .join(),
  }
}

function assertSame(before: State, after: State): void {
  const changed = Object.keys(before).filter((name) => before[name] !== after[name])
  assert(changed.length === 0, `changed: ${changed.join(', ')}`)
}

async function killed(scene: Scene): Promise<string> {
  const { State } = await inspect(scene, 'warden')
  process.kill(State.Pid, 'SIGKILL')
  const isBack = async () =>
    (await inspect(scene, 'warden')).State.Pid > 0 &&
    (await inspect(scene, 'warden')).State.Pid !== State.Pid
  await waitFor(isBack, { mostMs: 60_000, what: 'the service' })
  await waitUntilServing(scene.project)
  await useIt(scene, 'after-kill')
  return 'restart: unless-stopped'
}

export async function showRestarts(scene: Scene): Promise<void> {
  const { project, record } = scene
  for (const service of SERVICES) {
    await record.show(`a restart of ${service}: login, push and pull work after it`, () =>
      restarted(scene, service),
    )
  }
  await record.show('a service that is killed comes back by itself', () => killed(scene))
  await record.show('a second up changes nothing', async () => {
    const before = await stateOf(scene)
    const id = await project.idOf('warden')
    await project.up()
    assertSame(before, await stateOf(scene))
    assert((await project.idOf('warden')) === id, 'the container is another one')
    return undefined
  })
  await record.show('down and up keep people, images, passwords and both authorities', async () => {
    const before = await stateOf(scene)
    await project.must('down')
    await project.up()
    await waitUntilServing(project)
    assertSame(before, await stateOf(scene))
    await useIt(scene, 'after-down')
    return 'docker compose down, up'
  })
  await record.show('all containers stopped and started in any order', async () => {
    await project.must('kill')
    await project.must('start')
    await waitUntilServing(project)
    await useIt(scene, 'after-all')
    return 'docker compose kill, start'
  })
}
