import test from 'ava'
import { decideRetention } from '../../../src/policies/retention/decide-retention.ts'
import type { JudgedTag, RetentionRule } from '../../../src/policies/retention/types.ts'
import { readAccessoryTag } from '../../../src/protocol/accessory.ts'
import { type Chance, createChance } from '../../support/generate-request.ts'

const NOW = new Date('2026-06-30T12:00:00.000Z')
const DAY_MS = 86_400_000
const ROUNDS = 3000
const DIGESTS = Array.from({ length: 16 }, (_, n) => `sha256:${n.toString(16).repeat(64)}`)

const daysAgo = (days: number): Date => new Date(NOW.getTime() - days * DAY_MS)

function makeTags(chance: Chance): readonly JudgedTag[] {
  const names = new Set<string>()
  for (let n = Math.floor(chance.next() * 16); n > 0; n--) {
    const about = chance.pick(DIGESTS).replace(':', '-')
    names.add(
      chance.is(0.3)
        ? `${about}${chance.pick(['', '.sig', '.att'])}`
        : `${chance.pick(['v', 'dev-'])}${n}`,
    )
  }
  return [...names].sort().map((name) => ({
    name,
    digest: chance.pick(DIGESTS),
    pushedAt: daysAgo(Math.floor(chance.next() * 20)),
    pulledAt: chance.is(0.5) ? daysAgo(Math.floor(chance.next() * 20)) : undefined,
    isImmutable: chance.is(0.1),
  }))
}

function makeRule(chance: Chance): RetentionRule {
  const scope = { repositories: ['**'], tags: [chance.pick(['*', 'v*', 'dev-*', 'sha256-*'])] }
  const k = 1 + Math.floor(chance.next() * 3)
  const days = 1 + Math.floor(chance.next() * 15)
  return chance.pick<RetentionRule>([
    { template: 'latestPushed', k, ...scope },
    { template: 'latestPulled', k, ...scope },
    { template: 'pushedWithin', days, ...scope },
    { template: 'pulledWithin', days, ...scope },
    { template: 'always', ...scope },
  ])
}

function makeRepository(chance: Chance) {
  const children = new Map<string, string[]>()
  const subjects = new Map<string, string>()
  for (const digest of DIGESTS) {
    if (chance.is(0.1)) children.set(digest, [chance.pick(DIGESTS), chance.pick(DIGESTS)])
    if (chance.is(0.05)) subjects.set(digest, chance.pick(DIGESTS))
  }
  return {
    tags: makeTags(chance),
    rules: Array.from({ length: 1 + Math.floor(chance.next() * 3) }, () => makeRule(chance)),
    path: 'app',
    times: { now: NOW, pullsKnownSince: chance.is(0.2) ? undefined : daysAgo(10) },
    links: { children, subjects },
  }
}

type Repository = ReturnType<typeof makeRepository>

/** What a manifest brings with it, found by looking at everything. */
const broughtBy = ({ tags, links }: Repository, digest: string): readonly string[] => [
  ...(links.children.get(digest) ?? []),
  ...[links.subjects.get(digest)].filter((subject) => subject !== undefined),
  ...[...links.subjects].filter(([, subject]) => subject === digest).map(([about]) => about),
  ...tags
    .filter(({ name }) => readAccessoryTag(name)?.subjectDigest === digest)
    .map((tag) => tag.digest),
]

/** All that a tag needs. */
function neededBy(repository: Repository, tag: JudgedTag): ReadonlySet<string> {
  const needed = new Set([tag.digest, readAccessoryTag(tag.name)?.subjectDigest ?? tag.digest])
  for (const digest of needed) for (const next of broughtBy(repository, digest)) needed.add(next)
  return needed
}

test('nothing that a kept tag needs loses its last tag, whatever hangs on what', (t) => {
  let removals = 0
  for (let seed = 1; seed <= ROUNDS; seed++) {
    const repository = makeRepository(createChance(seed))
    const { decisions } = decideRetention(repository)
    const kept = decisions.filter(({ decision }) => decision === 'keep').map(({ tag }) => tag)
    removals += decisions.length - kept.length
    const held = new Set(kept.map(({ digest }) => digest))
    const tagged = new Set(repository.tags.map(({ digest }) => digest))
    for (const tag of kept) {
      const lost = [...neededBy(repository, tag)].filter((d) => tagged.has(d) && !held.has(d))
      t.deepEqual(lost, [], `seed ${seed}: ${tag.name}`)
    }
  }
  t.true(removals > ROUNDS / 2)
})

test('every tag is decided once, and one that is immutable or that no rule covers is kept', (t) => {
  for (let seed = 1; seed <= ROUNDS; seed++) {
    const repository = makeRepository(createChance(seed))
    const { decisions } = decideRetention(repository)
    t.deepEqual(
      decisions.map(({ tag }) => tag.name).sort(),
      repository.tags.map((one) => one.name),
    )
    const gone = decisions.filter(({ decision }) => decision === 'remove').map(({ tag }) => tag)
    t.deepEqual(
      gone.filter(({ isImmutable }) => isImmutable),
      [],
    )
    const patterns = repository.rules.flatMap(({ tags }) => tags.map((one) => one.slice(0, -1)))
    const uncovered = gone.filter(
      ({ name }) =>
        readAccessoryTag(name) === undefined && !patterns.some((start) => name.startsWith(start)),
    )
    t.deepEqual(uncovered, [], `seed ${seed}`)
  }
})

test('a signature goes only after every tag on what it is about', (t) => {
  for (let seed = 1; seed <= ROUNDS; seed++) {
    const repository = makeRepository(createChance(seed))
    const { decisions } = decideRetention(repository)
    const kept = new Set(
      decisions.filter(({ decision }) => decision === 'keep').map(({ tag }) => tag.digest),
    )
    for (const { tag, reason } of decisions) {
      if (reason !== 'subject') continue
      t.false(kept.has(readAccessoryTag(tag.name)?.subjectDigest ?? ''), `seed ${seed}`)
    }
  }
})
