import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import test from 'ava'
import { OCI_MANIFEST } from '../../src/protocol/media-types.ts'
import { type Result, warden } from '../cli/command.ts'
import { fetchToken, pullStatus, pushImage } from '../support/image.ts'
import { loseDatabase, makePremises, type Premises } from '../support/premises.ts'
import { ADMIN, type Credentials } from '../support/service.ts'
import { findObstacle, testUnless } from '../support/skip-aloud.ts'
import { waitFor } from '../support/wait-for.ts'

const obstacle = findObstacle(['docker-registry', 'mariadbd'], { asRoot: false })
const declare = testUnless(obstacle)
/** Longer than what was used waits to be written down. */
const SETTLED_MS = 6000
const OLGA = { username: 'olga', password: 'a-quiet-harbour-71' }

async function fill({ api }: Premises): Promise<{ readonly secret: string; robot: string }> {
  await api('POST', '/users', { json: OLGA })
  await api('POST', '/projects', { json: { name: 'acme' } })
  await api('PUT', '/projects/acme/members/users/olga', { json: { role: 'developer' } })
  await api('POST', '/groups', { json: { name: 'crew' } })
  await api('PUT', '/groups/crew/members/olga', { json: {} })
  await api('PUT', '/projects/acme/quota', { json: { limitBytes: 1_000_000_000 } })
  const rules = [{ template: 'latestPushed', k: 1 }]
  await api('PUT', '/projects/acme/retention', { json: { rules } })
  await api('PUT', '/projects/acme/immutable-tags', {
    json: { rules: [{ repositories: '**', tags: 'v*' }] },
  })
  await api('PATCH', '/settings', { json: { projectCreation: 'everyone' } })
  const token = await api('POST', '/me/tokens', { json: { name: 'laptop' }, as: OLGA })
  const permissions = [{ repositories: '**', actions: ['pull', 'push'] }]
  const robot = await api('POST', '/projects/acme/robots', { json: { name: 'ci', permissions } })
  return { secret: token.body.secret, robot: robot.body.secret }
}

async function readState({ api }: Premises): Promise<Readonly<Record<string, unknown>>> {
  const paths = {
    users: '/users',
    members: '/projects/acme/members',
    group: '/groups/crew',
    quota: '/projects/acme/quota',
    retention: '/projects/acme/retention',
    immutable: '/projects/acme/immutable-tags',
    settings: '/settings',
    robots: '/projects/acme/robots',
    tags: '/repositories/acme/app/tags',
  }
  const state: Record<string, unknown> = {}
  for (const [name, path] of Object.entries(paths)) state[name] = (await api('GET', path)).body
  return state
}

/** All of its state is lost but the storage of the registry and the backup. */
async function loseAll(premises: Premises): Promise<void> {
  await premises.stopServing()
  await loseDatabase(premises)
  rmSync(premises.certsDir, { recursive: true })
}

async function reconcile(premises: Premises): Promise<void> {
  await premises.api('POST', '/maintenance/reconcile', { json: {} })
  const isOver = async (): Promise<boolean> =>
    (await premises.api('GET', '/maintenance/restore')).body.state === 'unconfirmed'
  await waitFor(isOver, { what: 'a whole reconcile', mostMs: 60_000 })
}

/** What was pushed and used a moment ago is counted and sized some seconds later. */
async function readSettled(of: Premises): Promise<Readonly<Record<string, unknown>>> {
  let last = await readState(of)
  const look = async () => {
    const [was] = [last, await sleep(SETTLED_MS)]
    last = await readState(of)
    return isDeepStrictEqual(was, last) && last
  }
  return (await waitFor(look, { what: 'a state that stays', mostMs: 60_000 })).found
}

let premises: Premises
let passphraseFile: string
let path: string
let secrets: { readonly secret: string; readonly robot: string }
let before: Readonly<Record<string, unknown>>
let bundle: string
let token: string

const run = (args: readonly string[]): Promise<Result> => warden(args, { env: premises.env })
const pull = (as: Credentials, tag = 'v1'): Promise<number> =>
  pullStatus(premises, { as, repository: 'acme/app', tag })
const stateOfRestore = async () => (await premises.api('GET', '/maintenance/restore')).body.state
const confirm = () => premises.api('POST', '/maintenance/restore/confirmation', { json: {} })
const deleteApp = () => premises.api('DELETE', '/repositories/acme/app')

