import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import {
  addCredentials,
  DORA,
  mintIdentityToken,
  revokeIdentityTokens,
  type TestCredentials,
} from '../support/credentials.ts'
import { type Dockerd, startDockerd } from '../support/dockerd.ts'
import { runCommand } from '../support/run-command.ts'
import { findObstacle, testUnless } from '../support/skip-aloud.ts'
import { ALICE, type Person, startTestStack, type TestStack } from '../support/stack.ts'
import { makeTemporaryDir, removeDir } from '../support/temporary-dir.ts'

const obstacle = findObstacle(
  ['docker', 'dockerd', 'skopeo', 'podman', 'docker-registry', 'mariadbd', 'nginx'],
  { asRoot: true },
)
const declare = testUnless(obstacle)
const dir = makeTemporaryDir()
let stack: TestStack
let engine: Dockerd
let own: TestCredentials

const login = (machine: string, { username, password }: Person) =>
  engine.docker(machine, ['login', stack.address, '-u', username, '--password-stdin'], password)

test.before(async () => {
  if (obstacle !== undefined) return
  const [started, dockerd] = await Promise.all([
    startTestStack({ WARDEN_IDENTITY_TOKENS: 'on' }),
    startDockerd(join(dir, 'engine')),
  ])
  stack = started
  engine = dockerd
  own = await addCredentials(stack)
  await engine.importImage(`${stack.address}/acme/app:v1`, 'acme')
})

test.after.always(async () => {
  await engine?.stop()
  await stack?.remove()
  removeDir(dir)
})

const image = (name: string): string => `${stack.address}/${name}`
const push = (machine: string, name: string) => engine.docker(machine, ['push', image(name)])
const pull = (machine: string, name: string) => engine.docker(machine, ['pull', image(name)])
const configPath = (machine: string): string =>
  join(dir, 'engine', 'clients', machine, 'config.json')

/** What docker keeps of the login on that machine. */
const kept = (machine: string): { readonly auth?: string; readonly identitytoken?: string } =>
  JSON.parse(readFileSync(configPath(machine), 'utf8')).auths[stack.address] ?? {}

for (const [what, who] of [
  ['an access token', () => own.token],
  ['a robot', () => own.robot],
] as const) {
  declare(`docker signs in, pushes and pulls with ${what}, and keeps it`, async (t) => {
    const as = who()
    const signedIn = await login(what, as)
    t.is(signedIn.code, 0, signedIn.output)
    t.regex(signedIn.output, /Login Succeeded/)
    const auth = Buffer.from(`${as.username}:${as.password}`).toString('base64')
    t.deepEqual(kept(what), { auth })
    const pushed = await push(what, 'acme/app:v1')
    t.is(pushed.code, 0, pushed.output)
    const pulled = await pull(what, 'acme/app:v1')
    t.is(pulled.code, 0, pulled.output)
  })
}

declare('docker login by password keeps an identity token in its place', async (t) => {
  t.is((await login('laptop', ALICE)).code, 0)
  const { auth = '', identitytoken = '' } = kept('laptop')
  t.is(Buffer.from(auth, 'base64').toString(), 'alice:')
  t.regex(identitytoken, /^rwi_[0-9A-Za-z]{49}$/)
  t.false(readFileSync(configPath('laptop'), 'utf8').includes(ALICE.password))
  const pushed = await push('laptop', 'acme/app:v1')
  t.is(pushed.code, 0, pushed.output)
  const pulled = await pull('laptop', 'acme/app:v1')
  t.is(pulled.code, 0, pulled.output)
})

const viaSkopeo = () =>
  runCommand('skopeo', [
    'inspect',
    '--tls-verify=false',
    '--raw',
    '--authfile',
    configPath('laptop'),
    `docker://${image('acme/app:v1')}`,
  ])
const viaPodman = () =>
  runCommand('podman', [
    '--root',
    join(dir, 'store'),
    '--runroot',
    join(dir, 'run'),
    '--storage-driver',
    'vfs',
    'pull',
    '--tls-verify=false',
    '--authfile',
    configPath('laptop'),
    image('acme/app:v1'),
  ])

declare("skopeo and podman use docker's identity token", async (t) => {
  for (const { code, output } of [await viaSkopeo(), await viaPodman()]) t.is(code, 0, output)
})

