import test from 'ava'
import {
  countReclaimable,
  type Decisions,
  decideRetention,
} from '../../../src/policies/retention/decide-retention.ts'
import type { JudgedTag, RetentionRule } from '../../../src/policies/retention/types.ts'

const NOW = new Date('2026-06-30T12:00:00.000Z')
const DAY_MS = 86_400_000
const daysAgo = (days: number): Date => new Date(NOW.getTime() - days * DAY_MS)

const digest = (letter: string): string => `sha256:${letter.repeat(64)}`
/** The tag of a signature as cosign names it. */
const signatureOf = (letter: string): string => `sha256-${letter.repeat(64)}.sig`

interface Given {
  readonly on?: string
  readonly pushed?: number
  readonly pulled?: number
  readonly immutable?: boolean
}

/** Letters are digests, numbers are days ago. */
const tag = (
  name: string,
  { on = 'f', pushed = 100, pulled, immutable = false }: Given = {},
): JudgedTag => ({
  name,
  digest: digest(on),
  pushedAt: daysAgo(pushed),
  pulledAt: pulled === undefined ? undefined : daysAgo(pulled),
  isImmutable: immutable,
})

const ALL = { repositories: ['**'], tags: ['*'] }
const latestPushed = (k: number, scope = {}): RetentionRule => ({
  template: 'latestPushed',
  k,
  ...ALL,
  ...scope,
})
const latestPulled = (k: number, scope = {}): RetentionRule => ({
  template: 'latestPulled',
  k,
  ...ALL,
  ...scope,
})
const pushedWithin = (days: number, scope = {}): RetentionRule => ({
  template: 'pushedWithin',
  days,
  ...ALL,
  ...scope,
})
const pulledWithin = (days: number, scope = {}): RetentionRule => ({
  template: 'pulledWithin',
  days,
  ...ALL,
  ...scope,
})
const always = (scope = {}): RetentionRule => ({ template: 'always', ...ALL, ...scope })

interface Repository {
  readonly path?: string
  /** Days ago; undefined: pulls were never told of. */
  readonly pullsKnown?: number | undefined
  readonly children?: Readonly<Record<string, readonly string[]>>
  readonly subjects?: Readonly<Record<string, string>>
}

function decide(
  rules: readonly RetentionRule[],
  tags: readonly JudgedTag[],
  { path = 'app', children = {}, subjects = {}, ...rest }: Repository = {},
): Decisions {
  const pullsKnown = 'pullsKnown' in rest ? rest.pullsKnown : 1000
  return decideRetention({
    rules,
    path,
    tags,
    times: {
      now: NOW,
      pullsKnownSince: pullsKnown === undefined ? undefined : daysAgo(pullsKnown),
    },
    links: {
      children: new Map(
        Object.entries(children).map(([index, ones]) => [digest(index), ones.map(digest)]),
      ),
      subjects: new Map(
        Object.entries(subjects).map(([about, one]) => [digest(about), digest(one)]),
      ),
    },
  })
}

/** `name: decision reason rule neededBy`, what there is of it. */
const lines = ({ decisions }: Decisions): readonly string[] =>
  decisions.map(({ tag: { name }, decision, reason, rule, neededBy }) =>
    [`${name}:`, decision, reason, rule, neededBy].filter((part) => part !== undefined).join(' '),
  )

test('latestPushed keeps the k tags that were pushed last', (t) => {
  const tags = [tag('a', { pushed: 3 }), tag('b', { pushed: 1 }), tag('c', { pushed: 2 })]
  t.deepEqual(lines(decide([latestPushed(2)], tags)), [
    'a: remove rule 1',
    'b: keep rule 1',
    'c: keep rule 1',
  ])
})

test('latestPushed keeps all that were pushed in the same moment as the last that is kept', (t) => {
  const tags = [
    tag('a', { pushed: 2 }),
    tag('b', { pushed: 2 }),
    tag('c', { pushed: 2 }),
    tag('d', { pushed: 1 }),
    tag('e', { pushed: 3 }),
  ]
  t.deepEqual(lines(decide([latestPushed(2)], tags)), [
    'a: keep rule 1',
    'b: keep rule 1',
    'c: keep rule 1',
    'd: keep rule 1',
    'e: remove rule 1',
  ])
})

test('latestPushed counts tags, also where several are on one digest', (t) => {
  const tags = [
    tag('1.0', { on: 'a', pushed: 2 }),
    tag('latest', { on: 'a', pushed: 1 }),
    tag('0.9', { on: 'b', pushed: 3 }),
  ]
  t.deepEqual(lines(decide([latestPushed(1)], tags)), [
    '0.9: remove rule 1',
    '1.0: remove rule 1',
    'latest: keep rule 1',
  ])
})

