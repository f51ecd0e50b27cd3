import type { Database } from '../../src/database/open-database.ts'
import * as holds from '../../src/holds/tag-hold-queries.ts'
import * as history from '../../src/removal/lost-pushes/history-queries.ts'
import * as lost from '../../src/removal/lost-pushes/queries.ts'
import * as manifests from '../../src/removal/manifest-removal-queries.ts'
import * as items from '../../src/removal/many/item-queries.ts'
import * as removals from '../../src/removal/many/queries.ts'
import * as selects from '../../src/removal/many/select-queries.ts'
import { digestOf, repositoryOf } from './grown-index.ts'

type Row = Readonly<Record<string, unknown>>

const rows = (count: number, row: (n: number) => Row): Row[] =>
  Array.from({ length: count }, (_, index) => row(index + 1))

const now = new Date()
const actor = { actorId: 7, actorName: 'user-0007', onBehalfOf: undefined }
const ASKED = { asker: { kind: 'anonymous' }, right: 'removal:write' } as const
const filter = {
  repositories: undefined,
  tags: undefined,
  pushedBefore: undefined,
  pulledBefore: undefined,
}

/** Many removals, the last of them with 3,000 tags. */
export const REMOVAL_TABLES: Readonly<Record<string, readonly Row[]>> = {
  removals: rows(3000, (n) => ({
    id: n,
    project: `project-${String(n % 1000).padStart(4, '0')}`,
    job_id: n,
    filter: '{}',
    is_dry_run: 1,
    actor_name: 'user-0001',
    created_at: now,
  })),
  removed_tags: rows(6000, (n) => ({
    repository: repositoryOf(n),
    tag: `1.${n}`,
    digest: digestOf(n),
    dummy_digest: digestOf(10_000 + n),
    begun_at: new Date(now.getTime() - n * 1000),
    ended_at: now,
    due_at: n % 50 === 0 ? now : null,
  })),
  removal_items: rows(6000, (n) => ({
    removal_id: n % 2 === 0 ? 3000 : n % 500,
    position: n,
    repository: repositoryOf(Math.floor(n / 100)),
    tag: `1.${n}`,
    digest: digestOf(n),
    outcome: n % 3 === 0 ? 'removed' : 'waiting',
  })),
}

const REMOVED = {
  id: 7,
  repository: repositoryOf(7),
  tag: '1.7',
  digest: digestOf(7),
  dummyDigest: digestOf(10_007),
  begunAt: now,
  endedAt: now,
  restoredDigest: undefined,
  isRestored: false,
  marks: 1,
  tries: 0,
}
const MANIFEST = { repository: 'project-0010/app', digest: digestOf(7) }
const TAG = { repository: REMOVED.repository, tag: REMOVED.tag }
const HOLDING = { holder: 'h', termSeconds: 60 }
const TAGS = { repository: repositoryOf(1), tags: ['1.1', '1.2'], holder: 'own-7' }

