import test from 'ava'
import { isImmutable } from '../../../src/policies/immutable-tags/match-rules.ts'

const WEB = { repositories: ['web/*'], tags: ['v*', 'release-*'] }
const ALL = { repositories: ['**'], tags: ['*'] }
const NOTED = `sha256-${'a'.repeat(64)}`

for (const [repository, tag, rules, expected] of [
  ['acme/web/ui', 'v1', [WEB], true],
  ['acme/web/ui', 'release-2', [WEB], true],
  ['acme/web/ui', 'latest', [WEB], false],
  ['acme/web/ui', 'V1', [WEB], false],
  ['acme/web/ui/deep', 'v1', [WEB], false],
  ['acme/api', 'v1', [WEB], false],
  ['acme/api', 'v1', [WEB, { repositories: ['api'], tags: ['v1'] }], true],
  ['acme/api', 'v10', [{ repositories: ['api'], tags: ['v1'] }], false],
  ['acme/deep/er/app', 'anything', [ALL], true],
  ['ubuntu', '24.04', [{ repositories: ['ubuntu'], tags: ['*.04'] }], true],
  ['acme/api', 'v1', [], false],
] as const) {
  test(`${repository}:${tag} is ${expected ? '' : 'not '}immutable by ${JSON.stringify(rules)}`, (t) => {
    t.is(isImmutable(rules, { repository, tag }), expected)
  })
}

for (const tag of [NOTED, `${NOTED}.sig`, `${NOTED}.att`]) {
  test(`${tag.slice(0, 8)}…${tag.slice(71)} changes with each signature, whatever a star says`, (t) => {
    t.false(isImmutable([ALL], { repository: 'acme/api', tag }))
    t.false(isImmutable([{ ...ALL, tags: ['*sha256-*'] }], { repository: 'acme/api', tag }))
    t.true(isImmutable([{ ...ALL, tags: ['sha256-*'] }], { repository: 'acme/api', tag }))
  })
}

test('R33: rules as long as they may be are held against a page of tags in a moment', (t) => {
  const tags = Array.from({ length: 15 }, () => `*${'a'.repeat(126)}b`)
  const rules = [{ repositories: ['**'], tags }]
  const startedAtMs = performance.now()
  for (let n = 0; n < 1000; n++) isImmutable(rules, { repository: 'acme/a', tag: 'a'.repeat(128) })
  t.true(performance.now() - startedAtMs < 10_000)
})
