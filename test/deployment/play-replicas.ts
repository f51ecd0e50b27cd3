import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { runCommand } from '../support/run-command.ts'
import { waitFor } from '../support/wait-for.ts'
import { assert, mustEnd, openClients, trust } from './clients.ts'
import { type Ask, fetchAuthority, openProject, type Project, waitUntilServing } from './project.ts'
import { ALICE, addPeople } from './show-clients.ts'
import type { Stage } from './stage.ts'
import { HOST, openWalk, type Walk } from './walk.ts'

const PAUSE_MS = 20
/** Which of several containers of a service one is. */
const NUMBER = 'com.docker.compose.container-number'
const TOKEN = '/auth/token?service=registry-warden&scope=repository:demo/hello:pull,push'

interface Steady {
  readonly method: string
  readonly path: string
  readonly ask: Ask
}

const READS: readonly Steady[] = [TOKEN, '/api/v1/me', TOKEN, '/api/v1/projects'].map((path) => ({
  method: 'GET',
  path,
  ask: { as: ALICE },
}))

/** A right that is given again and again. */
const writeOf = async ({ admin }: Project): Promise<Steady> => ({
  method: 'PUT',
  path: '/api/v1/projects/demo/members/users/alice',
  ask: { as: await admin(), json: { role: 'developer' } },
})

interface Use {
  /** @returns how many requests were sent, in words; one that failed is thrown */
  readonly stop: () => Promise<string>
}

/** Clients that each send their request again and again, one after the other. */
function useSteadily({ send }: Project, all: readonly Steady[]): Use {
  let isOver = false
  let sent = 0
  const failed: string[] = []
  const client = async ({ method, path, ask }: Steady): Promise<void> => {
    while (!isOver) {
      sent += 1
      await send(method, path, ask).then(
        ({ status, text }) =>
          status < 300 ||
          failed.push(`${method} ${path.slice(0, 20)} ${status} ${text.slice(0, 400)}`),
        (error: unknown) => failed.push(String(error)),
      )
      await sleep(PAUSE_MS)
    }
  }
  const clients = all.map(client)
  return {
    stop: async () => {
      isOver = true
      await Promise.all(clients)
      assert(sent > 50, `only ${sent} requests`)
      assert(
        failed.length === 0,
        `${failed.length} of ${sent} failed: ${failed.slice(0, 3).join('; ')}`,
      )
      return `${sent} requests, none failed`
    },
  }
}

const idsOf = async (project: Project): Promise<readonly string[]> =>
  (await project.must('ps', '--quiet', 'warden')).split('\n').filter(Boolean)

/** The process of the service, which the small init before it has started. */
async function servicePid(stage: Stage, id: string): Promise<number> {
  const pid = await stage.engine.must('inspect', '--format', '{{.State.Pid}}', id)
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0])
}

async function showKill(stage: Stage, project: Project): Promise<string> {
  const [victim = ''] = await idsOf(project)
  const use = useSteadily(project, READS)
  await sleep(1000)
  process.kill(await servicePid(stage, victim), 'SIGKILL')
  const state = () =>
    stage.engine.must('inspect', '--format', '{{.RestartCount}} {{.State.Health.Status}}', victim)
  await waitFor(async () => (await state()) === '1 healthy', {
    mostMs: 120_000,
    what: 'the replica',
  })
  await sleep(3000)
  return `${await use.stop()}; the engine started it again`
}

async function showScale(project: Project, walk: Walk): Promise<string> {
  const use = useSteadily(project, [...READS, await writeOf(project)])
  await walk.run('replicas')
  await waitFor(async () => (await idsOf(project)).length === 2, { mostMs: 60_000 })
  await sleep(3000)
  return use.stop()
}

/** Whoever connects to it from now on waits, as at an address that nobody has. */
async function deafen({ engine }: Stage, id: string): Promise<void> {
  const pid = await engine.must('inspect', '--format', '{{.State.Pid}}', id)
  const rule = ['-A', 'INPUT', '-i', 'eth+', '-p', 'tcp', '--syn', '-j', 'DROP']
  const command = ['iptables', '--wait', ...rule]
  await mustEnd(runCommand('nsenter', [`--net=/proc/${pid}/ns/net`, ...command]))
}

/**
 * For nginx the addresses change while a request waits for one that is no longer there, which without
 * the rule in deafen() is a matter of luck.
 */
async function showDeaf(stage: Stage, project: Project, walk: Walk): Promise<string> {
  await project.must('up', '--detach', '--no-recreate', '--wait', '--scale', 'warden=3', 'warden')
  const numberOf = async (id: string): Promise<number> =>
    Number(
      await stage.engine.must('inspect', '--format', `{{index .Config.Labels "${NUMBER}"}}`, id),
    )
  const ids = await idsOf(project)
  const numbers = await Promise.all(ids.map(numberOf))
  const last = ids[numbers.indexOf(Math.max(...numbers))] ?? ''
  await deafen(stage, last)
  const said = await showScale(project, walk)
  assert(!(await idsOf(project)).includes(last), 'another one was taken away')
  const log = await project.must('logs', '--no-color', 'nginx')
  return `${said}; "no live upstreams" stands ${log.split('no live upstreams').length - 1} times in the log of nginx`
}

export async function playReplicas(stage: Stage): Promise<void> {
  const { engine, place, record } = stage
  const walk = await openWalk(stage)
  const overlays = ['replicas.yml']
  const project = openProject({ engine, root: walk.root, host: HOST, overlays })
  const clients = openClients(engine, HOST, join(place.dir, 'clients'))
  const came = await record.show(
    'three replicas serve, without a session that sticks',
    async () => {
      await walk.run('overlay')
      await fetchAuthority(project)
      await waitUntilServing(project)
      await addPeople(project)
      const ids = await idsOf(project)
      assert(ids.length === 3, `${ids.length} containers`)
      const use = useSteadily(project, READS)
      await sleep(3000)
      const said = await use.stop()
      for (const id of ids) {
        const log = await engine.docker(['logs', id])
        assert(log.output.includes('/api/v1/'), 'one of them was never asked')
      }
      return `replicas.yml; ${said}, each replica had some`
    },
  )
  if (came) {
    trust('docker', HOST, project.caPath)
    await mustEnd(clients.login(ALICE))
    await record.show('one replica is killed under use', () => showKill(stage, project))
    await record.show('push and pull after it', async () => {
      await mustEnd(clients.push('demo/many:v1', 'three'))
      await mustEnd(clients.pull('demo/many:v1'))
      return undefined
    })
    await record.show('from three to two, under use', () => showScale(project, walk))
    await record.show('the same where the one that goes takes no connection any more', () =>
      showDeaf(stage, project, walk),
    )
  }
  await project.must('down', '--volumes')
}
