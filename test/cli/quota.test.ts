import test from 'ava'
import { parseSize } from '../../src/cli/sizes.ts'
import { ADMIN, type Service, startService } from '../support/service.ts'
import { type Result, signedIn, warden } from './command.ts'

let service: Service

test.before(async () => {
  service = await startService({ registryUrl: 'http://127.0.0.1:9', env: { WARDEN_DOOR: 'off' } })
  await service.admin('POST', '/api/v1/projects', { name: 'acme' })
})
test.after.always(() => service.stop())

const quota = (...args: readonly string[]): Promise<Result> =>
  warden(['project', 'quota', ...args], { env: signedIn(service.url, ADMIN) })

test.serial('a quota is set by a size, shown, and left to the settings', async (t) => {
  t.is(
    (await quota('set', 'acme', '10GB')).stderr,
    'The project acme may keep 10.0 GB; it uses 0 B.\n',
  )
  const shown = await quota('show', 'acme')
  t.deepEqual(
    shown.stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.trimEnd().replace(/ {2,}/g, ' | ')),
    [
      'field | value',
      'used | 0 B',
      'limit | 10.0 GB',
      'from | project',
      'warning | -',
      'enforcement | at the limit nobody gets a token to push with',
    ],
  )
  t.is(
    (await quota('set', 'acme', 'default')).stderr,
    'The project acme has no limit; it uses 0 B.\n',
  )
  t.is(JSON.parse((await quota('show', 'acme', '--json')).stdout).limitBytes, null)
})

for (const [text, bytes] of [
  ['0', 0],
  ['1024', 1024],
  ['10GiB', 10_737_418_240],
  ['1.5 TB', 1_500_000_000_000],
  ['500MB', 500_000_000],
] as const) {
  test(`${text} is ${bytes} bytes`, (t) => {
    t.is(parseSize(text), bytes)
  })
}

for (const text of ['', '-1', '10gb', 'GB', '1e9', '10 G B', '9007199254740992', '1..5GB']) {
  test.serial(`${JSON.stringify(text)} is no size`, async (t) => {
    const { code, stderr } = await quota('set', 'acme', '--', text)
    t.is(code, 2)
    t.regex(stderr, /must be bytes, or a size with its unit, such as 500MB or 10GiB/)
  })
}
