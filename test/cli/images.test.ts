import test from 'ava'
import { pullStatus, pushImage } from '../support/image.ts'
import { ADMIN, type Service, startService } from '../support/service.ts'
import { type CommandInput, type Result, signedIn, warden } from './command.ts'

let service: Service
let image: { readonly digest: string; readonly sizeBytes: number }

test.before(async () => {
  service = await startService()
  await service.admin('POST', '/api/v1/projects', { name: 'acme' })
  const tags = ['1', '2', '3', '4', 'latest']
  image = await pushImage(service, { as: ADMIN, repository: 'acme/app', tags })
  await pushImage(service, { as: ADMIN, repository: 'ubuntu', tags: ['24.04'] })
})
test.after.always(() => service.stop())

const asAdmin = (args: readonly string[], input: CommandInput = {}): Promise<Result> =>
  warden(args, { ...input, env: signedIn(service.url, ADMIN) })

const statusOf = (tag: string): Promise<number> =>
  pullStatus(service, { as: ADMIN, repository: 'acme/app', tag })

const rowsOf = (text: string): readonly string[] =>
  text.split('\n').map((line) => line.trimEnd().replace(/ {2,}/g, ' | '))

test.serial('repositories are listed, all or those of a project', async (t) => {
  const all = await asAdmin(['repo', 'list'])
  t.deepEqual(rowsOf(all.stdout), [
    'repository | tags | size | pushed',
    'acme/app | 5 | - | -',
    'ubuntu | 1 | - | -',
    '',
  ])
  const some = await asAdmin(['repo', 'list', '--project', 'library', '--json'])
  const { items } = JSON.parse(some.stdout)
  t.deepEqual(
    items.map(({ name }: { name: string }) => name),
    ['ubuntu'],
  )
})

test.serial('tags are listed with digest and size', async (t) => {
  const { stdout } = await asAdmin(['tag', 'list', 'acme/app', '--limit', '1'])
  t.deepEqual(rowsOf(stdout), [
    'tag | digest | size | pushed',
    `1 | ${image.digest} | ${image.sizeBytes} B | -`,
    '',
  ])
})

test.serial('one repository and one tag are shown', async (t) => {
  const repository = await asAdmin(['repo', 'show', 'acme/app'])
  t.regex(repository.stdout, /^repository +acme\/app\ntags +5/m)
  for (const words of [['acme/app:1'], ['acme/app', '1']]) {
    const { stdout } = await asAdmin(['tag', 'show', ...words, '--json'])
    t.like(JSON.parse(stdout), { name: '1', digest: image.digest, sizeBytes: image.sizeBytes })
  }
  t.regex((await asAdmin(['tag', 'show', 'acme/app:1'])).stdout, /^immutable +no/m)
  t.is((await asAdmin(['tag', 'show', 'acme/app:none'])).code, 3)
  t.is((await asAdmin(['repo', 'show', 'localhost:5000/acme/app'])).code, 2)
})

test.serial('a repository that is not there is not found', async (t) => {
  const { code, stderr } = await asAdmin(['tag', 'list', 'acme/none'])
  t.is(code, 3)
  t.is(stderr, 'there is no repository acme/none\n')
})

test.serial('one of several tags on an image is deleted, the others still pull', async (t) => {
  const deleted = await asAdmin(['tag', 'delete', 'acme/app', '1', '--yes'])
  t.is(deleted.code, 0)
  t.is(deleted.stderr, 'The tag 1 of acme/app is gone.\n')
  t.deepEqual([await statusOf('1'), await statusOf('2')], [404, 200])
  t.is((await asAdmin(['tag', 'delete', 'acme/app', '1', '--yes'])).code, 3)
})

test.serial("a tag may be named in docker's way", async (t) => {
  const { stdout } = await asAdmin(['tag', 'delete', 'acme/app:2', '--yes', '--json'])
  t.deepEqual(JSON.parse(stdout), { repository: 'acme/app', tag: '2', deleted: true })
  t.is(await statusOf('2'), 404)
})

for (const [answer, code, status] of [
  ['\r', 1, 200],
  ['no\r', 1, 200],
  ['y\r', 0, 404],
] as const) {
  test.serial(`${JSON.stringify(answer)} to the question leaves a pull of ${status}`, async (t) => {
    const result = await asAdmin(['tag', 'delete', 'acme/app', '3'], { typed: [answer] })
    t.is(result.code, code)
    t.true(result.stderr.includes('Delete the tag 3 of acme/app? [y/N] '))
    t.is(await statusOf('3'), status)
  })
}

test.serial('who may not see a repository can delete nothing in it', async (t) => {
  const out = { username: 'out', password: 'outs-own-pw-7' }
  await service.admin('POST', '/api/v1/users', out)
  const env = signedIn(service.url, out)
  const { code } = await warden(['tag', 'delete', 'acme/app:latest', '--yes'], { env })
  t.is(code, 3)
  t.is(await statusOf('latest'), 200)
})
