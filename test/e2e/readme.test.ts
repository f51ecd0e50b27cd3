import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { plainEnvironment } from '../../src/stack/commands.ts'
import { type Dockerd, startDockerd } from '../support/dockerd.ts'
import { findObstacle, testUnless } from '../support/skip-aloud.ts'
import { makeTemporaryDir, removeDir } from '../support/temporary-dir.ts'
import { waitFor } from '../support/wait-for.ts'
import { type Machine, startMachine } from './readme/machine.ts'
import { commandsOf, README, STEPS, type Step } from './readme/steps.ts'
import { openTerminal, type Terminal } from './readme/terminal.ts'

const CLIENTS = ['docker', 'dockerd', 'curl', 'npm']
const SERVERS = ['docker-registry', 'mariadbd', 'nginx']
const ENCLOSURE = ['bash', 'busybox', 'mount', 'nsenter', 'script', 'unshare']
const obstacle = findObstacle([...CLIENTS, ...SERVERS, ...ENCLOSURE], { asRoot: true })
const declare = testUnless(obstacle)
const ALICE_PASSWORD = 'quiet-harbour-bells-17'
/** Of curl, where no authority that it trusts has signed. */
const CURL_TRUSTS_NOT = 60
const INDEX_MS = 30_000
const READY = /Ctrl-C stops everything/
/** The answers to what each command asks, by its first words. */
type Answers = Readonly<Record<string, readonly string[]>>

const dir = makeTemporaryDir()
const walked = new Set<Step>()
let machine: Machine
let engine: Dockerd
let first: Terminal
let second: Terminal
let password = ''

test.before(async () => {
  if (obstacle !== undefined) return
  machine = await startMachine(dir)
  engine = await startDockerd(join(dir, 'engine'), machine.within)
  const home = join(dir, 'home')
  mkdirSync(home)
  const env = { ...plainEnvironment(process.env), HOME: home, DOCKER_HOST: engine.host }
  const place = { within: machine.within, env, cwd: machine.root }
  first = await openTerminal(place)
  second = await openTerminal(place)
})

test.after.always(async () => {
  await first?.close()
  await second?.close()
  await engine?.stop()
  await machine?.stop()
  removeDir(dir)
})

/** Types every command of a step, of which each has to do. @returns what was shown, by command */
async function follow(
  t: ExecutionContext,
  step: Step,
  answers: Answers = {},
): Promise<readonly string[]> {
  const shown: string[] = []
  for (const line of commandsOf(step)) {
    const [, typed] = Object.entries(answers).find(([words]) => line.startsWith(words)) ?? []
    const seen = await second.type(line, typed)
    t.is(seen.code, 0, `${line}\n${seen.shown}`)
    shown.push(seen.shown)
  }
  walked.add(step)
  return shown
}

declare('quickstart brings everything up, and prints the first password', async (t) => {
  const [line = '', ...more] = commandsOf('start')
  const shown = await first.begin(line, READY)
  const [, found = ''] = /Password +(\S{12,})\n/.exec(shown) ?? []
  password = found
  t.not(password, '', shown)
  t.regex(shown, /Administrator +admin\n/)
  t.deepEqual(more, [])
  walked.add('start')
})

declare('docker login takes that password', async (t) => {
  const [shown] = await follow(t, 'login', { docker: [password] })
  t.regex(shown ?? '', /Login Succeeded/)
})

declare('warden makes a project, a user and a member, and asks for the passwords', async (t) => {
  const answers = {
    'warden login': [password],
    'warden user create': [ALICE_PASSWORD, ALICE_PASSWORD],
  }
  const shown = await follow(t, 'people', answers)
  t.regex(shown[1] ?? '', /You are signed in to http:\/\/localhost:5000 as admin\./)
})

declare('curl makes a second user', async (t) => {
  const shown = await follow(t, 'curl', { curl: [password] })
  t.regex(shown[1] ?? '', /"username":"bob"/)
  t.regex(shown[2] ?? '', /"role":"developer"/)
})

declare('both are members then', async (t) => {
  const { shown } = await second.type('warden member list demo')
  t.regex(shown, /alice.*guest/)
  t.regex(shown, /bob.*developer/)
})

