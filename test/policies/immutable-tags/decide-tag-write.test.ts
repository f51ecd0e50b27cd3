import test from 'ava'
import type { Database } from '../../../src/database/open-database.ts'
import { refreshReferences } from '../../../src/images/refresh-references.ts'
import { decideTagWrite } from '../../../src/policies/immutable-tags/decide-tag-write.ts'
import { endReservations } from '../../../src/policies/immutable-tags/keep-reservations.ts'
import type { ImmutableTagRule, Verdict } from '../../../src/policies/types.ts'
import { digestOf, openIndexDatabase, scriptRegistry } from '../../support/index-database.ts'

let database: Database
let stop: () => Promise<void>

test.before(async () => {
  ;({ database, stop } = await openIndexDatabase())
})
test.after.always(() => stop())

const RULES: readonly ImmutableTagRule[] = [{ repositories: ['**'], tags: ['v*'] }]
const [ONE, TWO] = [digestOf(1), digestOf(2)]
const BEGINNING = new Date('2020-01-01T00:00:00Z')

let made = 0

/** A repository of its own, in a project with the rule, at a registry that does as the test says. */
function createPlace(createdAt = BEGINNING) {
  const repository = `acme/app-${++made}`
  const refresh = scriptRegistry(database)
  const { script, registry } = refresh
  const looks: string[] = []
  script.onLookUp = (_repository, reference) => void looks.push(reference)
  const policies = {
    read: async () => ({ projectId: 1, createdAt, immutableTags: RULES, limitBytes: undefined }),
  }
  const deps = { database, registry, policies }
  const key = `${repository}:v1`
  return {
    repository,
    script,
    looks,
    decide: (digest: string, tag = 'v1') => decideTagWrite(deps, { repository, tag, digest }),
    endReservations: () => endReservations(deps),
    /** Puts it there behind the back of everybody. */
    put: (digest: string) => script.tags.set(key, digest),
    remove: () => script.tags.delete(key),
    /** Reads the tag into the index. */
    read: () => refreshReferences(refresh, [{ repository, reference: 'v1', isDeletion: true }]),
    reservations: () => database('tag_reservations').where({ repository }).select('tag', 'digest'),
    /** Lets the time of every push be over. */
    passTime: () =>
      database('tag_reservations')
        .where({ repository })
        .update({ over_at: database.raw('UTC_TIMESTAMP(3) - INTERVAL 1 SECOND') }),
    /** The second look that takes a tag out, its grace later. */
    async forget() {
      script.tags.delete(key)
      await this.read()
      await database('tags')
        .whereNotNull('missing_since')
        .update({ missing_since: database.raw('UTC_TIMESTAMP(3) - INTERVAL 1 HOUR') })
      await this.read()
    },
  }
}

const reasonOf = (verdict: Verdict): string | undefined =>
  verdict.allowed ? undefined : verdict.reason

const settleOf = (verdict: Verdict) => {
  if (!verdict.allowed || verdict.settle === undefined) throw new Error('nothing to settle')
  return verdict.settle
}

test.serial('a tag that no rule means is let through, and nothing is asked', async (t) => {
  const { decide, looks, reservations } = createPlace()
  t.deepEqual(await decide(ONE, 'latest'), { allowed: true })
  t.deepEqual([looks, await reservations()], [[], []])
})

test.serial('R31: a tag of the index takes its own digest and no other, by one read', async (t) => {
  const place = createPlace()
  place.put(ONE)
  await place.read()
  place.looks.length = 0
  t.deepEqual(await place.decide(ONE), { allowed: true })
  t.is(
    reasonOf(await place.decide(TWO)),
    `the tag v1 of ${place.repository} is immutable by a rule of the project, and on ${ONE}; push under another tag`,
  )
  t.deepEqual([place.looks, await place.reservations()], [[], []])
})

test.serial(
  'R31: of two racing first pushes one is let through, and the other is told why',
  async (t) => {
    const place = createPlace()
    const verdicts = await Promise.all([place.decide(ONE), place.decide(TWO)])
    t.is(verdicts.filter(({ allowed }) => allowed).length, 1)
    t.is(
      verdicts.map(reasonOf).find((reason) => reason !== undefined),
      `the tag v1 of ${place.repository} is immutable by a rule of the project, and is being pushed at this moment; try again in a minute, or push under another tag`,
    )
    t.is((await place.reservations()).length, 1)
  },
)

