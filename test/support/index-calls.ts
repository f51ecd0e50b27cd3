import { prepareLease, releaseLease, takeLease } from '../../src/database/lease.ts'
import type { Database } from '../../src/database/open-database.ts'
import * as activity from '../../src/images/activity-queries.ts'
import * as blobs from '../../src/images/blob-queries.ts'
import * as digests from '../../src/images/digest-queries.ts'
import * as dirty from '../../src/images/dirty-queries.ts'
import * as figureMarks from '../../src/images/figure-mark-queries.ts'
import * as figures from '../../src/images/figure-queries.ts'
import * as hasten from '../../src/images/hasten-queries.ts'
import * as history from '../../src/images/history-queries.ts'
import * as manifests from '../../src/images/manifest-queries.ts'
import * as placements from '../../src/images/placement-queries.ts'
import * as repositories from '../../src/images/repository-queries.ts'
import * as tagChanges from '../../src/images/tag-change-queries.ts'
import * as tags from '../../src/images/tag-queries.ts'
import * as intake from '../../src/notifications/intake-queries.ts'
import * as marks from '../../src/notifications/mark-queries.ts'
import * as inbox from '../../src/notifications/queries.ts'
import type { RegistryEvent } from '../../src/protocol/event.ts'
import { digestOf, repositoryOf } from './grown-index.ts'

const now = new Date()
const KEY = { repositoryId: 1, name: '1.7' }
const KEYS = [KEY, { repositoryId: 2, name: '1.1' }]
const MANY_NAMES = Array.from({ length: 100 }, (_, n) => repositoryOf(n + 2))
const DIGESTS = [digestOf(7), digestOf(8)]
const DIRTY = {
  repository: repositoryOf(7),
  reference: '1.1',
  isDeletion: false,
  pushedAt: undefined,
  actor: undefined,
  marks: 1,
  tries: 0,
}
const FOUND = {
  ...KEY,
  project: 'project-1',
  digest: digestOf(9),
  mediaType: 'application/json',
  sizeBytes: 1,
  pushedAt: now,
  actor: 'user-0001',
}
const MANIFEST = {
  digest: digestOf(9000),
  mediaType: 'application/json',
  contentBytes: 10,
  content: {
    kind: 'index',
    artifactType: undefined,
    subjectDigest: undefined,
    imageConfigDigest: undefined,
    blobs: [],
    children: [],
    annotations: {},
    isWhole: true,
  },
  config: undefined,
} as const
const EVENT: RegistryEvent = {
  id: 'new-event',
  happenedAt: now,
  action: 'push',
  content: 'blob',
  repository: 'acme/app',
  tag: undefined,
  digest: digestOf(1),
  sizeBytes: 1,
  method: 'PUT',
  actor: 'user-0001',
  address: '10.0.0.7',
  source: 'r1:5000',
}

