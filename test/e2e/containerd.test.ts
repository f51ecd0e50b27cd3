import { join } from 'node:path'
import test from 'ava'
import { type Containerd, startContainerd } from '../support/containerd.ts'
import {
  addCredentials,
  DORA,
  mintIdentityToken,
  revokeIdentityTokens,
  type TestCredentials,
} from '../support/credentials.ts'
import { writeOciLayout } from '../support/layered-image.ts'
import { type CommandResult, runCommand } from '../support/run-command.ts'
import { findObstacle, testUnless } from '../support/skip-aloud.ts'
import { ALICE, GINA, type Person, STAN, startTestStack, type TestStack } from '../support/stack.ts'
import { makeTemporaryDir, removeDir } from '../support/temporary-dir.ts'

const obstacle = findObstacle(['ctr', 'containerd', 'docker-registry', 'mariadbd', 'nginx'], {
  asRoot: true,
})
const declare = testUnless(obstacle)
const dir = makeTemporaryDir()
let stack: TestStack
let engine: Containerd
let own: TestCredentials

const userOf = ({ username, password }: Person) => ['--user', `${username}:${password}`]
/** Now and then ctr tells of the pipe that it closed itself, and not of the answer that made it do so. */
async function push(as: Person, name: string, image = 'hello'): Promise<CommandResult> {
  const to = [`${stack.address}/${name}`, `local/${image}:v1`]
  for (let tries = 1; ; tries++) {
    const result = await engine.ctr(['images', 'push', '--plain-http', ...userOf(as), ...to])
    if (tries === 5 || !/read\/write on closed pipe/.test(result.output)) return result
  }
}
const PULL = ['images', 'pull', '--plain-http', '--snapshotter=native']
const pull = (as: Person | undefined, name: string): Promise<CommandResult> =>
  engine.ctr([...PULL, ...(as ? userOf(as) : []), `${stack.address}/${name}`])

/** ctr shows no reason of a token service, only its status. */
const UNPROVEN =
  /failed to authorize: failed to fetch oauth token: unexpected status: 401 Unauthorized/
const DENIED = /server message: insufficient_scope: authorization failed/

async function importImage(name: string): Promise<void> {
  const [layout, archive] = [join(dir, name), join(dir, `${name}.tar`)]
  writeOciLayout(layout, `containerd ${name}`)
  await runCommand('tar', ['-C', layout, '-cf', archive, '.'])
  const how = ['--snapshotter=native', '--index-name', `local/${name}:v1`]
  const { code, output } = await engine.ctr(['images', 'import', ...how, archive])
  if (code !== 0) throw new Error(`ctr import failed: ${output}`)
}

test.before(async () => {
  if (obstacle !== undefined) return
  const [started, containerd] = await Promise.all([
    startTestStack({ WARDEN_IDENTITY_TOKENS: 'on' }),
    startContainerd(join(dir, 'engine')),
  ])
  stack = started
  engine = containerd
  own = await addCredentials(stack)
  for (const name of ['hello', 'other']) await importImage(name)
})

test.after.always(async () => {
  await engine?.stop()
  await stack?.remove()
  removeDir(dir)
})

for (const [what, who] of [
  ['a password', () => ALICE],
  ['an access token', () => own.token],
  ['a robot', () => own.robot],
] as const) {
  declare(`ctr pushes and pulls with ${what}`, async (t) => {
    const name = `acme/${what.replaceAll(' ', '-')}:v1`
    const pushed = await push(who(), name)
    t.is(pushed.code, 0, pushed.output)
    const pulled = await pull(who(), name)
    t.is(pulled.code, 0, pulled.output)
  })
}

declare('ctr pulls with an identity token, until that is revoked', async (t) => {
  t.is((await push(ALICE, 'acme/app:v1')).code, 0)
  const token = await mintIdentityToken(stack, ALICE)
  const pullWithIt = () =>
    engine.ctr([...PULL, '--refresh', token.password, `${stack.address}/acme/app:v1`])
  const before = await pullWithIt()
  t.is(before.code, 0, before.output)
  t.is((await revokeIdentityTokens(stack, ALICE)).length, 1)
  const after = await pullWithIt()
  t.is(after.code, 1)
  t.regex(after.output, UNPROVEN)
})

for (const [what, who] of [
  ['a wrong password', () => ({ ...ALICE, password: 'wrong' })],
  ['a revoked token', () => own.revokedToken],
  ['an expired robot', () => own.expiredRobot],
  ['a disabled robot', () => own.disabledRobot],
  ['a robot of another network', () => own.farRobot],
  ['a disabled user', () => DORA],
  ['an identity token as password', () => mintIdentityToken(stack, ALICE)],
] as const) {
  declare(`ctr is refused ${what}: it says the status alone`, async (t) => {
    const as = await who()
    const pushed = await push(as, 'acme/refused:v1')
    t.is(pushed.code, 1)
    t.regex(pushed.output, UNPROVEN)
    const pulled = await pull(as, 'acme/app:v1')
    t.is(pulled.code, 1)
    t.regex(pulled.output, UNPROVEN)
  })
}

declare('a narrow token pushes within its patterns, and nowhere else', async (t) => {
  const inside = await push(own.narrowToken, 'acme/web/app:v1', 'other')
  t.is(inside.code, 0, inside.output)
  for (const work of [push, pull]) {
    const { code, output } = await work(own.narrowToken, 'acme/app:v1')
    t.is(code, 1)
    t.regex(output, DENIED)
  }
})

declare('ctr gives up a push whose layers it knows from where it may not pull', async (t) => {
  const { code, output } = await push(own.narrowToken, 'acme/web/app:v2', 'hello')
  t.is(code, 1)
  t.regex(output, DENIED)
})

declare('who has no right is told insufficient_scope, and so is a guest who pushes', async (t) => {
  for (const [work, as] of [
    [push, STAN],
    [pull, STAN],
    [push, GINA],
  ] as const) {
    // A tag that is there already with the same digest is not pushed again.
    const { code, output } = await work(as, work === push ? 'acme/app:v9' : 'acme/app:v1')
    t.is(code, 1)
    t.regex(output, DENIED)
  }
  t.is((await pull(GINA, 'acme/app:v1')).code, 0)
})

declare('without a login ctr pulls what is public and not what is private', async (t) => {
  t.is((await push(ALICE, 'open/app:v1')).code, 0)
  const open = await pull(undefined, 'open/app:v1')
  t.is(open.code, 0, open.output)
  const closed = await pull(undefined, 'acme/app:v1')
  t.is(closed.code, 1)
  t.regex(closed.output, DENIED)
})