test('latestPulled keeps the k tags that were pulled last, whenever they were pushed', (t) => {
  const tags = [
    tag('a', { pushed: 9, pulled: 1 }),
    tag('b', { pushed: 5, pulled: 4 }),
    tag('c', { pushed: 7, pulled: 3 }),
    tag('never', { pushed: 5 }),
  ]
  t.deepEqual(lines(decide([latestPulled(2)], tags)), [
    'a: keep rule 1',
    'b: remove rule 1',
    'c: keep rule 1',
    'never: remove rule 1',
  ])
})

test('latestPulled keeps all that were never pulled while fewer than k were', (t) => {
  const tags = [tag('a', { pulled: 1 }), tag('b'), tag('c')]
  t.deepEqual(lines(decide([latestPulled(2)], tags)), [
    'a: keep rule 1',
    'b: keep rule 1',
    'c: keep rule 1',
  ])
})

test('latestPulled keeps what was pushed within a day: it had no time to be pulled', (t) => {
  const tags = [
    tag('a', { pushed: 9, pulled: 1 }),
    tag('new', { pushed: 0.9 }),
    tag('old', { pushed: 1.1 }),
  ]
  t.deepEqual(lines(decide([latestPulled(1)], tags)), [
    'a: keep rule 1',
    'new: keep recent 1',
    'old: remove rule 1',
  ])
})

test('R28: latestPulled keeps what may have been pulled before pulls were known', (t) => {
  const tags = [
    tag('a', { pushed: 50, pulled: 20 }),
    tag('b', { pushed: 50 }),
    tag('c', { pushed: 5 }),
    tag('d', { pushed: 50, pulled: 2 }),
  ]
  // Two were certainly pulled after the tenth day before now, so b cannot be among the first two.
  t.deepEqual(lines(decide([latestPulled(1)], tags, { pullsKnown: 10 })), [
    'a: remove rule 1',
    'b: remove rule 1',
    'c: remove rule 1',
    'd: keep rule 1',
  ])
  t.deepEqual(lines(decide([latestPulled(2)], tags, { pullsKnown: 10 })), [
    'a: keep rule 1',
    'b: keep unknownPulls 1',
    'c: remove rule 1',
    'd: keep rule 1',
  ])
})

test('pushedWithin keeps what was pushed in the last days, to the moment', (t) => {
  const tags = [tag('a', { pushed: 7 }), tag('b', { pushed: 7.001 }), tag('c', { pushed: 0 })]
  t.deepEqual(lines(decide([pushedWithin(7)], tags)), [
    'a: keep rule 1',
    'b: remove rule 1',
    'c: keep rule 1',
  ])
})

test('pulledWithin keeps what was pulled or pushed in the last days', (t) => {
  const tags = [
    tag('pulled', { pulled: 7 }),
    tag('pulled-long-ago', { pulled: 8 }),
    tag('pushed', { pushed: 7 }),
    tag('never', { pushed: 8 }),
  ]
  t.deepEqual(lines(decide([pulledWithin(7)], tags)), [
    'never: remove rule 1',
    'pulled: keep rule 1',
    'pulled-long-ago: remove rule 1',
    'pushed: keep rule 1',
  ])
})

test('R28: pulledWithin removes nothing from before pulls were known so long', (t) => {
  const tags = [tag('a', { pushed: 100 }), tag('b', { pushed: 100, pulled: 50 })]
  for (const pullsKnown of [29, undefined]) {
    t.deepEqual(lines(decide([pulledWithin(30)], tags, { pullsKnown })), [
      'a: keep unknownPulls 1',
      'b: keep unknownPulls 1',
    ])
  }
  t.deepEqual(lines(decide([pulledWithin(30)], tags, { pullsKnown: 31 })), [
    'a: remove rule 1',
    'b: remove rule 1',
  ])
})

test('R28: where pulls were never told of, rules of pulls keep everything', (t) => {
  const tags = [tag('a', { pulled: 1 }), tag('b'), tag('c')]
  t.deepEqual(lines(decide([latestPulled(1)], tags, { pullsKnown: undefined })), [
    'a: keep rule 1',
    'b: keep unknownPulls 1',
    'c: keep unknownPulls 1',
  ])
})