/** Every function of the index that sends SQL, with what it is asked when there is much. */
export const INDEX_CALLS: Readonly<Record<string, (database: Database) => Promise<unknown>>> = {
  'database/lease.ts#prepareLease': (db) => prepareLease(db, 'index'),
  'database/lease.ts#takeLease': async (db) => {
    await prepareLease(db, 'index')
    return takeLease(db, 'index', 'holder')
  },
  'database/lease.ts#releaseLease': async (db) => {
    await prepareLease(db, 'index')
    await takeLease(db, 'index', 'holder')
    return releaseLease(db, 'index', 'holder')
  },

  'images/activity-queries.ts#touchRepositories': (db) =>
    activity.touchRepositories(db, [7, 8], now),
  'images/activity-queries.ts#touchTags': (db) => activity.touchTags(db, KEYS, now),
  'images/activity-queries.ts#touchManifests': (db) =>
    activity.touchManifests(db, [{ repositoryId: 1, digest: digestOf(7) }], now),
  'images/activity-queries.ts#touchPushedManifests': (db) =>
    activity.touchPushedManifests(db, [{ repositoryId: 1, digest: digestOf(7) }], now),
  'images/activity-queries.ts#findParents': (db) => activity.findParents(db, 1, DIGESTS),
  'images/activity-queries.ts#addActivity': (db) =>
    activity.addActivity(db, [
      {
        repositoryId: 1,
        project: 'project-1',
        day: '2026-01-01',
        pulls: 1,
        pushes: 0,
        pulledBytes: 0,
        pushedBytes: 0,
      },
    ]),

  'images/blob-queries.ts#insertBlobs': (db) =>
    blobs.insertBlobs(db, [{ repositoryId: 1, digest: digestOf(8000), sizeBytes: 1 }]),
  'images/blob-queries.ts#findBlobBytes': (db) =>
    blobs.findBlobBytes(
      db,
      DIGESTS.map((digest) => ({ repositoryId: 1, digest })),
    ),

  'images/digest-queries.ts#findManifestIds': (db) => digests.findManifestIds(db, DIGESTS),
  'images/digest-queries.ts#findBlobIds': (db) => digests.findBlobIds(db, DIGESTS),
  'images/digest-queries.ts#findDescribedManifests': (db) =>
    digests.findDescribedManifests(db, DIGESTS),

  'images/dirty-queries.ts#markDirty': (db) => dirty.markDirty(db, [DIRTY]),
  'images/dirty-queries.ts#listDirty': (db) => dirty.listDirty(db, 50),
  'images/dirty-queries.ts#removeDirty': (db) =>
    dirty.removeDirty(db, [{ ...DIRTY, repository: repositoryOf(9) }]),
  'images/dirty-queries.ts#postponeDirty': (db) =>
    dirty.postponeDirty(db, [DIRTY], { milliseconds: 10, isFailure: true }),
  'images/hasten-queries.ts#hastenDirty': (db) => hasten.hastenDirty(db, [DIRTY], 1000),
  'images/dirty-queries.ts#countDirty': (db) => dirty.countDirty(db, 1000),
  'images/figure-mark-queries.ts#markFigures': (db) =>
    figureMarks.markFigures(db, 'project', ['project-1']),
  'images/figure-mark-queries.ts#listDirtyFigures': (db) =>
    figureMarks.listDirtyFigures(db, 'repository', 100),
  'images/figure-mark-queries.ts#lockMarkedNames': (db) =>
    figureMarks.lockMarkedNames(db, [{ kind: 'repository', name: repositoryOf(12), marks: 1 }]),
  'images/figure-mark-queries.ts#removeDirtyFigures': (db) =>
    figureMarks.removeDirtyFigures(db, [{ kind: 'repository', name: repositoryOf(11), marks: 1 }]),
  'images/figure-mark-queries.ts#postponeFigures': (db) =>
    figureMarks.postponeFigures(db, [{ kind: 'repository', name: repositoryOf(13), marks: 1 }], 10),

  'images/figure-queries.ts#countRepositories': (db) => figures.countRepositories(db, MANY_NAMES),
  'images/figure-queries.ts#lockRepositories': (db) => figures.lockRepositories(db, [2, 3, 4]),
  'images/figure-queries.ts#writeRepositories': async (db) =>
    figures.writeRepositories(db, await figures.countRepositories(db, MANY_NAMES)),
  'images/figure-queries.ts#countProject': (db) => figures.countProject(db, 'project-7'),
  'images/figure-queries.ts#writeProject': (db) =>
    figures.writeProject(db, {
      project: 'project-7',
      repository_count: 1,
      tag_count: 1,
      size_bytes: 1,
    }),

  'images/history-queries.ts#removeOldHistory': (db) =>
    history.removeOldHistory(db, { days: 300, most: 100 }),
  'images/history-queries.ts#listRestlessTags': (db) =>
    history.listRestlessTags(db, { entries: 100, keep: 1 }),
  'images/history-queries.ts#trimTagHistory': (db) =>
    history.trimTagHistory(db, { repositoryId: 4001, name: 'often' }, { keep: 900, most: 50 }),

  'images/manifest-queries.ts#insertManifests': (db) => manifests.insertManifests(db, [MANIFEST]),

  'images/placement-queries.ts#upsertPlacedManifests': (db) =>
    placements.upsertPlacedManifests(db, new Map([[digestOf(7), 7]]), [
      { repositoryId: 9, digest: digestOf(7), subjectDigest: undefined, treeBytes: 1 },
    ]),
  'images/placement-queries.ts#findTreeBytes': (db) =>
    placements.findTreeBytes(db, [{ repositoryId: 1, digest: digestOf(7) }]),
  'images/placement-queries.ts#removeAbsentManifest': (db) =>
    placements.removeAbsentManifest(db, { repositoryId: 1, digest: digestOf(9) }, 600),

  'images/repository-queries.ts#takeTicket': (db) => repositories.takeTicket(db),
  'images/repository-queries.ts#findRepositoryIds': (db) =>
    repositories.findRepositoryIds(db, [repositoryOf(7), repositoryOf(8)]),
  'images/repository-queries.ts#ensureRepositories': (db) =>
    repositories.ensureRepositories(db, [repositoryOf(7), 'new/repository']),

  'images/tag-change-queries.ts#insertTagHistory': (db) =>
    tagChanges.insertTagHistory(db, [{ ...KEY, ticket: 9, digest: undefined, actor: undefined }]),
  'images/tag-change-queries.ts#removeAbsentTags': (db) =>
    tagChanges.removeAbsentTags(
      db,
      ['1.107', '1.207', '1.8'].map((name) => ({ ...KEY, name })),
      { ticket: 20, graceSeconds: 600 },
    ),
  'images/tag-change-queries.ts#noteDeletedTags': (db) =>
    tagChanges.noteDeletedTags(db, { repository: repositoryOf(7), tags: ['1.7', '1.8'] }),
  'images/tag-change-queries.ts#findAbsentTags': (db) => tagChanges.findAbsentTags(db, KEYS),
  'images/tag-change-queries.ts#noteAbsentTag': (db) =>
    tagChanges.noteAbsentTag(db, { ...KEY, ticket: 21 }),

  'images/tag-queries.ts#findTags': (db) => tags.findTags(db, KEYS),
  'images/tag-queries.ts#lockTags': (db) => tags.lockTags(db, KEYS),
  'images/tag-queries.ts#findAnyTag': (db) => tags.findAnyTag(db),
  'images/tag-queries.ts#findTagsOn': (db) => tags.findTagsOn(db, 1, DIGESTS),
  'images/tag-queries.ts#upsertTags': (db) => tags.upsertTags(db, [FOUND], 22),
  'images/tag-queries.ts#keepPushTimes': (db) => tags.keepPushTimes(db, [FOUND], 23),

  'notifications/intake-queries.ts#insertUnreadable': (db) =>
    intake.insertUnreadable(db, [{ reason: 'none', text: '' }], now),
  'notifications/intake-queries.ts#removeOldUnreadable': (db) =>
    intake.removeOldUnreadable(db, { days: 80, most: 100 }),
  'notifications/intake-queries.ts#removeManyUnreadable': (db) =>
    intake.removeManyUnreadable(db, { keep: 900, most: 50 }),
  'notifications/intake-queries.ts#noteSource': (db) => intake.noteSource(db, 'r7:5000'),
  'notifications/intake-queries.ts#findSourceAgeSeconds': (db) => intake.findSourceAgeSeconds(db),
  'notifications/intake-queries.ts#removeOldSources': (db) =>
    intake.removeOldSources(db, { days: 16, most: 100 }),

  'notifications/mark-queries.ts#findPullMarks': (db) => marks.findPullMarks(db, ['a', 'b']),
  'notifications/mark-queries.ts#upsertPullMarks': (db) =>
    marks.upsertPullMarks(db, new Map([['a', now]]), 60),
  'notifications/mark-queries.ts#removeExpiredPullMarks': (db) =>
    marks.removeExpiredPullMarks(db, 100),

  'notifications/queries.ts#insertEvents': (db) => inbox.insertEvents(db, [EVENT], now),
  'notifications/queries.ts#listWaitingEvents': (db) => inbox.listWaitingEvents(db, 500),
  'notifications/queries.ts#lockWaitingEvents': (db) => inbox.lockWaitingEvents(db, 500),
  'notifications/queries.ts#claimEvents': (db) => inbox.claimEvents(db, [4500, 4501]),
  'notifications/queries.ts#removeAppliedEvents': (db) =>
    inbox.removeAppliedEvents(db, { seconds: 3600, most: 100 }),
  'notifications/queries.ts#readInbox': (db) => inbox.readInbox(db, 1000),
}

export const INDEX_NOT_CALLED: Readonly<Record<string, string>> = {
  'database/bulk.ts#insertMissing': 'inserts what others give it',
  'database/bulk.ts#inBatches': 'cuts a list',
  'database/bulk.ts#inBatchesOf': 'cuts a list',
  'database/bulk.ts#withAnyKey': 'a part of other statements',
  'images/repository-queries.ts#idOf': 'looks into a map',
  'images/blob-queries.ts#blobKey': 'makes a text',
  'images/dirty-queries.ts#firstMark': 'makes a number',
  'images/tag-queries.ts#toTagKey': 'makes a key',
}
