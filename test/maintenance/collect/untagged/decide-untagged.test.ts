import test from 'ava'
import {
  decideUntagged,
  type JudgedManifest,
} from '../../../../src/maintenance/collect/untagged/decide-untagged.ts'

const OLD = { children: [], subject: undefined, isOld: true }
const old = (digest: string, more: Partial<JudgedManifest> = {}): JudgedManifest => ({
  ...OLD,
  digest,
  ...more,
})
const young = (digest: string, more: Partial<JudgedManifest> = {}): JudgedManifest =>
  old(digest, { ...more, isOld: false })

for (const [title, manifests, needed, going] of [
  ['nothing goes where there is nothing', [], [], []],
  ['what no tag leads to goes', [old('a'), old('b')], ['a'], ['b']],
  ['what was pushed or pulled lately stays', [young('a')], [], []],
  [
    'the platforms of a tagged index stay',
    [old('i', { children: ['p', 'q'] }), old('p'), old('q')],
    ['i'],
    [],
  ],
  [
    'the platforms of an untagged index go after it',
    [old('p'), old('i', { children: ['p'] })],
    [],
    ['i', 'p'],
  ],
  [
    'what an index leads to that is too young stays',
    [old('p'), young('i', { children: ['p'] })],
    [],
    [],
  ],
  [
    'a platform that another tag leads to stays',
    [old('p'), old('i', { children: ['p'] })],
    ['p'],
    ['i'],
  ],
  ['the signature of a tagged image stays', [old('a'), old('s', { subject: 'a' })], ['a'], []],
  [
    'the signature of an image that goes, goes before it',
    [old('a'), old('s', { subject: 'a' })],
    [],
    ['s', 'a'],
  ],
  [
    'the signature of a signature goes before that',
    [old('a'), old('s', { subject: 'a' }), old('t', { subject: 's' })],
    [],
    ['t', 's', 'a'],
  ],
  [
    'an image with a young signature stays with it',
    [old('a'), young('s', { subject: 'a' })],
    [],
    [],
  ],
  [
    'the signature of a platform of a tagged index stays',
    [old('i', { children: ['p'] }), old('p'), old('s', { subject: 'p' })],
    ['i', 'p'],
    [],
  ],
  ['a signature of what is not there goes', [old('s', { subject: 'none' })], [], ['s']],
  ['what a tagged signature is about stays', [old('a'), old('s', { subject: 'a' })], ['s'], []],
  [
    'what leads to itself goes once',
    [old('i', { children: ['i', 'j'] }), old('j', { children: ['i'] })],
    [],
    ['i', 'j'],
  ],
] as const) {
  test(title, (t) => {
    t.deepEqual(decideUntagged({ manifests, needed: new Set(needed) }), going)
  })
}

/** Numbers as if by chance, the same each time. */
function createRandom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return Math.floor((state / 2_147_483_648) * below)
  }
}

function makeRepository(random: (below: number) => number) {
  const count = 1 + random(12)
  const any = (): string => `m${random(count)}`
  const manifests = Array.from({ length: count }, (_, n) => ({
    digest: `m${n}`,
    children: random(3) === 0 ? [any(), any()] : [],
    subject: random(3) === 0 ? any() : undefined,
    isOld: random(4) !== 0,
  }))
  return { manifests, needed: new Set(random(2) === 0 ? [any()] : []) }
}

/** What stays, and what that needs. */
const needsOf = ({ digest, children, subject }: JudgedManifest): readonly string[] => [
  digest,
  ...children,
  ...(subject === undefined ? [] : [subject]),
]

test('R28: in made-up repositories nothing goes that a tag, an index or what stays needs', (t) => {
  const random = createRandom(7)
  let goneCount = 0
  for (let round = 0; round < 500; round++) {
    const { manifests, needed } = makeRepository(random)
    const going = decideUntagged({ manifests, needed })
    goneCount += going.length
    const staying = manifests.filter(({ digest }) => !going.includes(digest))
    const kept = [...needed, ...staying.flatMap(needsOf)]
    t.deepEqual(
      kept.filter((digest) => going.includes(digest)),
      [],
    )
    const young = manifests.filter(({ isOld }) => !isOld).map(({ digest }) => digest)
    t.false(young.some((digest) => going.includes(digest)))
    t.is(new Set(going).size, going.length)
  }
  t.true(goneCount > 500)
})

test('a maze of many manifests takes a moment', (t) => {
  const count = 50_000
  const manifests = Array.from({ length: count }, (_, n) =>
    old(`m${n}`, { children: [`m${n + 1}`, `m${n + 2}`], subject: 'm0' }),
  )
  const beganAtMs = performance.now()
  t.is(decideUntagged({ manifests, needed: new Set() }).length, count)
  t.true(performance.now() - beganAtMs < 5000)
})