test('always keeps all that it covers, and a tag that no rule covers is kept', (t) => {
  const rules = [always({ tags: ['v*'] }), latestPushed(1, { tags: ['dev-*'] })]
  const tags = [
    tag('dev-1', { pushed: 3 }),
    tag('dev-2', { pushed: 2 }),
    tag('other', { pushed: 900 }),
    tag('v1', { pushed: 900 }),
  ]
  t.deepEqual(lines(decide(rules, tags)), [
    'dev-1: remove rule 2',
    'dev-2: keep rule 2',
    'other: keep uncovered',
    'v1: keep rule 1',
  ])
})

test('one rule that keeps a tag is enough; the first one is named', (t) => {
  const rules = [latestPushed(1), pushedWithin(5), always({ tags: ['a'] })]
  const tags = [
    tag('a', { pushed: 50 }),
    tag('b', { pushed: 4 }),
    tag('c', { pushed: 1 }),
    tag('d', { pushed: 6 }),
  ]
  t.deepEqual(lines(decide(rules, tags)), [
    'a: keep rule 3',
    'b: keep rule 2',
    'c: keep rule 1',
    'd: remove rule 1',
  ])
})

test('a rule is of the repositories that fit its patterns, and counts among its tags alone', (t) => {
  const rules = [latestPushed(1, { repositories: ['web/*'], tags: ['rc-*', '*-test'] })]
  const tags = [
    tag('1-test', { pushed: 3 }),
    tag('rc-1', { pushed: 2 }),
    tag('stable', { pushed: 1 }),
  ]
  t.deepEqual(lines(decide(rules, tags, { path: 'web/ui' })), [
    '1-test: remove rule 1',
    'rc-1: keep rule 1',
    'stable: keep uncovered',
  ])
  for (const path of ['app', 'web', 'web/ui/deep']) {
    t.deepEqual(lines(decide(rules, tags, { path })), [
      '1-test: keep uncovered',
      'rc-1: keep uncovered',
      'stable: keep uncovered',
    ])
  }
})

test('an immutable tag is kept, and takes its place among the latest', (t) => {
  const tags = [
    tag('a', { pushed: 9, immutable: true }),
    tag('b', { pushed: 2 }),
    tag('c', { pushed: 1, immutable: true }),
  ]
  t.deepEqual(lines(decide([latestPushed(1)], tags)), [
    'a: keep immutable',
    'b: remove rule 1',
    'c: keep immutable',
  ])
})

test('tags on one digest are decided each for itself', (t) => {
  const tags = [tag('dev', { on: 'a' }), tag('v1', { on: 'a' })]
  const rules = [always({ tags: ['v*'] }), pushedWithin(1)]
  t.deepEqual(lines(decide(rules, tags)), ['dev: remove rule 2', 'v1: keep rule 1'])
})

test('what an index that is kept leads to is kept, level by level', (t) => {
  const tags = [
    tag('1.0', { on: 'a' }),
    tag('1.0-amd64', { on: 'b' }),
    tag('deep', { on: 'c' }),
    tag('gone', { on: 'd' }),
  ]
  const rules = [always({ tags: ['1.0'] }), pushedWithin(1)]
  t.deepEqual(lines(decide(rules, tags, { children: { a: ['b', 'e'], b: ['c'] } })), [
    '1.0: keep rule 1',
    '1.0-amd64: keep needed 1.0',
    'deep: keep needed 1.0',
    'gone: remove rule 2',
  ])
})

test('what an index that goes leads to has no keeper', (t) => {
  const tags = [tag('1.0', { on: 'a' }), tag('1.0-amd64', { on: 'b' })]
  t.deepEqual(lines(decide([pushedWithin(1)], tags, { children: { a: ['b'] } })), [
    '1.0: remove rule 1',
    '1.0-amd64: remove rule 1',
  ])
})

test('of the tags on what is needed, those that no rule keeps may go when another one stays', (t) => {
  const tags = [
    tag('index', { on: 'a' }),
    tag('dev', { on: 'b' }),
    tag('v1-amd64', { on: 'b', pushed: 0 }),
  ]
  const rules = [always({ tags: ['index'] }), pushedWithin(1)]
  t.deepEqual(lines(decide(rules, tags, { children: { a: ['b'] } })), [
    'dev: remove rule 2',
    'index: keep rule 1',
    'v1-amd64: keep rule 2',
  ])
})

