import test from 'ava'
import { insertItems } from '../../src/policies/retention/item-queries.ts'
import { noteReconcile } from '../support/retention-world.ts'
import { ADMIN, type Service, startService } from '../support/service.ts'
import { type CommandInput, type Result, signedIn, warden } from './command.ts'

let service: Service

test.before(async () => {
  service = await startService({ registryUrl: 'http://127.0.0.1:9' })
  await service.admin('POST', '/api/v1/projects', { name: 'acme' })
})
test.after.always(() => service.stop())

const retention = (args: readonly string[], input: CommandInput = {}): Promise<Result> =>
  warden(['project', 'retention', ...args], { ...input, env: signedIn(service.url, ADMIN) })

const read = async () => (await service.admin('GET', '/api/v1/projects/acme/retention')).body

test.serial('retention set takes rules as they are said, and show tells them', async (t) => {
  t.is((await retention(['show', 'acme'])).stderr, 'There are no rules: every tag is kept.\n')
  const { code, stderr } = await retention([
    ...['set', 'acme', '--rule', 'always tags=v*,stable', '--rule', 'latestPushed=10'],
    ...['--rule', 'pulledWithin=90  repositories=web/**', '--schedule', '15 3 * * *'],
    ...['--untagged-days', '30'],
  ])
  t.is(code, 0)
  const { nextRunAt, ...policy } = await read()
  t.deepEqual(policy, {
    rules: [
      { template: 'always', repositories: ['**'], tags: ['v*', 'stable'] },
      { template: 'latestPushed', k: 10, repositories: ['**'], tags: ['*'] },
      { template: 'pulledWithin', days: 90, repositories: ['web/**'], tags: ['*'] },
    ],
    schedule: '15 3 * * *',
    untaggedDays: 30,
    enforcement: 'door',
  })
  t.is(
    stderr,
    `The project acme keeps what one of 3 rules keeps; the rest is removed next at ${nextRunAt}.\nNext: warden project retention run acme --dry-run --wait\n`,
  )
  const shown = await retention(['show', 'acme'])
  t.regex(shown.stdout, /1 +always +\*\* +v\*, stable/)
  t.regex(shown.stdout, /3 +pulledWithin=90 +web\/\*\* +\*/)
  t.regex(
    shown.stderr,
    /^What no rule keeps is removed by the schedule 15 3 \* \* \* \(UTC\), next at /,
  )
  t.regex(shown.stderr, /^A push to a tag waits while the rules take it away\.$/m)
  t.is(JSON.parse((await retention(['show', 'acme', '--json'])).stdout).rules.length, 3)
})

for (const [rule, sentence] of [
  [
    'newest=3',
    /a rule begins with latestPushed, latestPulled, pushedWithin, pulledWithin, always: newest=3/,
  ],
  ['latestPushed', /the first word needs a number from 1 behind =/],
  ['latestPushed=0', /the first word needs a number from 1 behind =/],
  ['always=1', /always has no number/],
  ['always labels=x', /only repositories=… and tags=… may follow/],
  ['always tags=', /only repositories=… and tags=… may follow/],
] as const) {
  test.serial(`the rule ${rule} is wrong use`, async (t) => {
    const { code, stderr } = await retention(['set', 'acme', '--rule', rule])
    t.is(code, 2)
    t.regex(stderr, sentence)
  })
}

test.serial(
  'retention run without an index to be trusted is a conflict that says why',
  async (t) => {
    const { code, stderr } = await retention(['run', 'acme', '--dry-run'])
    t.is(code, 5)
    t.regex(stderr, /the index was never compared with the registry as a whole/)
    await noteReconcile(service)
  },
)

test.serial('retention run asks before it removes, and a dry run does not', async (t) => {
  const unasked = await retention(['run', 'acme'])
  t.is(unasked.code, 2)
  t.regex(unasked.stderr, /add --yes/)
  const { code, stdout } = await retention(['run', 'acme', '--dry-run', '--wait', '--json'])
  t.is(code, 0)
  t.like(JSON.parse(stdout), { state: 'done', dryRun: true, kept: 0, toRemove: 0 })
  const begun = await retention(['run', 'acme', '--dry-run'])
  t.regex(begun.stderr, /^The run \d+ has begun; `warden project retention runs acme \d+` shows/)
})

test.serial('retention runs and decisions show what was decided', async (t) => {
  const { items } = JSON.parse((await retention(['runs', 'acme', '--json'])).stdout)
  t.is(items.length, 2)
  const { id } = items[1]
  const kept = {
    repository: 'acme/app',
    tag: '1.0',
    digest: `sha256:${'a'.repeat(64)}`,
    decision: 'keep',
    reason: 'needed',
    rule: undefined,
    neededBy: '1',
    pushedAt: new Date('2026-01-31T08:00:00.000Z'),
    pulledAt: undefined,
    reclaimableBytes: 0,
    outcome: undefined,
  } as const
  const removed = { ...kept, tag: '0.9', decision: 'remove', reason: 'rule', rule: 2 } as const
  await insertItems(service.database, id, [
    kept,
    { ...removed, neededBy: undefined, reclaimableBytes: 1_500_000 },
  ])
  const { stdout } = await retention(['decisions', 'acme', String(id)])
  t.regex(stdout, /acme\/app +0\.9 +remove +rule 2 +- +2026-01-31T08:00:00\.000Z +- +1\.5 MB +-/)
  t.regex(stdout, /acme\/app +1\.0 +keep +needed +1 +2026/)
  const some = await retention(['decisions', 'acme', String(id), '--decision', 'keep', '--json'])
  t.is(JSON.parse(some.stdout).items.length, 1)
  t.regex((await retention(['runs', 'acme', String(id)])).stdout, /state +done/)
  t.regex(
    (await retention(['runs', 'acme'])).stdout,
    new RegExp(`${id} +done +dry +0 +0 +0 +0 +0 B +admin`),
  )
  t.is((await retention(['runs', 'acme', '999'])).code, 3)
  t.is((await retention(['decisions', 'acme', 'x'])).code, 2)
})

test.serial('retention clear lets a project keep everything', async (t) => {
  t.is((await retention(['clear', 'acme'])).code, 2)
  t.is((await retention(['clear', 'acme', '--yes'])).stderr, 'The project acme keeps every tag.\n')
  t.deepEqual((await read()).rules, [])
})