/** Every function of removal by filter that sends SQL, with what it is asked when there is much. */
export const REMOVAL_CALLS: Readonly<Record<string, (database: Database) => Promise<unknown>>> = {
  'removal/many/queries.ts#insertRemoval': (db) =>
    removals.insertRemoval(db, {
      ...ASKED,
      project: 'project-0007',
      filter,
      isDryRun: true,
      actor,
    }),
  'removal/many/queries.ts#setRemovalJob': (db) => removals.setRemovalJob(db, { id: 7, jobId: 7 }),
  'removal/many/queries.ts#findRemoval': (db) => removals.findRemoval(db, 7),
  'removal/many/queries.ts#listRemovals': (db) =>
    removals.listRemovals(db, { project: 'project-0007', since: now, before: 2500, most: 51 }),
  'removal/many/queries.ts#endSelection': (db) => removals.endSelection(db, 7),
  'removal/many/queries.ts#endRemoval': (db) => removals.endRemoval(db, 7),
  'removal/many/queries.ts#trimRemovals': (db) =>
    removals.trimRemovals(db, { keepDays: 90, atOnce: 100 }),
  'removal/many/item-queries.ts#countOutcomes': (db) => items.countOutcomes(db, 7),
  'removal/many/item-queries.ts#insertItems': (db) =>
    items.insertItems(db, 9999, {
      items: [
        {
          repository: 'a/b',
          tag: 'x',
          digest: digestOf(1),
          sizeBytes: 1,
          outcome: 'waiting',
          reason: undefined,
        },
      ],
      from: 0,
    }),
  'removal/many/item-queries.ts#deleteItems': (db) => items.deleteItems(db, 7, 10),
  'removal/many/item-queries.ts#listItems': (db) =>
    items.listItems(db, { removalId: 3000, outcome: 'waiting', after: 10, most: 51 }),
  'removal/many/item-queries.ts#settleItems': (db) =>
    items.settleItems(db, 3000, [
      { position: 2, outcome: 'removed', reason: undefined },
      { position: 4, outcome: 'changed', reason: 'it moved' },
    ]),
  'removal/many/select-queries.ts#listProjectRepositories': (db) =>
    selects.listProjectRepositories(db, { project: 'project-0007', after: '', most: 51 }),
  'removal/many/select-queries.ts#listRepositoryTags': (db) =>
    selects.listRepositoryTags(db, { repositoryId: 7, after: '', most: 51 }),
  'removal/many/select-queries.ts#isRepositoryListed': (db) =>
    selects.isRepositoryListed(db, repositoryOf(7)),
  'removal/lost-pushes/queries.ts#insertRemovedTags': (db) => lost.insertRemovedTags(db, [REMOVED]),
  'removal/lost-pushes/queries.ts#endRemovedTags': (db) =>
    lost.endRemovedTags(db, { dummyDigest: REMOVED.dummyDigest, tags: ['1.7'] }),
  'removal/lost-pushes/queries.ts#closeRemovedTags': (db) => lost.closeRemovedTags(db, TAG),
  'removal/lost-pushes/queries.ts#markPushedTags': (db) => lost.markPushedTags(db, [TAG]),
  'removal/lost-pushes/queries.ts#hasRemovedTags': (db) => lost.hasRemovedTags(db, 60),
  'removal/lost-pushes/queries.ts#listPushedTags': (db) => lost.listPushedTags(db, 50),
  'removal/lost-pushes/queries.ts#claimRemovedTag': (db) => lost.claimRemovedTag(db, REMOVED, 10),
  'removal/lost-pushes/queries.ts#postponeRemovedTag': (db) =>
    lost.postponeRemovedTag(db, REMOVED, 10),
  'removal/lost-pushes/queries.ts#settleRemovedTag': (db) => lost.settleRemovedTag(db, REMOVED),
  'removal/lost-pushes/queries.ts#noteRestoring': (db) =>
    lost.noteRestoring(db, REMOVED, digestOf(8)),
  'removal/lost-pushes/queries.ts#noteRestored': (db) =>
    lost.noteRestored(db, REMOVED, digestOf(8)),
  'removal/lost-pushes/history-queries.ts#readRemovals': (db) => history.readRemovals(db, TAG),
  'removal/lost-pushes/history-queries.ts#listTagEvents': (db) => history.listTagEvents(db, TAG),
  'removal/lost-pushes/history-queries.ts#isProjectOf': (db) =>
    history.isProjectOf(db, 'project-0007', REMOVED),
  'removal/lost-pushes/queries.ts#trimRemovedTags': (db) =>
    lost.trimRemovedTags(db, { seconds: 5000, most: 100 }),
  'removal/manifest-removal-queries.ts#takeOutManifestRemovals': (db) =>
    manifests.takeOutManifestRemovals(db, {
      repository: MANIFEST.repository,
      digests: [MANIFEST.digest, digestOf(8)],
    }),
  'removal/manifest-removal-queries.ts#insertManifestRemovals': (db) =>
    manifests.insertManifestRemovals(db, [{ ...actor, ...MANIFEST, repository: 'new' }], HOLDING),
  'removal/manifest-removal-queries.ts#extendManifestRemovals': (db) =>
    manifests.extendManifestRemovals(db, MANIFEST.repository, HOLDING),
  'removal/manifest-removal-queries.ts#deleteManifestRemovals': (db) =>
    manifests.deleteManifestRemovals(db, MANIFEST.repository, 'another'),
  'removal/manifest-removal-queries.ts#takeManifestRemoval': (db) =>
    manifests.takeManifestRemoval(db, MANIFEST, HOLDING),
  'removal/manifest-removal-queries.ts#listAbandonedManifests': (db) =>
    manifests.listAbandonedManifests(db, 100),
  'holds/tag-hold-queries.ts#insertTagHolds': (db) =>
    holds.insertTagHolds(db, { ...TAGS, reason: 'r', seconds: 60 }),
  'holds/tag-hold-queries.ts#findStopping': (db) => holds.findStopping(db, TAGS),
  'holds/tag-hold-queries.ts#extendHolds': (db) => holds.extendHolds(db, 'own-7', 60),
  'holds/tag-hold-queries.ts#deleteHolds': (db) => holds.deleteHolds(db, 'own-7'),
}