test.serial('R31: twenty racing first pushes leave one that is let through', async (t) => {
  const place = createPlace()
  const digests = Array.from({ length: 20 }, (_, n) => digestOf(n + 100))
  const verdicts = await Promise.all(digests.map((digest) => place.decide(digest)))
  t.is(verdicts.filter(({ allowed }) => allowed).length, 1)
})

test.serial('R31: a first push that the registry refused leaves the tag to others', async (t) => {
  const place = createPlace()
  await settleOf(await place.decide(ONE))('refused')
  t.deepEqual(await place.reservations(), [])
  t.true((await place.decide(TWO)).allowed)
})

test.serial(
  'R31: what was pushed holds before the index has it, and the reservation ends with that',
  async (t) => {
    const place = createPlace()
    const settle = settleOf(await place.decide(ONE))
    place.put(ONE)
    await settle('accepted')
    t.regex(reasonOf(await place.decide(TWO)) ?? '', new RegExp(`and on ${ONE}; push under`))
    t.deepEqual(await place.decide(ONE), { allowed: true })
    t.is((await place.reservations()).length, 1)
    await place.read()
    place.looks.length = 0
    await place.endReservations()
    t.deepEqual([place.looks, await place.reservations()], [[], []])
  },
)

test.serial(
  'R31: a push whose end nobody knows keeps the tag until the registry is asked',
  async (t) => {
    const place = createPlace()
    await settleOf(await place.decide(ONE))('unknown')
    t.regex(reasonOf(await place.decide(TWO)) ?? '', /is being pushed at this moment/)
    await place.endReservations()
    t.is((await place.reservations()).length, 1, 'its time is not over')
    await place.passTime()
    place.put(ONE)
    await place.endReservations()
    t.deepEqual(await place.reservations(), [])
    t.regex(reasonOf(await place.decide(TWO)) ?? '', new RegExp(`and on ${ONE}; push under`))
  },
)

test.serial(
  'R31: age alone ends no orphan: while the registry does not say, the tag is kept',
  async (t) => {
    const place = createPlace()
    await place.decide(ONE)
    await place.passTime()
    place.script.onLookUp = () => Promise.reject(new Error('away'))
    await t.throwsAsync(place.endReservations(), { message: 'away' })
    t.deepEqual(await place.reservations(), [{ tag: 'v1', digest: ONE }])
    await t.throwsAsync(place.decide(TWO), { message: 'away' })
    place.script.onLookUp = () => undefined
    await place.passTime()
    await place.endReservations()
    t.deepEqual(await place.reservations(), [])
    t.true((await place.decide(TWO)).allowed)
  },
)

test.serial('R31: an orphan that left no tag is taken over by one of those who come', async (t) => {
  const place = createPlace()
  const late = settleOf(await place.decide(ONE))
  await place.passTime()
  const verdicts = await Promise.all([place.decide(TWO), place.decide(digestOf(3))])
  t.is(verdicts.filter(({ allowed }) => allowed).length, 1)
  // Who comes back from a long sleep ends nothing of another one's.
  await late('refused')
  t.is((await place.reservations()).length, 1)
})

test.serial(
  'R31: a tag that the registry has and the index does not is found by asking',
  async (t) => {
    const place = createPlace()
    place.put(ONE)
    t.regex(reasonOf(await place.decide(TWO)) ?? '', new RegExp(`and on ${ONE}; push under`))
    t.deepEqual(await place.decide(ONE), { allowed: true })
    t.deepEqual(await place.reservations(), [])
  },
)

test.serial('a registry that does not answer leaves no reservation', async (t) => {
  const place = createPlace()
  place.script.onLookUp = () => Promise.reject(new Error('away'))
  await t.throwsAsync(place.decide(ONE), { message: 'away' })
  t.deepEqual(await place.reservations(), [])
})

test.serial('R30: a tag that went keeps its digest', async (t) => {
  const place = createPlace()
  place.put(ONE)
  await place.read()
  await place.forget()
  t.is(
    reasonOf(await place.decide(TWO)),
    `the tag v1 of ${place.repository} is immutable by a rule of the project, and was on ${ONE} before it went; push that again, or push under another tag`,
  )
  t.deepEqual(await place.decide(ONE), { allowed: true })
})

test.serial('R4: a tag that went before there was this project binds nobody', async (t) => {
  const place = createPlace(new Date(Date.now() + 3_600_000))
  place.put(ONE)
  await place.read()
  await place.forget()
  t.true((await place.decide(TWO)).allowed)
})
