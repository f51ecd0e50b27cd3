import test from 'ava'
import { ADMIN, type Service, startService } from '../support/service.ts'
import { type CommandInput, type Result, signedIn, warden } from './command.ts'

let service: Service

test.before(async () => {
  service = await startService({ registryUrl: 'http://127.0.0.1:9' })
  for (const username of ['ann', 'ben', 'cyd']) {
    await service.admin('POST', '/api/v1/users', { username, password: `${username}s-own-pw-7` })
  }
  await service.admin('POST', '/api/v1/projects', { name: 'acme' })
})
test.after.always(() => service.stop())

const asAdmin = (args: readonly string[], input: CommandInput = {}): Promise<Result> =>
  warden(args, { ...input, env: signedIn(service.url, ADMIN) })

const signIn = async (username: string, password: string): Promise<number> =>
  (await service.request('GET', '/api/v1/me', { as: { username, password } })).status

test('a group is made, filled, given a role and deleted', async (t) => {
  const made = await asAdmin(['group', 'create', 'ops', '--description', 'on call'])
  t.is(made.stderr, 'The group ops is made.\nNext: warden group add ops USER\n')
  t.is((await asAdmin(['group', 'add', 'ops', 'ann'])).stderr, 'ann is in the group ops.\n')
  const members = await asAdmin(['group', 'members', 'ops', '--json'])
  t.deepEqual(JSON.parse(members.stdout), { items: [{ username: 'ann' }] })
  const set = await asAdmin(['member', 'set', 'acme', '--group', 'ops', '--role', 'maintainer'])
  t.is(set.stderr, 'The group ops is maintainer in acme.\n')
  const list = await asAdmin(['member', 'list', 'acme', '--json'])
  t.deepEqual(JSON.parse(list.stdout).items[1], {
    group: 'ops',
    role: 'maintainer',
    repositories: null,
    expiresAt: null,
  })
  const ended = await asAdmin(['member', 'remove', 'acme', '--group', 'ops'])
  t.is(ended.stderr, 'The group ops is no member of acme any more.\n')
  t.is((await asAdmin(['group', 'remove', 'ops', 'ann'])).code, 0)
  t.is((await asAdmin(['group', 'delete', 'ops'])).code, 2)
  t.is((await asAdmin(['group', 'delete', 'ops', '--yes'])).stderr, 'The group ops is deleted.\n')
  t.is((await asAdmin(['group', 'members', 'ops'])).code, 3)
})

test('what is said of a group is changed, and taken away', async (t) => {
  await asAdmin(['group', 'create', 'docs'])
  const set = await asAdmin(['group', 'set', 'docs', '--description', 'writers'])
  t.is(set.stderr, 'The group docs is changed.\n')
  const shown = await asAdmin(['group', 'show', 'docs', '--json'])
  t.like(JSON.parse(shown.stdout), { name: 'docs', description: 'writers' })
  await asAdmin(['group', 'set', 'docs', '--description', ''])
  t.regex((await asAdmin(['group', 'show', 'docs'])).stdout, /^description +-/m)
  t.is((await asAdmin(['group', 'set', 'docs'])).code, 2)
})

test('one membership is shown, of a user or of a group', async (t) => {
  await service.admin('POST', '/api/v1/projects', { name: 'shown' })
  await asAdmin(['group', 'create', 'readers'])
  for (const who of [['ann'], ['--group', 'readers']]) {
    await asAdmin(['member', 'set', 'shown', ...who, '--role', 'guest'])
  }
  const ofUser = await asAdmin(['member', 'show', 'shown', 'ann', '--json'])
  t.like(JSON.parse(ofUser.stdout), { username: 'ann', role: 'guest' })
  const ofGroup = await asAdmin(['member', 'show', 'shown', '--group', 'readers'])
  t.regex(ofGroup.stdout, /^group +readers\nrole +guest/m)
  t.is((await asAdmin(['member', 'show', 'shown', 'ben'])).code, 3)
})

for (const args of [
  ['member', 'show', 'acme'],
  ['member', 'set', 'acme', '--role', 'guest'],
  ['member', 'set', 'acme', 'ann', '--group', 'ops', '--role', 'guest'],
  ['member', 'remove', 'acme'],
]) {
  test(`${args.join(' ')} names not one member and is wrong use`, async (t) => {
    t.is((await asAdmin(args)).code, 2)
  })
}

test('an administrator gives a user another password', async (t) => {
  const args = ['user', 'password', 'ann', '--password-stdin']
  const { code, stderr } = await asAdmin(args, { stdin: 'anns-new-harbour-7\n' })
  t.deepEqual([code, stderr], [0, 'The password of ann is changed.\n'])
  t.is(await signIn('ann', 'anns-new-harbour-7'), 200)
})

test('a user changes their own password with the one that they are signed in with', async (t) => {
  const env = signedIn(service.url, { username: 'ben', password: 'bens-own-pw-7' })
  const args = ['user', 'password', 'ben', '--password-stdin', '--json']
  const { code, stdout } = await warden(args, { env, stdin: 'bens-new-harbour-7' })
  t.is(code, 0)
  t.deepEqual(JSON.parse(stdout), { username: 'ben', passwordChanged: true })
  t.is(await signIn('ben', 'bens-new-harbour-7'), 200)
})

test('a user is deleted once somebody is sure', async (t) => {
  t.is((await asAdmin(['user', 'delete', 'cyd'])).code, 2)
  const asked = await asAdmin(['user', 'delete', 'cyd'], { typed: ['n\r'] })
  t.is(asked.code, 1)
  t.is((await asAdmin(['user', 'delete', 'cyd', '--yes'])).stderr, 'The user cyd is deleted.\n')
  t.is((await asAdmin(['user', 'show', 'cyd'])).code, 3)
})
