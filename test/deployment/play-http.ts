import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { type ProgramResult, runProgram } from '../../src/stack/run-program.ts'
import { parseLine, type QuickstartLine } from '../support/quickstart.ts'
import { basic } from '../support/service.ts'
import { assert, mustEnd, openClients } from './clients.ts'
import { ALICE } from './show-clients.ts'
import type { Stage } from './stage.ts'

const PORT = 5000
const TIMEOUT_MS = 600_000

type Quickstart = (...args: readonly string[]) => Promise<ProgramResult>

async function start(quickstart: Quickstart): Promise<QuickstartLine> {
  const { code, stdout, output } = await quickstart(
    ...['--with', 'docker', '--detach', '--json', '--port', String(PORT)],
  )
  assert(code === 0, output)
  return parseLine(stdout)
}

async function addPeople({ url, adminUser, adminPassword = '' }: QuickstartLine): Promise<void> {
  const authorization = basic({ username: adminUser, password: adminPassword })
  const headers = { authorization, 'content-type': 'application/json' }
  const api = async (method: string, path: string, json: unknown): Promise<void> => {
    const body = JSON.stringify(json)
    const answer = await fetch(`${url}/api/v1${path}`, { method, headers, body })
    assert(answer.ok, `${method} ${path}: ${answer.status} ${await answer.text()}`)
  }
  await api('POST', '/projects', { name: 'demo' })
  await api('POST', '/users', ALICE)
  await api('PUT', '/projects/demo/members/users/alice', { role: 'developer' })
}

/** http.yml, by the command that uses it. */
export async function playHttp({ engine, place, record }: Stage): Promise<void> {
  const dir = join(place.dir, 'quickstart')
  rmSync(dir, { recursive: true, force: true })
  const quickstart: Quickstart = (...args) =>
    runProgram([process.execPath, 'dist/src/main.js', 'quickstart', '--dir', dir, ...args], {
      env: engine.environment,
      timeoutMs: TIMEOUT_MS,
    })
  const clients = openClients(engine, `localhost:${PORT}`, join(place.dir, 'clients'))
  const came = await record.show('quickstart in containers; login, push, pull', async () => {
    const line = await start(quickstart)
    assert(line.url === `http://localhost:${PORT}`, line.url)
    await addPeople(line)
    await mustEnd(clients.login(ALICE))
    await mustEnd(clients.push('demo/plain:v1', 'plain http'))
    await mustEnd(clients.pull('demo/plain:v1'))
    return 'quickstart --with docker, which takes http.yml'
  })
  if (came) {
    await record.show('it stops, and the next start finds everything', async () => {
      await mustEnd(quickstart('--stop'))
      assert((await engine.must('ps', '--quiet')) === '', 'containers run')
      await start(quickstart)
      await mustEnd(clients.login(ALICE))
      await mustEnd(clients.pull('demo/plain:v1'))
      return undefined
    })
  }
  await quickstart('--stop')
}
