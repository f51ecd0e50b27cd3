import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import {
  addCredentials,
  DORA,
  mintIdentityToken,
  type TestCredentials,
} from '../support/credentials.ts'
import { makeTar, writeOciLayout } from '../support/layered-image.ts'
import { type CommandResult, runCommand } from '../support/run-command.ts'
import { findObstacle, testUnless } from '../support/skip-aloud.ts'
import { ALICE, type Person, startTestStack, type TestStack } from '../support/stack.ts'
import { makeTemporaryDir, removeDir } from '../support/temporary-dir.ts'

const obstacle = findObstacle(
  ['skopeo', 'podman', 'buildah', 'docker-registry', 'mariadbd', 'nginx'],
  { asRoot: true },
)
const declare = testUnless(obstacle)
const dir = makeTemporaryDir()
const layout = `oci:${join(dir, 'image')}:latest`
let stack: TestStack
let own: TestCredentials

const store = [
  '--root',
  join(dir, 'store'),
  '--runroot',
  join(dir, 'run'),
  '--storage-driver',
  'vfs',
]
const remote = (name: string): string => `docker://${stack.address}/${name}`

interface Client {
  readonly name: string
  /** Of what it refuses to do. */
  readonly code: number
  readonly login: (as: Person, authFile: string) => Promise<CommandResult>
  readonly push: (image: string, authFile: string) => Promise<CommandResult>
  readonly pull: (image: string, authFile: string) => Promise<CommandResult>
}

const signIn = ({ username }: Person, authFile: string): readonly string[] => [
  'login',
  '--tls-verify=false',
  '--authfile',
  authFile,
  '--username',
  username,
  '--password-stdin',
  stack.address,
]

/** Podman and buildah share their store and most of their words. */
const ofContainers = (name: 'podman' | 'buildah'): Client => ({
  name,
  code: 125,
  login: (as, authFile) =>
    runCommand(name, [...store, ...signIn(as, authFile)], { input: as.password }),
  push: (image, authFile) =>
    runCommand(name, [
      ...store,
      'push',
      '--tls-verify=false',
      '--authfile',
      authFile,
      'localhost/hello:v1',
      `${stack.address}/${image}`,
    ]),
  pull: (image, authFile) =>
    runCommand(name, [
      ...store,
      'pull',
      // Buildah is content with what its store has.
      ...(name === 'buildah' ? ['--policy', 'always'] : []),
      '--tls-verify=false',
      '--authfile',
      authFile,
      `${stack.address}/${image}`,
    ]),
})

const copy = (authFile: string, from: string, to: string): Promise<CommandResult> =>
  runCommand('skopeo', [
    'copy',
    '--insecure-policy',
    '--src-tls-verify=false',
    '--dest-tls-verify=false',
    '--authfile',
    authFile,
    from,
    to,
  ])

const SKOPEO: Client = {
  name: 'skopeo',
  code: 1,
  login: (as, authFile) => runCommand('skopeo', [...signIn(as, authFile)], { input: as.password }),
  push: (image, authFile) => copy(authFile, layout, remote(image)),
  pull: (image, authFile) => copy(authFile, remote(image), `dir:${join(dir, 'pulled')}`),
}

const CLIENTS = [SKOPEO, ofContainers('podman'), ofContainers('buildah')]

/** A login file as somebody writes it by hand, with what no login would have taken. */
function writeAuthFile({ username, password }: Person): string {
  const path = join(dir, 'by-hand.json')
  const auth = Buffer.from(`${username}:${password}`).toString('base64')
  writeFileSync(path, JSON.stringify({ auths: { [stack.address]: { auth } } }))
  return path
}

test.before(async () => {
  if (obstacle !== undefined) return
  stack = await startTestStack({ WARDEN_IDENTITY_TOKENS: 'on' })
  own = await addCredentials(stack)
  writeOciLayout(join(dir, 'image'), 'skopeo')
  const archive = join(dir, 'hello.tar')
  writeFileSync(archive, makeTar('hello.txt', 'podman'))
  const { code, output } = await runCommand('podman', [
    ...store,
    'import',
    archive,
    'localhost/hello:v1',
  ])
  if (code !== 0) throw new Error(`podman import failed: ${output}`)
})

test.after.always(async () => {
  await stack?.remove()
  removeDir(dir)
})

for (const client of CLIENTS) {
  for (const [what, who] of [
    ['a password', () => ALICE],
    ['an access token', () => own.token],
    ['a robot', () => own.robot],
  ] as const) {
    declare(`${client.name} signs in, pushes and pulls with ${what}`, async (t) => {
      const authFile = join(dir, `${client.name}-${what.replaceAll(' ', '-')}.json`)
      const image = `acme/${client.name}:v1`
      for (const work of [
        () => client.login(who(), authFile),
        () => client.push(image, authFile),
        () => client.pull(image, authFile),
      ]) {
        const { code, output } = await work()
        t.is(code, 0, output)
      }
    })
  }
}

const WRONG = 'the user name or the password is wrong'

for (const [what, who, reason] of [
  ['a wrong password', () => ({ ...ALICE, password: 'wrong' }), WRONG],
  ['a revoked token', () => own.revokedToken, WRONG],
  ['an expired robot', () => own.expiredRobot, 'the robot robot$acme+old ended at '],
  ['a disabled robot', () => own.disabledRobot, 'the robot robot$acme+off is disabled'],
  ['a robot of another network', () => own.farRobot, 'may not sign in from 127.0.0.1'],
  ['a disabled user', () => DORA, 'the account dora is disabled; ask an administrator'],
  [
    'an identity token as password',
    () => mintIdentityToken(stack, ALICE),
    'an identity token is not a password; use the password or an access token',
  ],
] as const) {
  declare(`a login with ${what} is invalid, and a pull with it prints why`, async (t) => {
    const as = await who()
    for (const client of CLIENTS) {
      const refused = await client.login(as, join(dir, 'refused.json'))
      t.is(refused.code, client.code, client.name)
      t.regex(refused.output, /invalid username\/password/, client.name)
      const pulled = await client.pull(`acme/${client.name}:v1`, writeAuthFile(as))
      t.is(pulled.code, client.code, client.name)
      t.true(pulled.output.includes(reason), `${client.name}: ${pulled.output}`)
    }
  })
}

declare('a narrow token pushes within its patterns, and is denied elsewhere', async (t) => {
  const authFile = join(dir, 'narrow.json')
  for (const client of CLIENTS) {
    t.is((await client.login(own.narrowToken, authFile)).code, 0, client.name)
    const inside = await client.push(`acme/web/${client.name}:v1`, authFile)
    t.is(inside.code, 0, inside.output)
    for (const work of [client.push, client.pull]) {
      const { code, output } = await work(`acme/${client.name}:v1`, authFile)
      t.is(code, client.code, client.name)
      t.regex(output, /requested access to the resource is denied/, client.name)
    }
  }
})
