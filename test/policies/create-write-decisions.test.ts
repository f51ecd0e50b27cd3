import test from 'ava'
import type { Database } from '../../src/database/open-database.ts'
import { refreshReferences } from '../../src/images/refresh-references.ts'
import { createWriteDecisions } from '../../src/policies/create-write-decisions.ts'
import { OCI_MANIFEST } from '../../src/protocol/media-types.ts'
import { DEFAULT_SETTINGS } from '../../src/settings/types.ts'
import { digestOf, openIndexDatabase, scriptRegistry } from '../support/index-database.ts'

let database: Database
let stop: () => Promise<void>

const REPOSITORY = 'acme/app'
const [ONE, TWO] = [digestOf(1), digestOf(2)]

test.before(async () => {
  ;({ database, stop } = await openIndexDatabase())
  const { script, ...refresh } = scriptRegistry(database)
  const names = ['v1', 'latest']
  for (const name of names) script.tags.set(`${REPOSITORY}:${name}`, ONE)
  script.tags.set(`${REPOSITORY}:next`, TWO)
  const marks = [...names, 'next'].map((reference) => ({ repository: REPOSITORY, reference }))
  await refreshReferences(refresh, marks)
})
test.after.always(() => stop())

function decisionsOf(limitBytes?: number) {
  const immutableTags = [{ repositories: ['**'], tags: ['v*'] }]
  return createWriteDecisions({
    database,
    registry: scriptRegistry(database).registry,
    policies: {
      read: async () => ({ projectId: 1, createdAt: new Date(0), immutableTags, limitBytes }),
    },
    runtimeSettings: { read: async () => DEFAULT_SETTINGS },
  })
}

const writeOf = (reference: string, digest: string) => ({
  repository: REPOSITORY,
  reference,
  digest,
  mediaType: OCI_MANIFEST,
  content: Buffer.from('{}'),
  subject: { kind: 'anonymous' } as const,
})

for (const [what, reference, digest, allowed] of [
  ['an immutable tag again, on the same digest', 'v1', ONE, true],
  ['an immutable tag, on another digest', 'v1', TWO, false],
  ['another tag', 'latest', TWO, true],
  ['no tag', TWO, TWO, true],
] as const) {
  test(`a manifest for ${what} is ${allowed ? 'let through' : 'refused'}`, async (t) => {
    t.is((await decisionsOf().decideManifestWrite(writeOf(reference, digest))).allowed, allowed)
  })
}

test('at the quota no upload begins, and a first push is told of that and reserves nothing', async (t) => {
  const decisions = decisionsOf(0)
  t.false((await decisions.decideUploadStart({ repository: REPOSITORY })).allowed)
  t.true((await decisionsOf(1).decideUploadStart({ repository: REPOSITORY })).allowed)
  const verdict = await decisions.decideManifestWrite(writeOf('v7', digestOf(7)))
  t.regex(verdict.allowed ? '' : verdict.reason, /^the project acme uses 0 B of 0 B; /)
  t.deepEqual(await database('tag_reservations').where({ tag: 'v7' }).select('tag'), [])
})

for (const [what, reference, allowed] of [
  ['under an immutable tag', ONE, false],
  ['under another tag alone', TWO, true],
  ['that the index does not know', digestOf(9), true],
] as const) {
  test(`a manifest ${what} may ${allowed ? '' : 'not '}be deleted by its digest`, async (t) => {
    const verdict = await decisionsOf().decideManifestDelete({ repository: REPOSITORY, reference })
    t.is(verdict.allowed, allowed)
  })
}

test('who may not delete is told which tag holds it', async (t) => {
  const { decideManifestDelete } = decisionsOf()
  for (const reference of [ONE, 'v1']) {
    t.deepEqual(await decideManifestDelete({ repository: REPOSITORY, reference }), {
      allowed: false,
      reason:
        'the tag v1 of acme/app is immutable by a rule of the project; take it out of the rule first',
    })
  }
})
