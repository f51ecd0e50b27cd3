import type { Database } from '../../src/database/open-database.ts'
import * as brake from '../../src/images/brake-queries.ts'
import { hastenJob } from '../../src/jobs/hasten-queries.ts'
import * as runs from '../../src/maintenance/reconcile/queries.ts'
import { NOTHING } from '../../src/maintenance/reconcile/types.ts'
import * as walks from '../../src/maintenance/reconcile/walk-queries.ts'
import { repositoryOf } from './grown-index.ts'

const MOST = 100
const NAMES = [repositoryOf(7), repositoryOf(8)]
const IDS = [7, 8, 9]

/** Every function of reconcile that sends SQL, with what it is asked when there is much. */
export const RECONCILE_CALLS: Readonly<Record<string, (database: Database) => Promise<unknown>>> = {
  'images/brake-queries.ts#readBrakeRow': (db) => brake.readBrakeRow(db),
  'images/brake-queries.ts#engageBrake': (db) =>
    brake.engageBrake(db, { reason: 'vanished', detail: 'x' }),
  'images/brake-queries.ts#disengageBrake': (db) => brake.disengageBrake(db),
  'images/brake-queries.ts#noteKnown': (db) => brake.noteKnown(db, { repository: 1, tag: 1 }),
  'images/brake-queries.ts#addVanished': (db) => brake.addVanished(db, 'tag', 1),
  'images/brake-queries.ts#countVanished': (db) => brake.countVanished(db),
  'images/brake-queries.ts#forgetVanished': (db) => brake.forgetVanished(db),
  'images/brake-queries.ts#listVanishedRepositories': (db) =>
    brake.listVanishedRepositories(db, IDS),

  'jobs/hasten-queries.ts#hastenJob': (db) => hastenJob(db, 2502),

  'maintenance/reconcile/queries.ts#openRun': (db) => runs.openRun(db, 700),
  'maintenance/reconcile/queries.ts#saveRun': (db) =>
    runs.saveRun(db, { ...NOTHING, id: 1700, phase: 'index', after: 'a' }),
  'maintenance/reconcile/queries.ts#findLastRun': (db) => runs.findLastRun(db),
  'maintenance/reconcile/queries.ts#countUntold': (db) => runs.countUntold(db),
  'maintenance/reconcile/queries.ts#removeOldRuns': (db) =>
    runs.removeOldRuns(db, { before: 100, keepDays: 90, most: MOST }),

  'maintenance/reconcile/walk-queries.ts#markWalked': (db) => walks.markWalked(db, 1, NAMES),
  'maintenance/reconcile/walk-queries.ts#listUnwalked': (db) =>
    walks.listUnwalked(db, { runId: 7, after: repositoryOf(700), most: MOST }),
  'maintenance/reconcile/walk-queries.ts#listTagsBefore': (db) =>
    walks.listTagsBefore(db, {
      repositoryIds: IDS,
      ticket: 99,
      after: { repositoryId: 0, name: '' },
      most: MOST,
    }),
  'maintenance/reconcile/walk-queries.ts#countTold': (db) =>
    walks.countTold(db, [{ repository: repositoryOf(7), reference: '1.1' }]),
}
