import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import test from 'ava'
import { findFreePort } from '../../src/stack/ports.ts'
import { runProgram } from '../../src/stack/run-program.ts'
import { answers } from '../../src/stack/wait-until.ts'
import { parseLine, quickstart, runningOf, startForeground } from '../support/quickstart.ts'
import { findObstacle, testUnless } from '../support/skip-aloud.ts'
import { basic } from '../support/stack.ts'
import { makeTemporaryDir, removeDir } from '../support/temporary-dir.ts'
import { waitFor } from '../support/wait-for.ts'

const obstacle = findObstacle(['docker-registry', 'mariadbd', 'nginx', 'skopeo'], { asRoot: false })
const declare = testUnless(obstacle)
const top = makeTemporaryDir()
const dir = join(top, 'data')
let port: number
let place: readonly string[]

test.before(async () => {
  port = await findFreePort()
  place = ['--dir', dir, '--port', String(port)]
})

test.after.always(async () => {
  if (obstacle === undefined) await quickstart('--stop', '--dir', dir)
  removeDir(top)
})

const statusAs = async (url: string, password: string, path = '/api/v1/me'): Promise<number> => {
  const authorization = basic({ username: 'admin', password })
  const response = await fetch(`${url}${path}`, { headers: { authorization } })
  await response.arrayBuffer()
  return response.status
}

declare('an unknown option is wrong use: exit code 2, and the usage', async (t) => {
  const { code, output, stdout } = await quickstart('--fast')
  t.is(code, 2)
  t.is(stdout, '')
  t.regex(output, /--fast/)
  t.regex(output, /Usage: npm run quickstart/)
})

declare('--detach --json answers one line and leaves all parts running', async (t) => {
  const { code, stdout, output } = await quickstart('--detach', '--json', ...place)
  t.is(code, 0, output)
  const line = parseLine(stdout)
  t.is(line.url, `http://localhost:${port}`)
  t.is(line.adminUser, 'admin')
  t.is(line.dir, dir)
  t.deepEqual(runningOf(line.pids), ['database', 'warden', 'registry', 'nginx'])
  t.is(await statusAs(line.url, line.adminPassword ?? ''), 200)
  t.is(await statusAs(line.wardenUrl, line.adminPassword ?? '', '/healthz'), 200)
  t.is(await statusAs(line.registryUrl, '', '/v2/'), 401)
})

declare('garbage is collected there at once', async (t) => {
  const line = parseLine((await quickstart('--detach', '--json', ...place)).stdout)
  const headers = {
    authorization: basic({ username: 'admin', password: line.adminPassword ?? '' }),
    'content-type': 'application/json',
  }
  const gc = `${line.url}/api/v1/maintenance/gc`
  const start = async () => {
    const answer = await fetch(gc, { method: 'POST', headers, body: '{}' })
    const run = (await answer.json()) as { readonly id: number }
    return answer.status === 202 && run
  }
  const { found: run } = await waitFor(start, { mostMs: 60_000, what: 'an index to be trusted' })
  const ended = async () => {
    const answer = await fetch(`${gc}/runs/${run.id}`, { headers })
    const { state } = (await answer.json()) as { readonly state: string }
    return ['done', 'failed', 'cancelled'].includes(state) && state
  }
  t.is((await waitFor(ended, { mostMs: 60_000, what: 'the end' })).found, 'done')
})

declare('what is secret can be read by its owner alone', (t) => {
  const secrets = join(dir, 'secrets')
  t.is(statSync(dir).mode & 0o777, 0o700)
  for (const name of readdirSync(secrets)) {
    t.is(statSync(join(secrets, name)).mode & 0o777, 0o600, name)
  }
  t.is(statSync(join(dir, 'certs', 'token-ca', 'ca.pem')).mode & 0o777, 0o600)
})

declare('a second --detach answers the same line; without it a sentence', async (t) => {
  const [first, second] = [
    await quickstart('--detach', '--json', ...place),
    await quickstart('--json', ...place),
  ]
  t.is(first.code, 0)
  t.is(second.stdout, first.stdout)
  const people = await quickstart(...place)
  t.is(people.code, 1)
  t.regex(people.output, /It runs already in .*--stop/)
  const elsewhere = await quickstart('--detach', '--dir', dir, '--port', String(port + 1))
  t.is(elsewhere.code, 1)
  t.regex(elsewhere.output, /It runs already/)
})

