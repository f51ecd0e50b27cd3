import type { Database } from '../../src/database/open-database.ts'
import * as trust from '../../src/images/trust-queries.ts'
import * as schedules from '../../src/jobs/schedule-queries.ts'
import * as index from '../../src/policies/retention/index-queries.ts'
import * as items from '../../src/policies/retention/item-queries.ts'
import * as policies from '../../src/policies/retention/policy-queries.ts'
import * as runs from '../../src/policies/retention/run-queries.ts'
import * as trims from '../../src/policies/retention/trim-queries.ts'
import { digestOf, repositoryOf } from './grown-index.ts'

type Row = Readonly<Record<string, unknown>>

const rows = (count: number, row: (n: number) => Row): Row[] =>
  Array.from({ length: count }, (_, index) => row(index + 1))

const now = new Date()
const minutesAgo = (minutes: number): Date => new Date(now.getTime() - minutes * 60_000)

/** Rules of many projects; the project 1 has had 1,500 runs, and the last of them 3,000 decisions. */
export const RETENTION_TABLES: Readonly<Record<string, readonly Row[]>> = {
  retention_policies: rows(2000, (n) => ({
    project_id: n,
    rules: '[]',
    updated_at: now,
    untagged_days: n % 20 === 0 ? 30 : null,
  })),
  retention_runs: rows(3000, (n) => ({
    id: n,
    project_id: n % 2 === 0 ? 1 : n,
    job_id: n + 1000,
    is_dry_run: 1,
    is_scheduled: 0,
    rules: '[]',
    actor_name: 'user-0001',
    outcome: n < 2990 ? 'done' : null,
    created_at: minutesAgo(3000 - n),
    ended_at: n < 2990 ? now : null,
  })),
  retention_items: rows(6000, (n) => ({
    run_id: n % 2 === 0 ? 3000 : n % 500,
    repository: repositoryOf(Math.floor(n / 100)),
    tag: `1.${n}`,
    digest: digestOf(n),
    decision: n % 3 === 0 ? 'remove' : 'keep',
    reason: 'rule',
    pushed_at: now,
  })),
}

const ITEM = {
  repository: repositoryOf(7),
  tag: 'x',
  digest: digestOf(7),
  decision: 'keep',
  reason: 'rule',
  rule: 1,
  neededBy: undefined,
  pushedAt: now,
  pulledAt: undefined,
  reclaimableBytes: 1,
  outcome: undefined,
} as const

const RUN = {
  projectId: 7,
  jobId: 7,
  isDryRun: true,
  isScheduled: false,
  rules: [],
  actor: { actorId: undefined, actorName: 'user-0001', onBehalfOf: undefined },
}

const COUNTS = {
  repositories: 1,
  kept: 1,
  toRemove: 1,
  removed: 1,
  notRemoved: 0,
  reclaimableBytes: 1,
  items: 2,
}

const PLACE = { repository: repositoryOf(30), tag: '1.3000' }
const PAGE = { runId: 3000, most: 101 }

/** Every function of retention that sends SQL, with what it is asked when there is much. */
export const RETENTION_CALLS: Readonly<Record<string, (database: Database) => Promise<unknown>>> = {
  'images/trust-queries.ts#findInboxLagSeconds': (db) => trust.findInboxLagSeconds(db),
  'images/trust-queries.ts#findReadingLagSeconds': (db) => trust.findReadingLagSeconds(db),
  'images/trust-queries.ts#findLastComparison': (db) => trust.findLastComparison(db),
  'images/trust-queries.ts#findLastLoss': (db) => trust.findLastLoss(db),
  'images/trust-queries.ts#findDayAfterFirstEvent': (db) => trust.findDayAfterFirstEvent(db),

  'jobs/schedule-queries.ts#findNextAt': (db) => schedules.findNextAt(db, 'daily'),
  'jobs/schedule-queries.ts#removeSchedule': (db) => schedules.removeSchedule(db, 'schedule-9'),

  'policies/retention/index-queries.ts#listRepositories': (db) =>
    index.listRepositories(db, { project: 'project-7', after: 'project-7/a', most: 100 }),
  'policies/retention/index-queries.ts#countRepositories': (db) =>
    index.countRepositories(db, 'project-7'),
  'policies/retention/index-queries.ts#listTags': (db) =>
    index.listTags(db, { repositoryId: 1, after: '1.2', most: 1000 }),
  'policies/retention/index-queries.ts#findTagTimes': (db) =>
    index.findTagTimes(db, repositoryOf(1), ['1.1', '1.2']),
  'policies/retention/index-queries.ts#listManifests': (db) =>
    index.listManifests(db, { repositoryId: 1, after: 7, most: 1000 }),
  'policies/retention/index-queries.ts#listChildren': (db) => index.listChildren(db, [7, 8, 9]),

  'policies/retention/item-queries.ts#insertItems': (db) => items.insertItems(db, 3000, [ITEM]),
  'policies/retention/item-queries.ts#removeItemsOf': (db) =>
    items.removeItemsOf(db, 3000, repositoryOf(7)),
  'policies/retention/item-queries.ts#listRemovals': (db) =>
    items.listRemovals(db, 3000, repositoryOf(9)),
  'policies/retention/item-queries.ts#setOutcomes': (db) =>
    items.setOutcomes(
      db,
      { runId: 3000, repository: PLACE.repository },
      { tags: [PLACE.tag, '1.3002'], outcome: 'removed' },
    ),
  'policies/retention/item-queries.ts#listItems': async (db) => {
    for (const decision of [undefined, 'remove'] as const) {
      for (const after of [undefined, PLACE])
        await items.listItems(db, { ...PAGE, decision, after })
    }
  },

  'policies/retention/policy-queries.ts#lockProject': (db) => policies.lockProject(db, 7),
  'policies/retention/policy-queries.ts#findPolicy': (db) => policies.findPolicy(db, 7),
  'policies/retention/policy-queries.ts#putPolicy': (db) =>
    policies.putPolicy(db, 7, { rules: [], schedule: undefined, untaggedDays: 30 }),
  'policies/retention/policy-queries.ts#removePolicy': (db) => policies.removePolicy(db, 8),

  'policies/retention/run-queries.ts#insertRun': (db) => runs.insertRun(db, RUN),
  'policies/retention/run-queries.ts#findRunOfJob': (db) => runs.findRunOfJob(db, 1700),
  'policies/retention/run-queries.ts#findRun': (db) => runs.findRun(db, { projectId: 1, id: 700 }),
  'policies/retention/run-queries.ts#listRuns': async (db) => {
    for (const before of [undefined, 2000]) {
      await runs.listRuns(db, { projectId: 1, before, most: 51 })
    }
  },
  'policies/retention/run-queries.ts#saveRun': (db) =>
    runs.saveRun(db, { id: 2995, planned: 'a', after: 'a', ...COUNTS }),
  'policies/retention/run-queries.ts#endRun': (db) => runs.endRun(db, 2996, { outcome: 'done' }),

  'policies/retention/trim-queries.ts#listSurplusRuns': (db) =>
    trims.listSurplusRuns(db, { projectId: 1, keep: 50, most: 10 }),
  'policies/retention/trim-queries.ts#listOldRuns': (db) =>
    trims.listOldRuns(db, { keepDays: 1, most: 10 }),
  'policies/retention/trim-queries.ts#removeItems': (db) => trims.removeItems(db, 11, 100),
  'policies/retention/trim-queries.ts#removeRun': (db) => trims.removeRun(db, 12),
}

export const RETENTION_NOT_CALLED: Readonly<Record<string, string>> = {
  'policies/retention/policy-queries.ts#readRules': 'reads a column',
}
