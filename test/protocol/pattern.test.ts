import test from 'ava'
import { isPattern, matchesPattern } from '../../src/protocol/pattern.ts'

for (const [pattern, name, expected] of [
  ['app', 'app', true],
  ['app', 'apps', false],
  ['*', 'app', true],
  ['*', 'team/app', false],
  ['**', 'team/app', true],
  ['team/*', 'team/app', true],
  ['team/*', 'team/a/b', false],
  ['team/**', 'team/a/b', true],
  ['team/**', 'teams/a', false],
  ['**/api', 'a/b/api', true],
  ['**/api', 'api', true],
  ['a/**/z', 'a/z', true],
  ['a/**/z', 'a/b/c/z', true],
  ['v*', 'v1.2', true],
  ['*-rc*', 'v1-rc2', true],
  ['a*b*c', 'aXbYc', true],
  ['a*b*c', 'aXbY', false],
  ['a*a', 'a', false],
  ['a*a', 'aa', true],
  ['ab*ba', 'aba', false],
  ['*ab*ab', 'abab', true],
  ['*ab*ab', 'cab', false],
  ['a*bc*c', 'abc', false],
  ['*', '', true],
] as const) {
  test(`matchesPattern: ${pattern} ${expected ? 'fits' : 'does not fit'} ${name}`, (t) => {
    t.is(matchesPattern(pattern, name), expected)
  })
}

test('matchesPattern stays quick on a pattern that is made to be slow', (t) => {
  const name = 'a'.repeat(255)
  const patterns = [`${'a*'.repeat(60)}b`, `*${'a'.repeat(127)}b`, `*${'a'.repeat(127)}b*`]
  const before = process.cpuUsage()
  for (let n = 0; n < 20_000; n++) {
    for (const pattern of patterns) t.false(matchesPattern(pattern, name))
  }
  // What tried each place letter by letter took many times as long.
  t.true(process.cpuUsage(before).user < 3_000_000)
})

test('isPattern refuses what no name could fit', (t) => {
  const texts = ['team/*', '**', 'a**b', 'a//b', '', 'a b', 'é', 'x'.repeat(256)]
  t.deepEqual(texts.map(isPattern), [true, true, false, false, false, false, false, false])
})