declare('docker pushes two tags and pulls one', async (t) => {
  const shown = await follow(t, 'push')
  t.regex(shown[2] ?? '', /v1: digest: sha256:[0-9a-f]{64}/)
  t.regex(shown[3] ?? '', /v2: digest: sha256:[0-9a-f]{64}/)
})

declare('a guest pulls, and her push is refused in the words of the README', async (t) => {
  const [login = '', pull = '', push = '', ...more] = commandsOf('second')
  t.regex((await second.type(login, [ALICE_PASSWORD])).shown, /Login Succeeded/)
  const pulled = await second.type(pull)
  t.is(pulled.code, 0, pulled.shown)
  const pushed = await second.type(push)
  t.is(pushed.code, 1, pushed.shown)
  const told = readFileSync(README, 'utf8').replaceAll(/\s+/g, ' ')
  const [, refusal = ''] = /her push is refused with `([^`]+)`/.exec(told) ?? []
  t.regex(refusal, /^denied: /)
  t.true(pushed.shown.includes(refusal), pushed.shown)
  t.deepEqual(more, [])
  walked.add('second')
})

/** What the index shows of the repository, as soon as that is so: it hears of a change a moment later. */
async function untilListed(isSo: (shown: string) => boolean): Promise<string> {
  const look = async () => {
    const { shown } = await second.type('warden tag list demo/hello')
    return isSo(shown) ? shown : undefined
  }
  return (await waitFor(look, { mostMs: INDEX_MS, what: 'the list of tags' })).found
}

declare('one of two tags is deleted, and the other one stays', async (t) => {
  await untilListed((shown) => /\bv1\b/.test(shown) && /\bv2\b/.test(shown))
  const [before = ''] = await follow(t, 'deletion', { 'warden tag delete': ['y'] })
  t.regex(before, /\bv1\b/)
  t.regex(before, /\bv2\b/)
  t.regex(await untilListed((shown) => !/\bv1\b/.test(shown)), /\bv2\b/)
})

declare('the doctor finds no fault, with the environment that quickstart keeps', async (t) => {
  const shown = await follow(t, 'doctor')
  t.true(shown.join('').split('\n').length > 5, shown.join(''))
})

declare('Ctrl-C stops everything; --detach starts it again, and --stop stops that', async (t) => {
  const { shown } = await first.interrupt()
  t.regex(shown, /Stopped\. What was pushed stays/)
  const [detached = '', stopped = ''] = await follow(t, 'background')
  t.regex(detached, /registry-warden is ready/)
  t.regex(stopped, /Stopped database, warden, registry, nginx\./)
})

/** Goes on as above, with https. */
const secure = (line: string | undefined): string => (line ?? '').replace('http:', 'https:')

declare('with --tls, docker, warden and curl trust the authority as the README says', async (t) => {
  const [, line = ''] = /`(npm run quickstart -- --tls)`/.exec(readFileSync(README, 'utf8')) ?? []
  t.not(line, '')
  await first.begin(line, READY)
  // Docker asks no certificate of who is on the loopback, so it is curl that tells the difference.
  const asking = 'curl --fail -u admin $API/users'
  await second.type(secure(commandsOf('curl')[0]))
  t.is((await second.type(asking, [password])).code, CURL_TRUSTS_NOT)
  await follow(t, 'trust', { 'warden login': [password] })
  const login = await second.type(commandsOf('login')[0] ?? '', [password])
  t.regex(login.shown, /Login Succeeded/)
  const pushed = await second.type(commandsOf('push')[3] ?? '')
  t.is(pushed.code, 0, pushed.shown)
  const asked = await second.type(asking, [password])
  t.regex(asked.shown, /"username":"bob"/)
})

declare('Ctrl-C stops that, too', async (t) => {
  const { shown } = await first.interrupt()
  t.regex(shown, /Stopped\. What was pushed stays/)
})

declare('so every block of README.md that is a step has been followed', (t) => {
  t.deepEqual([...walked].toSorted(), Object.keys(STEPS).toSorted() as Step[])
})
