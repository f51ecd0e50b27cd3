import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { waitFor } from '../support/wait-for.ts'
import { assert, mustEnd, openClients, trust } from './clients.ts'
import { fetchAuthority, openProject, type Project, waitUntilServing } from './project.ts'
import { ALICE, addPeople } from './show-clients.ts'
import type { Stage } from './stage.ts'
import { HOST, openWalk, type Walk } from './walk.ts'

const PAUSE_MS = 20
const TOKEN = '/auth/token?service=registry-warden&scope=repository:demo/hello:pull,push'

interface Use {
  readonly stop: () => Promise<{ readonly sent: number; readonly failed: readonly string[] }>
}

/** Four clients that fetch tokens and ask the API, one request after the other. */
function useSteadily({ send }: Project): Use {
  let isOver = false
  let sent = 0
  const failed: string[] = []
  const client = async (path: string): Promise<void> => {
    while (!isOver) {
      sent += 1
      await send('GET', path, { as: ALICE }).then(
        ({ status, text }) =>
          status === 200 || failed.push(`${path.slice(0, 20)} ${status} ${text.slice(0, 400)}`),
        (error: unknown) => failed.push(String(error)),
      )
      await sleep(PAUSE_MS)
    }
  }
  const clients = [TOKEN, '/api/v1/me', TOKEN, '/api/v1/projects'].map(client)
  return {
    stop: async () => {
      isOver = true
      await Promise.all(clients)
      return { sent, failed }
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
  const use = useSteadily(project)
  await sleep(1000)
  process.kill(await servicePid(stage, victim), 'SIGKILL')
  const state = () =>
    stage.engine.must('inspect', '--format', '{{.RestartCount}} {{.State.Health.Status}}', victim)
  await waitFor(async () => (await state()) === '1 healthy', {
    mostMs: 120_000,
    what: 'the replica',
  })
  await sleep(3000)
  const { sent, failed } = await use.stop()
  assert(sent > 50, `only ${sent} requests`)
  assert(
    failed.length === 0,
    `${failed.length} of ${sent} failed: ${failed.slice(0, 3).join('; ')}`,
  )
  return `${sent} requests, none failed; the engine started it again`
}

async function showScale(project: Project, walk: Walk): Promise<string> {
  const use = useSteadily(project)
  await walk.run('replicas')
  await waitFor(async () => (await idsOf(project)).length === 2, { mostMs: 60_000 })
  await sleep(3000)
  const { sent, failed } = await use.stop()
  assert(
    failed.length === 0,
    `${failed.length} of ${sent} failed: ${failed.slice(0, 3).join('; ')}`,
  )
  return `${sent} requests meanwhile, none failed`
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
      const use = useSteadily(project)
      await sleep(3000)
      const { sent, failed } = await use.stop()
      assert(failed.length === 0, `${failed.length} of ${sent} failed: ${failed[0]}`)
      for (const id of ids) {
        const log = await engine.docker(['logs', id])
        assert(log.output.includes('/api/v1/'), 'one of them was never asked')
      }
      return `replicas.yml; ${sent} requests, each replica had some`
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
  }
  await project.must('down', '--volumes')
}
