import test from 'ava'
import { ADMIN, type Service, startService } from '../support/service.ts'
import { type CommandInput, type Result, signedIn, warden } from './command.ts'

let service: Service

test.before(async () => {
  service = await startService({ registryUrl: 'http://127.0.0.1:9' })
  for (const username of ['ann', 'ben']) {
    await service.admin('POST', '/api/v1/users', { username, password: `${username}s-own-pw-7` })
  }
  await service.admin('POST', '/api/v1/projects', { name: 'acme' })
})
test.after.always(() => service.stop())

const asAdmin = (args: readonly string[], input: CommandInput = {}): Promise<Result> =>
  warden(args, { ...input, env: signedIn(service.url, ADMIN) })

const asAnn = (args: readonly string[]): Promise<Result> =>
  warden(args, { env: signedIn(service.url, { username: 'ann', password: 'anns-own-pw-7' }) })

const INSTANT = /\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z/g

/** Lines without padding, with every instant as NOW. */
const rowsOf = (text: string): readonly string[] =>
  text
    .replace(INSTANT, 'NOW')
    .split('\n')
    .map((line) => line.trimEnd().replace(/ {2,}/g, ' | '))

test('a project is made private, and the next steps are named', async (t) => {
  const { code, stdout, stderr } = await asAdmin(['project', 'create', 'fresh'])
  t.is(code, 0)
  t.is(stdout, '')
  t.is(
    stderr,
    'The project fresh is made: its members alone may pull from it.\n' +
      `Next: docker push ${new URL(service.url).host}/fresh/IMAGE:TAG\n` +
      'Next: warden member set fresh USER --role developer\n',
  )
  t.is((await asAdmin(['project', 'create', 'fresh'])).code, 5)
})

test('a project is opened to everybody and closed again', async (t) => {
  const show = async () => {
    const { stdout } = await asAdmin(['project', 'show', 'door', '--json'])
    return JSON.parse(stdout).visibility
  }
  await asAdmin(['project', 'create', 'door', '--public'])
  t.is(await show(), 'public')
  const closed = await asAdmin(['project', 'set', 'door', '--visibility', 'private'])
  t.is(closed.stderr, 'The project door is private: its members alone may pull from it.\n')
  t.is(await show(), 'private')
})

test('a project that one may not see is not found', async (t) => {
  const { code, stderr } = await asAnn(['project', 'show', 'library'])
  t.is(code, 3)
  t.is(stderr, 'there is no project library\n')
})

// First of all, while there is no public project.
test.serial('a list without items says so to people', async (t) => {
  const { code, stdout, stderr } = await asAnn(['project', 'list'])
  t.is(code, 0)
  t.is(stdout, '')
  t.is(stderr, 'There are no projects that you may read.\n')
})

test('a membership is given for some repositories and a time, then ended', async (t) => {
  const set = await asAdmin([
    ...['member', 'set', 'acme', 'ben', '--role', 'guest'],
    ...['--repositories', 'web/**', 'api', '--expires-at', '2040-01-01T08:00:00+08:00'],
  ])
  t.is(set.code, 0)
  t.is(set.stderr, 'ben is guest in acme, for web/** and api, until 2040-01-01T00:00:00.000Z.\n')
  const list = await asAdmin(['member', 'list', 'acme'])
  t.deepEqual(rowsOf(list.stdout), [
    'user | group | role | repositories | until',
    'admin | - | projectAdmin | all | -',
    'ben | - | guest | web/**, api | NOW',
    '',
  ])
  const removed = await asAdmin(['member', 'remove', 'acme', 'ben', '--json'])
  t.deepEqual(JSON.parse(removed.stdout), { project: 'acme', username: 'ben', removed: true })
  const again = await asAdmin(['member', 'remove', 'acme', 'ben'])
  t.deepEqual(again, { code: 3, stdout: '', stderr: 'ben is not a member of acme\n' })
})

test('a project is deleted once somebody has agreed to it', async (t) => {
  await asAdmin(['project', 'create', 'short'])
  const asked = await asAdmin(['project', 'delete', 'short', '--force'])
  t.is(asked.code, 2)
  t.is(asked.stderr, 'there is no terminal to ask whether you are sure; add --yes\n')
  // Without force the registry has to say that there are no images, and there is none here.
  const unproven = await asAdmin(['project', 'delete', 'short', '--yes'])
  t.is(unproven.code, 1)
  const gone = await asAdmin(['project', 'delete', 'short', '--yes', '--force'])
  t.is(gone.code, 0)
  t.is(
    gone.stderr,
    'The project short is deleted; its name is free when the last token has ended.\n',
  )
  const early = await asAdmin(['project', 'create', 'short'])
  t.is(early.code, 5)
  t.regex(early.stderr, /^the project short was deleted at .*; its name is free from then on\n$/)
  t.is((await asAdmin(['project', 'create', 'short', '--force'])).code, 0)
})

test('projects are found by the beginning of their name', async (t) => {
  for (const name of ['found-a', 'found-b']) {
    await service.admin('POST', '/api/v1/projects', { name })
  }
  const { stdout } = await asAdmin(['project', 'list', '--name', 'found-', '--json'])
  t.deepEqual(
    JSON.parse(stdout).items.map(({ name }: { name: string }) => name),
    ['found-a', 'found-b'],
  )
})
