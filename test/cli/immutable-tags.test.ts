import test from 'ava'
import { ADMIN, type Service, startService } from '../support/service.ts'
import { type Result, signedIn, warden } from './command.ts'

let service: Service

test.before(async () => {
  service = await startService({ registryUrl: 'http://127.0.0.1:9', env: { WARDEN_DOOR: 'off' } })
  await service.admin('POST', '/api/v1/projects', { name: 'acme' })
})
test.after.always(() => service.stop())

const rulesOf = (...args: readonly string[]): Promise<Result> =>
  warden(['project', 'immutable-tags', ...args], { env: signedIn(service.url, ADMIN) })

test.serial('rules are set, shown and taken away', async (t) => {
  const set = await rulesOf('set', 'acme', 'web/**:v*,release-*', 'latest')
  t.is(set.code, 0)
  t.is(
    set.stderr,
    'Tags of the project acme are immutable by web/**:v*,release-* and **:latest.\n' +
      'A push that moves such a tag is found afterwards and undone.\n',
  )
  const shown = await rulesOf('show', 'acme')
  t.deepEqual(
    shown.stdout.split('\n').map((line) => line.trimEnd().replace(/ {2,}/g, ' | ')),
    ['repositories | tags', 'web/** | v*, release-*', '** | latest', ''],
  )
  t.deepEqual(JSON.parse((await rulesOf('show', 'acme', '--json')).stdout).rules[1], {
    repositories: ['**'],
    tags: ['latest'],
  })
  t.is(
    (await rulesOf('set', 'acme', '--none')).stderr,
    'No tag of the project acme is immutable any more.\n',
  )
  t.is((await rulesOf('show', 'acme')).stderr, 'No tag of the project acme is immutable.\n')
})

for (const [what, args, sentence] of [
  ['no rule', ['set', 'acme'], 'name the rules, or --none\n'],
  ['a rule beside --none', ['set', 'acme', 'v*', '--none'], 'name the rules, or --none\n'],
  [
    'a rule without tags',
    ['set', 'acme', 'web:'],
    '"web:" is no rule; write TAGS, or REPOSITORIES:TAGS, such as \'web/**:v*,release-*\'\n',
  ],
] as const) {
  test.serial(`${what} is wrong use`, async (t) => {
    const { code, stderr } = await rulesOf(...args)
    t.deepEqual([code, stderr], [2, sentence])
  })
}