test.before(async () => {
  if (obstacle !== undefined) return
  premises = await makePremises()
  passphraseFile = join(premises.dir, 'passphrase')
  path = join(premises.dir, 'state.backup')
  writeFileSync(passphraseFile, 'nine quiet harbours at noon\n')
  await premises.serve()
  await premises.restartRegistry()
  secrets = await fill(premises)
  await pushImage(premises, { as: OLGA, repository: 'acme/app', tags: ['v1', 'edge'] })
  const isListed = async (): Promise<boolean> =>
    (await premises.api('GET', '/repositories/acme/app/tags')).body.items?.length === 2
  await waitFor(isListed, { what: 'the index of both tags', mostMs: 60_000 })
})
test.after.always(() => premises?.stop())

declare('R36: the state is backed up while the service goes on', async (t) => {
  before = await readSettled(premises)
  bundle = readFileSync(join(premises.certsDir, 'bundle', 'ca.crt'), 'utf8')
  token = await fetchToken(premises, { as: OLGA, scope: 'repository:acme/app:pull' })
  const made = await run(['backup', path, '--passphrase-file', passphraseFile, '--json'])
  t.is(made.code, 0, made.stderr)
  t.deepEqual(JSON.parse(made.stdout).files, ['authority', 'auditKey', 'bundle'])
})

declare('R36: all is lost, and restored as it was, with its credentials listed', async (t) => {
  await loseAll(premises)
  const restored = await run(['restore', path, '--passphrase-file', passphraseFile, '--json'])
  t.is(restored.code, 0, restored.stderr)
  const { credentials } = JSON.parse(restored.stdout)
  t.deepEqual(
    credentials.map(({ kind, name, owner }: Record<string, string>) => [kind, name, owner]),
    [
      ['access token', 'laptop', 'olga'],
      ['robot', 'ci', 'acme'],
    ],
  )
  t.is(readFileSync(join(premises.certsDir, 'bundle', 'ca.crt'), 'utf8'), bundle)
  await premises.serve()
  t.deepEqual(await readState(premises), before)
})

declare('R36: after it a registry that was not restarted takes old and new tokens', async (t) => {
  const answer = await fetch(`${premises.registryUrl}/v2/acme/app/manifests/v1`, {
    headers: { authorization: `Bearer ${token}`, accept: OCI_MANIFEST },
  })
  t.is(answer.status, 200)
  const byToken = { username: 'olga', password: secrets.secret }
  const byRobot = { username: 'robot$acme+ci', password: secrets.robot }
  t.deepEqual([await pull(OLGA), await pull(byToken), await pull(byRobot)], [200, 200, 200])
  await pushImage(premises, { as: OLGA, repository: 'acme/app', tags: ['after'], text: 'new' })
  t.is(await pull(OLGA, 'after'), 200)
  const verified = await run(['audit', 'verify'])
  t.is(verified.code, 0, verified.stderr)
})

declare('R28: what destroys is refused until a whole reconcile, and says why', async (t) => {
  const isBegun = (await stateOfRestore()) !== 'unreconciled'
  t.is(isBegun, false)
  t.is((await confirm()).status, 409)
  const ready = await fetch(`${premises.privateUrl}/readyz`)
  const { status, parts } = (await ready.json()) as {
    readonly status: string
    readonly parts: readonly { readonly name: string; readonly reason?: string }[]
  }
  t.is(status, 'degraded')
  t.regex(parts.find(({ name }) => name === 'restore')?.reason ?? '', /run warden reconcile --wait/)
  await reconcile(premises)
})

declare('R28: and until an administrator has given the word', async (t) => {
  const deletion = await deleteApp()
  t.is(deletion.status, 409)
  t.regex(
    deletion.body.detail,
    /restored from a backup of .*, and no administrator has confirmed it/,
  )
  const removal = { tags: ['edge'], dryRun: false }
  t.is((await premises.api('POST', '/projects/acme/removals', { json: removal })).status, 409)
  const run = { dryRun: false }
  const retention = await premises.api('POST', '/projects/acme/retention/runs', { json: run })
  t.is(retention.status, 409)
  t.regex(retention.body.detail, /restored from a backup of/)
  t.like((await confirm()).body, { state: 'confirmed', confirmedBy: ADMIN.username })
  t.is((await confirm()).status, 200)
  const { body } = await premises.api('GET', '/audit?action=restore.confirm')
  t.is(body.items.length, 1)
  t.is((await deleteApp()).status, 202)
})
