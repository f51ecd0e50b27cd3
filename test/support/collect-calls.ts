import type { Database } from '../../src/database/open-database.ts'
import * as changes from '../../src/maintenance/collect/change-queries.ts'
import * as collections from '../../src/maintenance/collect/queries.ts'
import * as recent from '../../src/maintenance/collect/recent-queries.ts'
import * as swept from '../../src/maintenance/collect/swept-queries.ts'
import * as untagged from '../../src/maintenance/collect/untagged/queries.ts'
import { digestOf, repositoryOf } from './grown-index.ts'

type Row = Readonly<Record<string, unknown>>

const now = new Date()
const MOST = 100
const DIGESTS = [digestOf(7), digestOf(8)]
const actor = { actorId: 7, actorName: 'user-0007', onBehalfOf: undefined }
const LATELY = { since: new Date(now.getTime() - 600_000), most: MOST }

/** Many collections, of which all but the last have ended. */
export const COLLECT_TABLES: Readonly<Record<string, readonly Row[]>> = {
  collections: Array.from({ length: 3000 }, (_, index) => ({
    id: index + 1,
    job_id: index + 1,
    is_dry_run: index % 2,
    phase: index === 2999 ? 'collecting' : 'done',
    epoch: index + 1,
    actor_name: 'user-0001',
    created_at: now,
    ended_at: index === 2999 ? null : now,
  })),
}

/** Every function of collections that sends SQL, with what it is asked when there is much. */
export const COLLECT_CALLS: Readonly<Record<string, (database: Database) => Promise<unknown>>> = {
  'maintenance/collect/change-queries.ts#insertCollection': (db) =>
    changes.insertCollection(db, { jobId: 9999, isDryRun: false, actor }),
  'maintenance/collect/queries.ts#findCollection': (db) => collections.findCollection(db, 700),
  'maintenance/collect/queries.ts#findCollectionOfJob': (db) =>
    collections.findCollectionOfJob(db, 700),
  'maintenance/collect/queries.ts#findCollectionOfEpoch': (db) =>
    collections.findCollectionOfEpoch(db, 700),
  'maintenance/collect/queries.ts#listCollections': async (db) => {
    await collections.listCollections(db, { before: undefined, most: MOST })
    await collections.listCollections(db, { before: 2000, most: MOST })
  },
  'maintenance/collect/queries.ts#findLastEnded': (db) => collections.findLastEnded(db),
  'maintenance/collect/change-queries.ts#saveCollection': (db) =>
    changes.saveCollection(db, 3000, { phase: 'done', blobs: 1 }),
  'maintenance/collect/change-queries.ts#setNotes': (db) => changes.setNotes(db, 700, ['x']),
  'maintenance/collect/change-queries.ts#lockCollection': (db) => changes.lockCollection(db, 700),
  'maintenance/collect/change-queries.ts#noteOpened': (db) => changes.noteOpened(db, 700),
  'maintenance/collect/change-queries.ts#removeOldCollections': (db) =>
    changes.removeOldCollections(db, { keepDays: 365, most: MOST }),

  'maintenance/collect/recent-queries.ts#listToldPushes': (db) => recent.listToldPushes(db, LATELY),
  'maintenance/collect/recent-queries.ts#listIndexedPushes': (db) =>
    recent.listIndexedPushes(db, LATELY),
  'maintenance/collect/recent-queries.ts#listMarked': (db) => recent.listMarked(db, MOST),

  'maintenance/collect/swept-queries.ts#findSizes': (db) => swept.findSizes(db, DIGESTS),
  'maintenance/collect/swept-queries.ts#forgetBlobs': (db) => swept.forgetBlobs(db, DIGESTS),
  'maintenance/collect/swept-queries.ts#markSweptManifests': (db) =>
    swept.markSweptManifests(db, DIGESTS),
  'maintenance/collect/swept-queries.ts#isPlaced': (db) =>
    swept.isPlaced(db, { repository: repositoryOf(1), digest: digestOf(19) }),

  'maintenance/collect/untagged/queries.ts#listUntaggedPolicies': (db) =>
    untagged.listUntaggedPolicies(db),
  'maintenance/collect/untagged/queries.ts#listKnownRepositories': async (db) => {
    for (const isListed of [true, false]) {
      const asked = { project: 'project-0007', isListed, after: '', most: MOST }
      await untagged.listKnownRepositories(db, asked)
    }
  },
  'maintenance/collect/untagged/queries.ts#listKnownManifests': (db) =>
    untagged.listKnownManifests(db, { repositoryId: 1, after: 0, most: MOST }),
  'maintenance/collect/untagged/queries.ts#isUnsettled': (db) =>
    untagged.isUnsettled(db, 'nothing/waits'),
  'maintenance/collect/untagged/queries.ts#listTaggedDigests': (db) =>
    untagged.listTaggedDigests(db, 1),
}
