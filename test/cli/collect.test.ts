import test from 'ava'
import { type CollectWorld, startCollectWorld } from '../support/collect-world.ts'
import { pushImage } from '../support/image.ts'
import { ADMIN, startService } from '../support/service.ts'
import { type CommandInput, type Result, signedIn, warden } from './command.ts'

let world: CollectWorld

test.before(async () => {
  world = await startCollectWorld()
  await world.service.admin('POST', '/api/v1/projects', { name: 'acme', visibility: 'private' })
  await pushImage(world.places, { as: ADMIN, repository: 'acme/app', tags: ['1'] })
  await world.leaveBlob('acme/app', 'nobody needs this')
})
test.after.always(() => world?.stop())

const gc = (args: readonly string[] = [], input: CommandInput = {}): Promise<Result> =>
  warden(['gc', ...args], { ...input, env: signedIn(world.service.url, ADMIN) })

test.serial('gc status says what is configured', async (t) => {
  const { code, stdout } = await gc(['status'])
  t.is(code, 0)
  t.regex(stdout, /configured +yes/)
  t.regex(stdout, /limit +1800 seconds/)
})

test.serial('gc --dry-run tells what would go', async (t) => {
  const { code, stdout } = await gc(['--dry-run'])
  t.is(code, 0)
  t.regex(stdout, /kind +dry +\n/)
  t.regex(stdout, /bytes +17 B +\n/)
})

test.serial('gc waits for the end, and prints the report', async (t) => {
  const { code, stdout } = await gc(['--json'])
  t.is(code, 0)
  t.like(JSON.parse(stdout), { state: 'done', blobs: 1, bytes: 17, untagged: [], gaps: [] })
})

test.serial('gc runs and gc show tell of it afterwards', async (t) => {
  const { stdout } = await gc(['runs', '--json'])
  const { items } = JSON.parse(stdout)
  t.deepEqual(
    items.map((item: { readonly dryRun: boolean }) => item.dryRun),
    [false, true],
  )
  t.regex((await gc(['show', String(items[0].id)])).stdout, /state +done +\n/)
  t.is((await gc(['show', '999'])).code, 3)
})

test.serial('gc release asks first, and has nothing to release', async (t) => {
  t.is((await gc(['release'])).code, 2)
  const { code, stderr } = await gc(['release', '--yes'])
  t.is(code, 5)
  t.is(stderr, 'no collection holds writes now\n')
})

test('gc where no collector is configured ends with 5 and says what to set', async (t) => {
  const service = await startService({ registryUrl: 'http://127.0.0.1:9' })
  t.teardown(service.stop)
  const { code, stderr } = await warden(['gc'], { env: signedIn(service.url, ADMIN) })
  t.is(code, 5)
  t.regex(stderr, /set WARDEN_GC_COMMAND and WARDEN_GC_LOCK/)
})