declare('a revoked identity token is refused, in the same words by every client', async (t) => {
  t.true((await revokeIdentityTokens(stack, ALICE)).length > 0)
  const why = /unauthorized: the identity token is not known, or it was revoked; sign in again/
  for (const work of [
    () => push('laptop', 'acme/app:v1'),
    () => pull('laptop', 'acme/app:v1'),
    viaSkopeo,
    viaPodman,
  ]) {
    const { code, output } = await work()
    t.not(code, 0)
    t.regex(output, why)
  }
})

declare('docker logout forgets the identity token', async (t) => {
  t.is((await login('laptop', ALICE)).code, 0)
  t.is((await pull('laptop', 'acme/app:v1')).code, 0)
  const { code, output } = await engine.docker('laptop', ['logout', stack.address])
  t.is(code, 0, output)
  t.deepEqual(kept('laptop'), {})
  const after = await pull('laptop', 'acme/app:v1')
  t.is(after.code, 1)
  t.regex(after.output, /denied: requested access to the resource is denied/)
})

/** Without what differs from case to case. */
const plain = (text: string): string =>
  text
    .replace(/robot\$[\w.+-]+/g, 'ROBOT')
    .replace(/account \w+/g, 'account NAME')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replace(/\d+(?:\.\d+){3}/g, 'ADDRESS')
const DOCUMENTED = plain(readFileSync('docs/clients.md', 'utf8'))

const WRONG = /unauthorized: the user name or the password is wrong/

for (const [what, who, reason] of [
  ['a wrong password', () => ({ ...ALICE, password: 'wrong' }), WRONG],
  ['a revoked token', () => own.revokedToken, WRONG],
  ['a token under another name', () => ({ ...own.token, username: 'gina' }), WRONG],
  [
    'an expired robot',
    () => own.expiredRobot,
    /unauthorized: the robot robot\$acme\+old ended at \d{4}-[\dT:.-]+Z; give it a new end/,
  ],
  [
    'a disabled robot',
    () => own.disabledRobot,
    /unauthorized: the robot robot\$acme\+off is disabled; ask an administrator of its project/,
  ],
  [
    'a robot of another network',
    () => own.farRobot,
    /unauthorized: the robot robot\$acme\+far may not sign in from 127\.0\.0\.1/,
  ],
  [
    'a disabled user',
    () => DORA,
    /unauthorized: the account dora is disabled; ask an administrator/,
  ],
  [
    'an identity token as password',
    () => mintIdentityToken(stack, ALICE),
    /unauthorized: an identity token is not a password; use the password or an access token/,
  ],
] as const) {
  declare(`docker login with ${what} prints why, as docs/clients.md says`, async (t) => {
    const { code, output } = await login('refused', await who())
    t.is(code, 1)
    t.regex(output, reason)
    const [said = 'nothing'] = /unauthorized: .*/.exec(output) ?? []
    t.true(DOCUMENTED.includes(`\`${plain(said)}\``), said)
  })
}

declare('what is disabled or revoked after the login is told at the next pull', async (t) => {
  t.is((await login('runner', own.robot)).code, 0)
  await stack.api('PATCH', '/projects/acme/robots/ci', { json: { disabled: true } })
  const { code, output } = await pull('runner', 'acme/app:v1')
  await stack.api('PATCH', '/projects/acme/robots/ci', { json: { disabled: false } })
  t.is(code, 1)
  t.regex(output, /unauthorized: the robot robot\$acme\+ci is disabled/)
  t.is((await pull('runner', 'acme/app:v1')).code, 0)
})

declare('a narrow token pushes within its patterns, and is denied elsewhere', async (t) => {
  t.is((await login('narrow', own.narrowToken)).code, 0)
  await engine.docker('narrow', ['tag', image('acme/app:v1'), image('acme/web/app:v1')])
  const inside = await push('narrow', 'acme/web/app:v1')
  t.is(inside.code, 0, inside.output)
  for (const work of [push, pull]) {
    const { code, output } = await work('narrow', 'acme/app:v1')
    t.is(code, 1)
    t.regex(output, /denied: requested access to the resource is denied/)
  }
})
