import test from 'ava'
import { pullStatus } from '../support/image.ts'
import { pushIndexed } from '../support/index-rows.ts'
import { ADMIN, type Service, startService } from '../support/service.ts'
import { type CommandInput, type Result, signedIn, warden } from './command.ts'

let service: Service
let image: { readonly digest: string; readonly sizeBytes: number }

test.before(async () => {
  service = await startService({ notifies: true })
  await service.admin('POST', '/api/v1/projects', { name: 'acme' })
  const tags = ['1', '2', '3', '4', 'latest']
  image = await pushIndexed(service, { as: ADMIN, repository: 'acme/app', tags })
  await pushIndexed(service, { as: ADMIN, repository: 'ubuntu', tags: ['24.04'] })
})
test.after.always(() => service.stop())

const asAdmin = (args: readonly string[], input: CommandInput = {}): Promise<Result> =>
  warden(args, { ...input, env: signedIn(service.url, ADMIN) })

const statusOf = (tag: string): Promise<number> =>
  pullStatus(service, { as: ADMIN, repository: 'acme/app', tag })

const TIME = /\d{4}-\d\d-\d\dT[\d:.]+Z/g

const rowsOf = (text: string): readonly string[] =>
  text
    .replace(TIME, 'TIME')
    .split('\n')
    .map((line) => line.trimEnd().replace(/ {2,}/g, ' | '))

test.serial('repositories are listed, all or those of a project', async (t) => {
  const all = await asAdmin(['repo', 'list'])
  t.deepEqual(rowsOf(all.stdout), [
    'repository | tags | size | pulls | pushed | pulled',
    `acme/app | 5 | ${image.sizeBytes} B | 0 | TIME | -`,
    `ubuntu | 1 | ${image.sizeBytes} B | 0 | TIME | -`,
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
    'tag | digest | size | pushed | pulled',
    `1 | ${image.digest} | ${image.sizeBytes} B | TIME | -`,
    '',
  ])
})

test.serial('one repository and one tag are shown', async (t) => {
  const repository = await asAdmin(['repo', 'show', 'acme/app'])
  t.deepEqual(rowsOf(repository.stdout).slice(0, 3), [
    'field | value',
    'repository | acme/app',
    'tags | 5',
  ])
  for (const words of [['acme/app:1'], ['acme/app', '1']]) {
    const { stdout } = await asAdmin(['tag', 'show', ...words, '--json'])
    t.like(JSON.parse(stdout), { name: '1', digest: image.digest, sizeBytes: image.sizeBytes })
  }
  t.regex((await asAdmin(['tag', 'show', 'acme/app:1'])).stdout, /^immutable +no *$/m)
  t.is((await asAdmin(['tag', 'show', 'acme/app:none'])).code, 3)
  t.is((await asAdmin(['repo', 'show', 'localhost:5000/acme/app'])).code, 2)
})

test.serial('repositories and tags are sorted as asked', async (t) => {
  const found = await asAdmin(['repo', 'list', '--sort', '-name', '--json'])
  const nameOf = ({ name }: { name: string }) => name
  t.deepEqual(JSON.parse(found.stdout).items.map(nameOf), ['ubuntu', 'acme/app'])
  const tags = await asAdmin(['tag', 'list', 'acme/app', '--sort', '-version', '--json'])
  t.deepEqual(JSON.parse(tags.stdout).items.map(nameOf), ['4', '3', '2', '1', 'latest'])
  t.is((await asAdmin(['repo', 'list', '--sort', 'color'])).code, 2)
})

test.serial('the names of repositories are shown level by level', async (t) => {
  t.deepEqual(rowsOf((await asAdmin(['repo', 'tree'])).stdout), ['name', 'acme/', 'ubuntu', ''])
  t.deepEqual(rowsOf((await asAdmin(['repo', 'tree', 'acme'])).stdout), ['name', 'acme/app', ''])
})

test.serial('an image is shown by tag and by digest, and what is kept about it', async (t) => {
  for (const name of ['acme/app:latest', `acme/app@${image.digest}`]) {
    const { stdout } = await asAdmin(['manifest', 'show', name, '--json'])
    t.like(JSON.parse(stdout), {
      digest: image.digest,
      kind: 'image',
      sizeBytes: image.sizeBytes,
      tags: ['1', '2', '3', '4', 'latest'],
      platform: { os: 'linux', architecture: null, variant: null },
    })
  }
  t.regex((await asAdmin(['manifest', 'show', 'acme/app:1'])).stdout, /^platform +linux/m)
  t.is((await asAdmin(['manifest', 'show', 'acme/app:none'])).code, 3)
  const about = await asAdmin(['manifest', 'referrers', `acme/app@${image.digest}`])
  t.deepEqual([about.stdout, about.stderr], ['', 'There is nothing about it.\n'])
})

test.serial('what an index holds is shown in one line', async (t) => {
  const { database } = service
  const { id: manifest_id } = await database('manifests')
    .where({ digest: image.digest })
    .first('id')
  const digests = ['a', 'b'].map((letter) => `sha256:${letter.repeat(64)}`)
  await database('manifest_children').insert(
    digests.map((digest, position) => ({
      manifest_id,
      position,
      digest,
      media_type: '',
      role: 'attestation',
    })),
  )
  const { stdout } = await asAdmin(['manifest', 'show', 'acme/app:1'])
  const holds = stdout.split('\n').find((line) => line.startsWith('holds'))
  t.is(holds?.trimEnd(), `holds          ${digests[0]} attestation, ${digests[1]} attestation`)
})

test.serial('names and tags are searched', async (t) => {
  const { stdout } = await asAdmin(['search', 'app'])
  t.deepEqual(rowsOf(stdout), ['repository | tag | digest', 'acme/app | - | -', ''])
  const tags = await asAdmin(['search', 'lat', '--kind', 'tag'])
  t.deepEqual(rowsOf(tags.stdout), ['repository | tag | digest', 'acme/app | latest | -', ''])
  const digest = await asAdmin(['search', '--digest', image.digest, '--json'])
  const repositories = JSON.parse(digest.stdout).items.map(
    ({ repository }: { repository: string }) => repository,
  )
  t.deepEqual(repositories, ['acme/app', 'ubuntu'])
  t.is((await asAdmin(['search'])).code, 2)
})

test.serial('pushes are counted by day and project', async (t) => {
  const { stdout } = await asAdmin(['statistics', '--project', 'acme', '--json'])
  const [day] = JSON.parse(stdout).items
  t.like(day, { project: 'acme', pulls: 0, pushes: 5 })
  t.is((await asAdmin(['statistics', '--from', 'yesterday'])).code, 2)
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