test('what is about an image stays with it and goes with it', (t) => {
  const tags = [
    tag('old', { on: 'a' }),
    tag('new', { on: 'b', pushed: 0 }),
    tag(signatureOf('a'), { on: 'c', pushed: 0 }),
    tag(signatureOf('b'), { on: 'd' }),
    tag(`sha256-${'b'.repeat(64)}`, { on: 'e' }),
  ]
  t.deepEqual(lines(decide([pushedWithin(1)], tags)), [
    'new: keep rule 1',
    'old: remove rule 1',
    `${signatureOf('a')}: remove subject`,
    `sha256-${'b'.repeat(64)}: keep needed new`,
    `${signatureOf('b')}: keep needed new`,
  ])
})

test('a signature of an image stays as long as one tag on the image does, and keeps no other', (t) => {
  const tags = [
    tag('dev', { on: 'a' }),
    tag('v1', { on: 'a', pushed: 0 }),
    tag(signatureOf('a'), { on: 'c' }),
  ]
  t.deepEqual(lines(decide([pushedWithin(1)], tags)), [
    'dev: remove rule 1',
    'v1: keep rule 1',
    `${signatureOf('a')}: keep needed v1`,
  ])
})

test('signatures of the images of an index, and signatures of signatures, follow it', (t) => {
  const tags = [
    tag('1.0', { on: 'a' }),
    tag(signatureOf('b'), { on: 'c' }),
    tag(signatureOf('c'), { on: 'd' }),
  ]
  const children = { a: ['b'] }
  t.deepEqual(lines(decide([pushedWithin(1)], tags, { children })), [
    '1.0: remove rule 1',
    `${signatureOf('b')}: remove subject`,
    `${signatureOf('c')}: remove subject`,
  ])
  t.deepEqual(lines(decide([always()], tags, { children })), [
    '1.0: keep rule 1',
    `${signatureOf('b')}: keep needed 1.0`,
    `${signatureOf('c')}: keep needed ${signatureOf('b')}`,
  ])
})

test('what is about a manifest without a tag is kept: somebody may run it by its digest', (t) => {
  const tags = [tag('1.0', { on: 'a' }), tag(signatureOf('e'), { on: 'c' })]
  t.deepEqual(lines(decide([pushedWithin(1)], tags)), [
    '1.0: remove rule 1',
    `${signatureOf('e')}: keep untaggedSubject`,
  ])
})

test('a tag on what names a kept image as its subject is kept, and keeps its image', (t) => {
  const tags = [tag('app', { on: 'a' }), tag('app-sbom', { on: 'b' })]
  const subjects = { b: 'a' }
  const keeping = (name: string) => [always({ tags: [name] }), pushedWithin(1)]
  t.deepEqual(lines(decide(keeping('app'), tags, { subjects })), [
    'app: keep rule 1',
    'app-sbom: keep needed app',
  ])
  t.deepEqual(lines(decide(keeping('app-sbom'), tags, { subjects })), [
    'app: keep needed app-sbom',
    'app-sbom: keep rule 1',
  ])
  t.deepEqual(lines(decide([pushedWithin(1)], tags, { subjects })), [
    'app: remove rule 1',
    'app-sbom: remove rule 1',
  ])
})

test('an immutable signature keeps the image that it is about', (t) => {
  const tags = [tag('1.0', { on: 'a' }), tag(signatureOf('a'), { on: 'c', immutable: true })]
  t.deepEqual(lines(decide([pushedWithin(1)], tags)), [
    `1.0: keep needed ${signatureOf('a')}`,
    `${signatureOf('a')}: keep immutable`,
  ])
})

test('R33: indexes that lead to each other are walked once', (t) => {
  const tags = [tag('a', { on: 'a' }), tag('b', { on: 'b' })]
  const children = { a: ['b'], b: ['a'] }
  t.deepEqual(lines(decide([always({ tags: ['a'] }), pushedWithin(1)], tags, { children })), [
    'a: keep rule 1',
    'b: keep needed a',
  ])
  t.is(decide([pushedWithin(1)], tags, { children }).decisions.length, 2)
})

test('bytes count once for each image that goes, and not for what a kept tag is on or needs', (t) => {
  const tags = [
    tag('amd64', { on: 'b' }),
    tag('index', { on: 'a', pushed: 0 }),
    tag('old-1', { on: 'c' }),
    tag('old-2', { on: 'c' }),
    tag('same', { on: 'a' }),
    tag('unmeasured', { on: 'd' }),
  ]
  const decided = decide([pushedWithin(1)], tags, { children: { a: ['b'] } })
  const bytes = countReclaimable(decided, ({ name }) => (name === 'unmeasured' ? undefined : 10))
  t.deepEqual(Object.fromEntries(bytes), {
    amd64: 0,
    index: 0,
    'old-1': 10,
    'old-2': 0,
    same: 0,
    unmeasured: undefined,
  })
})
