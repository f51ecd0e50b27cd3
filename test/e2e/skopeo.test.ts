import { join } from 'node:path'
import test from 'ava'
import { writeOciLayout } from '../support/layered-image.ts'
import { type CommandResult, runCommand } from '../support/run-command.ts'
import { findObstacle, testUnless } from '../support/skip-aloud.ts'
import {
  ALICE,
  addPeople,
  GINA,
  type Person,
  STAN,
  startTestStack,
  type TestStack,
} from '../support/stack.ts'
import { makeTemporaryDir, removeDir } from '../support/temporary-dir.ts'

const obstacle = findObstacle(['skopeo', 'docker-registry', 'mariadbd', 'nginx'], { asRoot: false })
const declare = testUnless(obstacle)
const dir = makeTemporaryDir()
const image = `oci:${join(dir, 'image')}:latest`
let stack: TestStack

const authFile = (person: string): string => join(dir, `${person}.json`)
const remote = (name: string): string => `docker://${stack.address}/${name}`

const login = ({ username, password }: Person): Promise<CommandResult> =>
  runCommand(
    'skopeo',
    [
      'login',
      '--tls-verify=false',
      '--authfile',
      authFile(username),
      '--username',
      username,
      '--password-stdin',
      stack.address,
    ],
    { input: password },
  )

/** Copies as somebody who logged in before; `nobody` never did. */
const copy = (person: string, from: string, to: string): Promise<CommandResult> =>
  runCommand('skopeo', [
    'copy',
    '--insecure-policy',
    '--src-tls-verify=false',
    '--dest-tls-verify=false',
    '--authfile',
    authFile(person),
    from,
    to,
  ])

const pull = (person: string, name: string): Promise<CommandResult> =>
  copy(person, remote(name), `dir:${join(dir, `pulled-${person}`)}`)

test.before(async () => {
  if (obstacle !== undefined) return
  writeOciLayout(join(dir, 'image'), 'skopeo')
  stack = await startTestStack()
  await addPeople(stack)
})

test.after.always(async () => {
  await stack?.remove()
  removeDir(dir)
})

declare('skopeo login with a wrong password says why', async (t) => {
  const { code, output } = await login({ ...ALICE, password: 'wrong' })
  t.is(code, 1)
  t.regex(output, /invalid username\/password/)
})

declare('skopeo login with the right password succeeds', async (t) => {
  for (const person of [ALICE, GINA, STAN]) {
    const { code, output } = await login(person)
    t.is(code, 0, output)
    t.regex(output, /Login Succeeded!/)
  }
})

declare('skopeo pushes and pulls as a developer', async (t) => {
  const pushed = await copy('alice', image, remote('acme/app:v1'))
  t.is(pushed.code, 0, pushed.output)
  const pulled = await pull('alice', 'acme/app:v1')
  t.is(pulled.code, 0, pulled.output)
})

declare('skopeo copies between repositories of hers, mounting the layer', async (t) => {
  const { code, output } = await copy('alice', remote('acme/app:v1'), remote('tools/copy:v1'))
  t.is(code, 0, output)
  const pulled = await pull('alice', 'tools/copy:v1')
  t.is(pulled.code, 0, pulled.output)
})

declare('a user without rights is refused in words', async (t) => {
  const pushed = await copy('stan', image, remote('acme/app:v2'))
  t.is(pushed.code, 1)
  t.regex(pushed.output, /requested access to the resource is denied/)
  const pulled = await pull('stan', 'acme/app:v1')
  t.is(pulled.code, 1)
  t.regex(pulled.output, /requested access to the resource is denied|unauthorized/)
})

declare('a guest pulls and does not push', async (t) => {
  const pulled = await pull('gina', 'acme/app:v1')
  t.is(pulled.code, 0, pulled.output)
  const pushed = await copy('gina', image, remote('acme/app:v2'))
  t.is(pushed.code, 1)
  t.regex(pushed.output, /requested access to the resource is denied/)
})

declare('without a login skopeo pulls what is public and not what is private', async (t) => {
  t.is((await copy('alice', image, remote('open/app:v1'))).code, 0)
  const open = await pull('nobody', 'open/app:v1')
  t.is(open.code, 0, open.output)
  const closed = await pull('nobody', 'acme/app:v1')
  t.is(closed.code, 1)
  t.regex(closed.output, /requested access to the resource is denied|unauthorized/)
})