declare('--stop stops all of it and says so; again it says that nothing runs', async (t) => {
  const { stdout } = await quickstart('--detach', '--json', ...place)
  const stopped = await quickstart('--stop', '--dir', dir)
  t.is(stopped.code, 0)
  t.is(stopped.stdout, 'Stopped database, warden, registry, nginx.\n')
  t.deepEqual(runningOf(parseLine(stdout).pids), [])
  t.is((await quickstart('--stop', '--dir', dir)).stdout, `Nothing runs in ${dir}.\n`)
})

declare('a second start finds the data, and Ctrl-C ends it with exit code 0', async (t) => {
  const { child, line, ended } = await startForeground(...place)
  t.is(await statusAs(line.url, line.adminPassword ?? ''), 200)
  child.kill('SIGINT')
  const { code, output } = await ended
  t.is(code, 0, output)
  t.deepEqual(runningOf(line.pids), [])
  t.false(existsSync(join(dir, 'state.json')))
})

declare('when a part ends by itself it is named, and the others are stopped', async (t) => {
  const { line, ended } = await startForeground(...place)
  process.kill(line.pids.registry, 'SIGKILL')
  const { code, output } = await ended
  t.is(code, 1)
  t.regex(output, /registry ended by itself \(signal SIGKILL\)/)
  t.deepEqual(runningOf(line.pids), [])
})

declare('what a killed quickstart left is stopped by the next one', async (t) => {
  const killed = await startForeground(...place)
  killed.child.kill('SIGKILL')
  await killed.ended
  t.is(runningOf(killed.line.pids).length, 4)
  const { code, stdout, output } = await quickstart('--detach', '--json', ...place)
  t.is(code, 0, output)
  t.regex(output, /Stopped what an earlier start left/)
  t.deepEqual(runningOf(killed.line.pids), [])
  t.is(runningOf(parseLine(stdout).pids).length, 4)
  await quickstart('--stop', '--dir', dir)
})

declare('a taken port is one sentence with what to do, and nothing stays behind', async (t) => {
  const server = createServer().listen(port, '127.0.0.1')
  const other = join(top, 'other')
  const { code, output } = await quickstart('--dir', other, '--port', String(port))
  server.close()
  t.is(code, 1)
  t.regex(output, new RegExp(`port ${port} is taken by another program; .* --port N`))
  t.false(existsSync(other))
})

declare('--host opens it under that name, and says what clients need', async (t) => {
  const { code, stdout, output } = await quickstart(
    '--detach',
    '--host',
    'localhost.test',
    ...place,
  )
  t.is(code, 0, output)
  t.regex(stdout, new RegExp(`"insecure-registries": \\["localhost.test:${port}"\\]`))
  const response = await fetch(`http://127.0.0.1:${port}/v2/`)
  t.regex(
    response.headers.get('www-authenticate') ?? '',
    new RegExp(`realm="http://localhost.test:${port}/auth/token"`),
  )
  await quickstart('--stop', '--dir', dir)
})

declare(
  '--tls speaks https under an authority of its own, and clients that trust it sign in',
  async (t) => {
    const secure = join(top, 'secure')
    const where = ['--dir', secure, '--port', String(port)]
    const { code, stdout, output } = await quickstart('--detach', '--tls', ...where)
    t.is(code, 0, output)
    t.regex(stdout, new RegExp(`/etc/docker/certs.d/localhost:${port}/ca.crt`))
    const trusted = join(top, 'trusted')
    mkdirSync(trusted)
    copyFileSync(join(secure, 'tls', 'ca.crt'), join(trusted, 'ca.crt'))
    const url = `https://localhost:${port}`
    t.true(await answers(`${url}/readyz`, [200], readFileSync(join(trusted, 'ca.crt'), 'utf8')))
    t.false(await answers(`${url}/readyz`, [200]))
    const password = /Password +(\S+)/.exec(stdout)?.[1] ?? ''
    const words = `skopeo login --cert-dir ${trusted} --authfile ${join(top, 'auth')} --username admin`
    const login = [...words.split(' '), '--password', password, `localhost:${port}`]
    const { code: loggedIn, output: said } = await runProgram(login, { env: process.env })
    t.is(loggedIn, 0, said)
    await quickstart('--stop', '--dir', secure)
  },
)
