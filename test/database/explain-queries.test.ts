import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import test from 'ava'
import * as acting from '../../src/accounts/acting-queries.ts'
import * as claims from '../../src/accounts/claims-queries.ts'
import * as groups from '../../src/accounts/group-queries.ts'
import * as accountLists from '../../src/accounts/list-queries.ts'
import * as passwords from '../../src/accounts/password-queries.ts'
import * as resets from '../../src/accounts/password-reset/queries.ts'
import * as accounts from '../../src/accounts/queries.ts'
import * as chain from '../../src/audit/chain-queries.ts'
import * as checkpoints from '../../src/audit/checkpoint-queries.ts'
import * as audit from '../../src/audit/queries.ts'
import * as seals from '../../src/audit/seal-queries.ts'
import type { AuditFilter } from '../../src/audit/types.ts'
import * as endedActing from '../../src/credentials/acting-queries.ts'
import { findVersionedRobot } from '../../src/credentials/find-versioned-robot.ts'
import * as identityTokens from '../../src/credentials/identity-queries.ts'
import * as ownedTokens from '../../src/credentials/owned-token-queries.ts'
import * as credentials from '../../src/credentials/queries.ts'
import * as robots from '../../src/credentials/robot-queries.ts'
import * as changes from '../../src/database/change-version.ts'
import * as installation from '../../src/database/installation.ts'
import * as keptAnswers from '../../src/database/kept-answers.ts'
import type { KeysetPosition } from '../../src/database/keyset.ts'
import { isLeaseTaken, prepareLease, takeLease, withLease } from '../../src/database/lease.ts'
import { pendingMigrations } from '../../src/database/migrate.ts'
import type { Database } from '../../src/database/open-database.ts'
import * as replicas from '../../src/database/replicas.ts'
import * as waiting from '../../src/database/wait-for-database.ts'
import * as jobClaims from '../../src/jobs/claim-queries.ts'
import { enqueueJob } from '../../src/jobs/enqueue-job.ts'
import * as jobs from '../../src/jobs/queries.ts'
import * as jobSchedules from '../../src/jobs/schedule-queries.ts'
import { readDatabaseServer } from '../../src/maintenance/doctor/queries.ts'
import * as projectLists from '../../src/projects/list-queries.ts'
import * as members from '../../src/projects/member-queries.ts'
import * as projects from '../../src/projects/queries.ts'
import * as readers from '../../src/projects/reader-queries.ts'
import * as tombstones from '../../src/projects/tombstone-queries.ts'
import * as removal from '../../src/removal/queries.ts'
import * as settings from '../../src/settings/queries.ts'
import * as ldapSweep from '../../src/signin/ldap/sweep-queries.ts'
import * as signin from '../../src/signin/queries.ts'
import { BACKUP_CALLS, BACKUP_NOT_CALLED } from '../support/backup-calls.ts'
import { BROWSE_CALLS, BROWSE_NOT_CALLED } from '../support/browse-calls.ts'
import { COLLECT_CALLS } from '../support/collect-calls.ts'
import { COLLECTOR_CALLS } from '../support/collector-calls.ts'
import { explainAll, type PlanFault, planFaults } from '../support/explain.ts'
import { type GrownDatabase, hashOf, startGrownDatabase } from '../support/grown-database.ts'
import { HOLD_CALLS } from '../support/hold-calls.ts'
import { INDEX_CALLS, INDEX_NOT_CALLED } from '../support/index-calls.ts'
import { POLICY_CALLS } from '../support/policy-calls.ts'
import { RECONCILE_CALLS } from '../support/reconcile-calls.ts'
import { REMOVAL_CALLS } from '../support/removal-calls.ts'
import { RETENTION_CALLS, RETENTION_NOT_CALLED } from '../support/retention-calls.ts'

let grown: GrownDatabase

test.before(async () => {
  grown = await startGrownDatabase()
})
test.after.always(() => grown.stop())

const now = new Date()
const DAY_MS = 86_400_000
const tomorrow = new Date(now.getTime() + DAY_MS)
const yesterday = new Date(now.getTime() - DAY_MS)
const MOST = 101
const HOUR_AGO = new Date(now.getTime() - 3_600_000)
const POSITION = { time: HOUR_AGO, id: 2400 }
const LINK = { seal: 4001, mac: hashOf('mac') }
const ROBOT_STATE = {
  description: undefined,
  permissions: [],
  networks: undefined,
  onBehalfGroupId: undefined,
  expiresAt: undefined,
  disabled: false,
}
const NEW_AUDIT_ROW = {
  actorName: 'user-0001',
  action: 'user.create',
  target: 'x',
  outcome: 'done',
} as const
const TAG = { repository: 'project-0010/app', tag: '1' }
const HOLDER = { holder: 'h', termSeconds: 60 }
const HELD_JOB = { id: 2502, holder: 'h' }
const NOTES = { progress: undefined, log: [] }
const FAILURE_KEY = { network: '10.0.7.0/24', account: 'account-7' }

const everyOne = async <T>(
  values: readonly T[],
  work: (value: T) => Promise<unknown>,
): Promise<void> => {
  for (const value of values) await work(value)
}

/** From the first row on, and from the middle, by name and by time, up and down. */
const positions = (by: string, name: string): readonly KeysetPosition[] =>
  [by, 'createdAt'].flatMap((key) =>
    [false, true].flatMap((descending) =>
      [
        undefined,
        { name, time: key === by ? undefined : new Date(now.getTime() - 3 * DAY_MS) },
      ].map((after) => ({ by: key, descending, after })),
    ),
  )

const listEveryUsers = (db: Database): Promise<void> =>
  everyOne(positions('username', 'user-2500'), (position) =>
    everyOne([undefined, 'user', 'user-25', 'user-2500', 'mail-25'], (search) =>
      accountLists.listUsers(db, { position, search, most: MOST }),
    ),
  )

const READERS: readonly projectLists.ProjectListQuestion['of'][] = [
  'everybody',
  { userId: 1, now },
  { userId: 17, now },
  { userId: undefined, now },
  { projectId: 1 },
]

const listEveryProjects = (db: Database): Promise<void> =>
  everyOne(READERS, (of) =>
    everyOne(positions('name', 'project-2000'), (position) =>
      everyOne([undefined, 'project-2', 'project-200'], (name) =>
        everyOne([undefined, 'public', 'private'] as const, (visibility) =>
          projectLists.listProjects(db, { of, position, name, visibility, most: MOST }),
        ),
      ),
    ),
  )

const AUDIT_FILTERS: readonly AuditFilter[] = [
  {},
  { actor: 'user-3' },
  { action: 'tag.delete', outcome: 'denied' },
  { project: 'project-2', targetPrefix: 'project-2/', since: new Date(now.getTime() - DAY_MS) },
]

type Call = (database: Database) => Promise<unknown>

/** Every function that sends SQL, with what it is asked when there is much. */
const CORP_7 = { source: 'corp', externalId: 'id-0007' }
const NOBODY = {
  username: undefined,
  email: undefined,
  displayName: undefined,
  groups: [],
  isAdministrator: false,
}

const CALLS: Readonly<Record<string, Call>> = {
  'accounts/claims-queries.ts#findVersionedIdentity': (db) =>
    claims.findVersionedIdentity(db, CORP_7),
  'accounts/claims-queries.ts#findIdentity': (db) => claims.findIdentity(db, CORP_7),
  'accounts/claims-queries.ts#isDeletedIdentity': (db) =>
    claims.isDeletedIdentity(db, { source: 'corp', externalId: 'id-2950' }),
  'accounts/claims-queries.ts#updateClaims': (db) =>
    claims.updateClaims(db, 6007, {
      claims: { ...CORP_7, ...NOBODY },
      followed: { digest: 'e', isAdministrator: false, endsAt: now },
      now,
    }),
  'accounts/claims-queries.ts#removeClaims': (db) => claims.removeClaims(db, 6008, now),
  'accounts/claims-queries.ts#ensureGroups': (db) =>
    claims.ensureGroups(db, { source: 'corp', names: ['team-0007', 'team-new'], now }),
  'accounts/claims-queries.ts#setClaimedGroups': (db) =>
    claims.setClaimedGroups(db, {
      userId: 6001,
      source: 'corp',
      groupIds: [5007, 5008],
      endsAt: now,
      now,
    }),
  'accounts/claims-queries.ts#listByClaimsEnd': (db) =>
    claims.listByClaimsEnd(db, { source: 'corp', before: now, most: MOST }),
  'accounts/claims-queries.ts#updateIdentity': (db) =>
    claims.updateIdentity(db, 6009, { identity: { source: 'corp', externalId: 'new' }, now }),
  'accounts/claims-queries.ts#forgetDeletedIdentity': (db) =>
    claims.forgetDeletedIdentity(db, { source: 'corp', externalId: 'id-2960' }),
  'accounts/acting-queries.ts#findActing': (db) =>
    acting.findActing(db, { robotId: 3501, username: 'user-0007' }),

  'accounts/group-queries.ts#findGroupsById': (db) => groups.findGroupsById(db, [7, 8, 9]),
  ...INDEX_CALLS,
  ...RECONCILE_CALLS,
  ...BACKUP_CALLS,
  ...COLLECT_CALLS,
  ...RETENTION_CALLS,
  ...REMOVAL_CALLS,
  ...COLLECTOR_CALLS,
  ...HOLD_CALLS,
  ...BROWSE_CALLS,
  ...POLICY_CALLS,
  'accounts/group-queries.ts#findGroup': (db) => groups.findGroup(db, 'group-0007'),
  'accounts/group-queries.ts#lockGroup': (db) => groups.lockGroup(db, 'group-0007'),
  'accounts/group-queries.ts#listGroups': (db) =>
    everyOne(['', 'group-1000'], (after) => groups.listGroups(db, { after, most: MOST })),
  'accounts/group-queries.ts#insertGroup': (db) =>
    groups.insertGroup(db, { source: 'local', name: 'new', description: undefined, now }),
  'accounts/group-queries.ts#updateGroup': (db) =>
    groups.updateGroup(db, 7, { description: 'x', now }),
  'accounts/group-queries.ts#removeGroup': (db) => groups.removeGroup(db, 2101),
  'accounts/group-queries.ts#insertGroupMember': (db) =>
    groups.insertGroupMember(db, { groupId: 9, userId: 9 }, now),
  'accounts/group-queries.ts#removeGroupMember': (db) =>
    groups.removeGroupMember(db, { groupId: 9, userId: 9 }),
  'accounts/group-queries.ts#removeFromAllGroups': (db) => groups.removeFromAllGroups(db, 1999),
  'accounts/group-queries.ts#listGroupMembers': (db) =>
    everyOne([1, 150], (group) =>
      everyOne(['', 'user-1000'], (after) =>
        groups.listGroupMembers(db, group, { after, most: MOST }),
      ),
    ),

  'accounts/password-reset/queries.ts#findRecipientByName': (db) =>
    resets.findRecipientByName(db, 'user-0007'),
  'accounts/password-reset/queries.ts#findRecipientByEmail': (db) =>
    resets.findRecipientByEmail(db, 'MAIL-0007@example.com'),
  'accounts/password-reset/queries.ts#findRecipientById': (db) => resets.findRecipientById(db, 7),
  'accounts/password-reset/queries.ts#countMails': (db) =>
    resets.countMails(db, { userId: 7, exceptJob: 1, since: HOUR_AGO }),
  'accounts/password-reset/queries.ts#noteMail': (db) =>
    resets.noteMail(db, { userId: 7, jobId: 1, now, since: HOUR_AGO }),
  'accounts/password-reset/queries.ts#putReset': (db) =>
    resets.putReset(db, {
      userId: 8,
      tokenHash: hashOf('new'),
      signInEpoch: 1,
      emailHash: hashOf('mail'),
      expiresAt: tomorrow,
      now,
    }),
  'accounts/password-reset/queries.ts#findReset': (db) =>
    resets.findReset(db, { tokenHash: hashOf('reset 7'), now }),
  'accounts/password-reset/queries.ts#takeReset': (db) =>
    resets.takeReset(db, hashOf('reset 1990')),

  'accounts/queries.ts#findUser': (db) => accounts.findUser(db, 'user-0007'),
  'accounts/queries.ts#findUserWithPassword': (db) =>
    accounts.findUserWithPassword(db, 'user-0007'),
  'accounts/queries.ts#findVersionedUser': (db) => accounts.findVersionedUser(db, 'user-0007'),
  'accounts/list-queries.ts#listUsers': listEveryUsers,
  'accounts/queries.ts#isNameTaken': (db) => accounts.isNameTaken(db, 'user-0007'),
  'accounts/queries.ts#insertUser': (db) =>
    accounts.insertUser(db, {
      username: 'new',
      passwordHash: 'none',
      email: undefined,
      displayName: undefined,
      systemRole: undefined,
      now,
    }),
  'accounts/queries.ts#updateUser': (db) =>
    accounts.updateUser(db, 7, { change: { passwordHash: 'other', disabled: true }, now }),
  'accounts/queries.ts#countEnabledAdministrators': (db) => accounts.countEnabledAdministrators(db),
  'accounts/password-queries.ts#replacePassword': (db) =>
    passwords.replacePassword(db, 8, { from: 'none', to: 'other', now }),
  'accounts/password-queries.ts#upgradeHash': (db) =>
    passwords.upgradeHash(db, 9, { from: 'none', to: 'other' }),
  'accounts/queries.ts#deleteUserRow': (db) => accounts.deleteUserRow(db, 4999, now),

  'audit/chain-queries.ts#findChainKeyId': (db) => chain.findChainKeyId(db),
  'audit/chain-queries.ts#insertChain': (db) =>
    chain.insertChain(db, { keyId: hashOf('key'), head: LINK, proof: hashOf('proof') }),
  'audit/chain-queries.ts#findHead': (db) => chain.findHead(db),
  'audit/chain-queries.ts#takeChain': (db) => chain.takeChain(db, 'me'),
  'audit/chain-queries.ts#releaseChain': (db) => chain.releaseChain(db, 'another'),
  'audit/chain-queries.ts#lockHead': (db) => chain.lockHead(db, 'me'),
  'audit/chain-queries.ts#updateHead': (db) => chain.updateHead(db, LINK, hashOf('proof')),
  'audit/chain-queries.ts#updateForwarded': (db) => chain.updateForwarded(db, 10, 'me'),

  'audit/checkpoint-queries.ts#insertCheckpoint': (db) =>
    checkpoints.insertCheckpoint(db, { kind: 'time', ...LINK, proof: hashOf('proof') }),
  'audit/checkpoint-queries.ts#findLastCheckpoint': (db) =>
    everyOne(['time', 'cut'] as const, (kind) => checkpoints.findLastCheckpoint(db, kind)),
  'audit/checkpoint-queries.ts#listCheckpoints': (db) =>
    checkpoints.listCheckpoints(db, { after: 1500, until: 1600 }),
  'audit/checkpoint-queries.ts#removeCheckpointsBefore': (db) =>
    checkpoints.removeCheckpointsBefore(db, 50),

  'audit/queries.ts#insertAudit': (db) => audit.insertAudit(db, NEW_AUDIT_ROW),
  'audit/queries.ts#insertAuditRows': (db) => audit.insertAuditRows(db, [NEW_AUDIT_ROW]),
  'audit/queries.ts#findWindowEnd': (db) =>
    everyOne(AUDIT_FILTERS, (filter) =>
      audit.findWindowEnd(db, { filter, before: POSITION, size: 2000 }),
    ),
  'audit/queries.ts#listAudit': (db) =>
    everyOne(AUDIT_FILTERS, (filter) =>
      everyOne([undefined, POSITION], (before) =>
        audit.listAudit(db, { filter, before, end: { time: yesterday, id: 1 }, most: MOST }),
      ),
    ),

  'audit/seal-queries.ts#listUnsealed': (db) => seals.listUnsealed(db, 250),
  'audit/seal-queries.ts#countUnsealed': (db) => seals.countUnsealed(db),
  'audit/seal-queries.ts#updateSeals': (db) =>
    seals.updateSeals(db, [
      { id: 4001, ...LINK },
      { id: 4002, ...LINK, seal: 4002 },
    ]),
  'audit/seal-queries.ts#listSealed': (db) => seals.listSealed(db, { after: 700, most: 500 }),
  'audit/seal-queries.ts#findLastSeal': (db) => seals.findLastSeal(db),
  'audit/seal-queries.ts#findAgeLimit': (db) => seals.findAgeLimit(db, 90),
  'audit/seal-queries.ts#removeSealed': (db) => seals.removeSealed(db, 50),

  'credentials/find-versioned-robot.ts#findVersionedRobot': (db) =>
    everyOne(['project-0001', undefined], (project) =>
      findVersionedRobot(db, { project, name: project ? 'robot-0007' : 'system-7' }),
    ),

  'credentials/identity-queries.ts#insertIdentityToken': (db) =>
    identityTokens.insertIdentityToken(db, {
      userId: 1234,
      signInEpoch: 1,
      secretHash: hashOf('new'),
      client: undefined,
      address: '127.0.0.1',
      expiresAt: tomorrow,
      now,
    }),
  'credentials/identity-queries.ts#listIdentityTokens': (db) =>
    everyOne([undefined, 700], (before) =>
      identityTokens.listIdentityTokens(db, 1, { before, most: MOST, now }),
    ),
  'credentials/identity-queries.ts#deleteIdentityToken': (db) =>
    identityTokens.deleteIdentityToken(db, { userId: 2000, id: 2000 }),
  'credentials/identity-queries.ts#forgetIdentityTokens': (db) =>
    identityTokens.forgetIdentityTokens(db, 1, { most: 100, now }),

  'credentials/acting-queries.ts#endActingFor': (db) =>
    endedActing.endActingFor({ transaction: db, note: async () => undefined }, 9),

  'credentials/owned-token-queries.ts#findVersionedAccessToken': (db) =>
    everyOne(['access 7', 'access 1230'], (secret) =>
      ownedTokens.findVersionedAccessToken(db, hashOf(secret)),
    ),
  'credentials/owned-token-queries.ts#findVersionedIdentityToken': (db) =>
    ownedTokens.findVersionedIdentityToken(db, hashOf('identity 1700')),

  'credentials/queries.ts#insertAccessToken': (db) =>
    credentials.insertAccessToken(db, {
      userId: 7,
      name: 'new',
      secretHash: hashOf('new'),
      permissions: undefined,
      expiresAt: undefined,
      madeByRobotId: 3501,
      now,
    }),
  'credentials/queries.ts#countAccessTokens': (db) => credentials.countAccessTokens(db, 1),
  'credentials/queries.ts#listAccessTokens': (db) => credentials.listAccessTokens(db, 1),
  'credentials/queries.ts#findAccessToken': (db) =>
    credentials.findAccessToken(db, { userId: 1, id: 7 }),
  'credentials/queries.ts#deleteAccessToken': (db) => credentials.deleteAccessToken(db, 2999),
  'credentials/queries.ts#noteUses': (db) =>
    everyOne(['access_tokens', 'identity_tokens', 'robots'] as const, (table) =>
      credentials.noteUses(db, table, { ids: [30, 31, 32], at: now, unless: yesterday }),
    ),

  'credentials/robot-queries.ts#listRobots': (db) =>
    everyOne([1, undefined], (projectId) =>
      everyOne(['', 'robot-0700'], (after) =>
        robots.listRobots(db, { projectId, after, most: MOST }),
      ),
    ),
  'credentials/robot-queries.ts#findRobot': (db) =>
    robots.findRobot(db, { projectId: 1, name: 'robot-0007' }),
  'credentials/robot-queries.ts#countRobots': (db) => robots.countRobots(db, { projectId: 1 }),
  'credentials/robot-queries.ts#insertRobot': (db) =>
    robots.insertRobot(db, {
      projectId: 7,
      name: 'new',
      state: ROBOT_STATE,
      secretHash: hashOf('new'),
      now,
    }),
  'credentials/robot-queries.ts#updateRobot': (db) =>
    robots.updateRobot(db, 7, { state: ROBOT_STATE, wasDisabled: true, now }),
  'credentials/robot-queries.ts#rotateSecret': (db) =>
    robots.rotateSecret(db, 7, { secretHash: hashOf('next'), previousEndsAt: tomorrow, now }),
  'credentials/robot-queries.ts#deleteRobot': (db) => robots.deleteRobot(db, 3000),

  'database/change-version.ts#insertChangeVersion': (db) => changes.insertChangeVersion(db),
  'database/change-version.ts#inRightsChange': (db) =>
    changes.inRightsChange(db, ({ note }) => note({ kind: 'user', id: 7 })),
  'database/change-version.ts#meetRightsChanges': (db) => changes.meetRightsChanges(db),
  'database/change-version.ts#readVersionNews': (db) =>
    changes.readVersionNews(db, { epoch: 'e'.repeat(32), counter: 11_900 }),

  'database/installation.ts#findInstallation': (db) => installation.findInstallation(db),
  'database/installation.ts#insertInstallation': (db) =>
    installation.insertInstallation(db, {
      installationId: 'i',
      caFingerprint: hashOf('ca'),
      leafEpoch: 1,
      createdAt: now,
    }),
  'database/installation.ts#findLeafEpoch': (db) => installation.findLeafEpoch(db),
  'database/installation.ts#raiseLeafEpoch': (db) => installation.raiseLeafEpoch(db),
  'database/installation.ts#replaceFingerprint': (db) =>
    installation.replaceFingerprint(db, {
      before: hashOf('ca'),
      after: hashOf('ca'),
    }),

  'database/kept-answers.ts#findKeptAnswer': (db) =>
    keptAnswers.findKeptAnswer(db, hashOf('key 7'), now),
  'database/kept-answers.ts#insertKeptAnswer': (db) =>
    keptAnswers.insertKeptAnswer(db, { keyHash: 'new', bodyHash: 'b', answer: '{}' }, now),
  'database/kept-answers.ts#forgetKeptAnswers': (db) => keptAnswers.forgetKeptAnswers(db, now),
  'database/kept-answers.ts#createAnswerStore': (db) =>
    keptAnswers.createAnswerStore({ database: db, now: () => now }).find(hashOf('key 7')),

  'database/lease.ts#isLeaseTaken': async (db) => {
    await prepareLease(db, 'asked')
    await takeLease(db, 'asked', 'somebody')
    await isLeaseTaken(db, 'asked')
  },
  'database/lease.ts#withLease': (db) =>
    withLease({ database: db, onWait: () => undefined }, 'explained', async () => undefined),

  'database/migrate.ts#pendingMigrations': (db) => pendingMigrations(db),

  'database/replicas.ts#reportReplica': (db) =>
    replicas.reportReplica(db, {
      id: 'new',
      version: '1',
      leafFingerprint: hashOf('leaf'),
      leafEpoch: 1,
      leafNotBefore: now,
      leafNotAfter: now,
      startedAt: now,
      seenAt: now,
    }),
  'database/replicas.ts#removeReplica': (db) => replicas.removeReplica(db, 'replica-3'),
  'database/replicas.ts#listReplicaIds': (db) => replicas.listReplicaIds(db, 2),
  'database/replicas.ts#listReplicas': (db) => replicas.listReplicas(db),

  'database/wait-for-database.ts#pingDatabase': (db) => waiting.pingDatabase(db),
  'database/wait-for-database.ts#waitForDatabase': (db) =>
    waiting.waitForDatabase(
      { database: db, log: () => undefined },
      { where: 'here', limitSeconds: 1 },
    ),

  'jobs/claim-queries.ts#listDueJobs': (db) =>
    jobClaims.listDueJobs(db, { kinds: ['kind-1', 'kind-2'], most: 12 }),
  'jobs/claim-queries.ts#listAbandonedJobs': (db) =>
    jobClaims.listAbandonedJobs(db, { kinds: ['kind-1', 'kind-2'], most: 20 }),
  'jobs/claim-queries.ts#claimJob': (db) => jobClaims.claimJob(db, { id: 2500, holder: 'me' }, 30),
  'jobs/claim-queries.ts#renewLease': (db) =>
    jobClaims.renewLease(db, HELD_JOB, { leaseSeconds: 30, notes: NOTES }),
  'jobs/claim-queries.ts#lockHeldJob': (db) => jobClaims.lockHeldJob(db, HELD_JOB),
  'jobs/claim-queries.ts#isCancelRequested': (db) => jobClaims.isCancelRequested(db, HELD_JOB),
  'jobs/claim-queries.ts#endAttempt': (db) =>
    jobClaims.endAttempt(db, HELD_JOB, { ending: { as: 'done' }, notes: NOTES }),
  'jobs/claim-queries.ts#endAbandonedJob': (db) =>
    jobClaims.endAbandonedJob(db, 2510, { as: 'cancelled' }),
  'jobs/queries.ts#insertJob': (db) => enqueueJob(db, { kind: 'new', payload: {} }),
  'jobs/queries.ts#findJob': (db) => jobs.findJob(db, 7),
  'jobs/queries.ts#lockJob': (db) => jobs.lockJob(db, 7),
  'jobs/queries.ts#listJobs': (db) =>
    everyOne([undefined, 'kind-1'], (kind) =>
      everyOne([undefined, 'waiting', 'done'] as const, (state) =>
        everyOne([undefined, 2000], (before) =>
          jobs.listJobs(db, { filter: { kind, state }, before, most: MOST }),
        ),
      ),
    ),
  'jobs/queries.ts#cancelWaitingJob': (db) => jobs.cancelWaitingJob(db, 2600),
  'jobs/queries.ts#requestCancel': (db) => jobs.requestCancel(db, 2505),
  'jobs/queries.ts#countWaiting': (db) => jobs.countWaiting(db),
  'jobs/queries.ts#removeEndedJobs': (db) =>
    jobs.removeEndedJobs(db, { keepDays: 1, keepMost: 1500, atOnce: 100 }),
  'jobs/schedule-queries.ts#readDatabaseTime': (db) => jobSchedules.readDatabaseTime(db),
  'jobs/schedule-queries.ts#putSchedule': (db) =>
    jobSchedules.putSchedule(db, { name: 'daily', pattern: '0 4 * * *', nextAt: tomorrow }),
  'jobs/schedule-queries.ts#listDueSchedules': (db) => jobSchedules.listDueSchedules(db),
  'jobs/schedule-queries.ts#moveSchedule': (db) =>
    jobSchedules.moveSchedule(
      db,
      { name: 'daily', pattern: '15 3 * * *', nextAt: tomorrow },
      tomorrow,
    ),

  'maintenance/doctor/queries.ts#readDatabaseServer': (db) => readDatabaseServer(db),

  'projects/list-queries.ts#listProjects': listEveryProjects,

  'projects/member-queries.ts#findMember': (db) =>
    members.findMember(db, { projectId: 1, member: { kind: 'user', id: 7 } }),
  'projects/member-queries.ts#putMember': (db) =>
    members.putMember(
      db,
      { projectId: 1, member: { kind: 'user', id: 7 } },
      { membership: { role: 'guest', repositories: undefined, expiresAt: undefined }, now },
    ),
  'projects/member-queries.ts#removeMember': (db) =>
    members.removeMember(db, { projectId: 1, member: { kind: 'user', id: 2001 } }),
  'projects/member-queries.ts#removeMemberships': (db) =>
    members.removeMemberships(db, { kind: 'user', id: 2000 }),
  'projects/member-queries.ts#listProjectsOfMember': (db) =>
    members.listProjectsOfMember(db, { kind: 'user', id: 1 }),
  'projects/member-queries.ts#listMembers': (db) =>
    everyOne([1, 300], (project) =>
      everyOne(['', 'user/user-1000', 'group/group-1000'], (after) =>
        members.listMembers(db, project, { after, most: MOST }),
      ),
    ),

  'projects/queries.ts#findProject': (db) => projects.findProject(db, 'project-0007'),
  'projects/reader-queries.ts#listPublicProjects': (db) => readers.listPublicProjects(db, MOST),
  'projects/reader-queries.ts#listRightsOfMember': (db) => readers.listRightsOfMember(db, 1),
  'projects/reader-queries.ts#findProjectById': (db) => readers.findProjectById(db, 7),
  'projects/queries.ts#findProjectRights': (db) =>
    projects.findProjectRights(db, { names: ['project-0007', 'project-0008'], userId: 1 }),
  'projects/queries.ts#findVersionedRights': (db) =>
    projects.findVersionedRights(db, { name: 'project-0007', userId: 1 }),
  'projects/queries.ts#insertProject': (db) =>
    projects.insertProject(db, { name: 'new', visibility: 'private', now }),
  'projects/queries.ts#updateProject': (db) =>
    projects.updateProject(db, 7, { visibility: 'public', now }),

  'removal/queries.ts#listDummyDigests': (db) =>
    removal.listDummyDigests(db, [`sha256:${hashOf('dummy 7')}`]),
  'removal/queries.ts#insertTagRemovals': (db) =>
    removal.insertTagRemovals(
      db,
      [
        {
          repository: 'new',
          tag: '1',
          digest: 'sha256:a',
          mediaType: 'application/json',
          content: Buffer.from('{}'),
          dummyDigest: 'sha256:b',
          actorId: undefined,
          actorName: 'user-0001',
          onBehalfOf: undefined,
        },
      ],
      HOLDER,
    ),
  'removal/queries.ts#deleteTagRemovals': (db) =>
    removal.deleteTagRemovals(db, { repository: TAG.repository, tags: [TAG.tag] }, HOLDER.holder),
  'removal/queries.ts#takeTagRemoval': (db) => removal.takeTagRemoval(db, TAG, HOLDER),
  'removal/queries.ts#deleteTagRemoval': (db) => removal.deleteTagRemoval(db, TAG, 'another'),
  'removal/queries.ts#listTagsOfDummies': (db) =>
    removal.listTagsOfDummies(db, {
      repository: 'project-0004/app',
      dummyDigests: [`sha256:${hashOf('dummy 7')}`],
    }),
  'removal/queries.ts#listAbandonedRemovals': (db) => removal.listAbandonedRemovals(db, 100),

  'settings/queries.ts#findSettings': (db) => settings.findSettings(db),
  'settings/queries.ts#findVersionedSettings': (db) => settings.findVersionedSettings(db),
  'settings/queries.ts#putSetting': (db) =>
    settings.putSetting(db, 'forbidPublic', { value: true, now }),

  'signin/ldap/sweep-queries.ts#listDueAccounts': (db) =>
    ldapSweep.listDueAccounts(db, { source: 'corp', before: now, now, most: MOST }),
  'signin/ldap/sweep-queries.ts#takeSweep': (db) => ldapSweep.takeSweep(db, HOLDER),
  'signin/ldap/sweep-queries.ts#releaseSweep': (db) => ldapSweep.releaseSweep(db, 'h'),
  'signin/queries.ts#readSignInRecord': (db) =>
    signin.readSignInRecord(db, { ...FAILURE_KEY, username: 'user-0007' }),
  'signin/queries.ts#countFailure': (db) =>
    signin.countFailure(db, { ...FAILURE_KEY, mark: 'abcd', failedAt: now }, 'both'),
  'signin/queries.ts#removeFailures': (db) => signin.removeFailures(db, FAILURE_KEY),
  'signin/queries.ts#removeOldFailures': (db) => signin.removeOldFailures(db, now),
  'signin/queries.ts#insertNetworks': (db) =>
    signin.insertNetworks(db, [{ userId: 7, signInEpoch: 1, network: '10.0.0.0/24', at: now }]),
  'signin/queries.ts#removeOldNetworks': (db) => signin.removeOldNetworks(db, now),

  'accounts/queries.ts#hasAccessToken': (db) => accounts.hasAccessToken(db, { userId: 1, id: 1 }),
  'credentials/queries.ts#deleteTokensOf': (db) => credentials.deleteTokensOf(db, 2000),
  'credentials/robot-queries.ts#deleteRobotsOf': (db) => robots.deleteRobotsOf(db, 12),
  'projects/member-queries.ts#removeMembersOf': (db) => members.removeMembersOf(db, 12),
  'projects/queries.ts#removeProject': (db) => projects.removeProject(db, 12),
  'projects/tombstone-queries.ts#findTombstone': (db) => tombstones.findTombstone(db, 'gone-0007'),
  'projects/tombstone-queries.ts#putTombstone': (db) =>
    tombstones.putTombstone(db, 'gone-0007', { deletedAt: now, freeAt: tomorrow }),
  'projects/tombstone-queries.ts#removeProjectDays': (db) =>
    tombstones.removeProjectDays(db, 'project-9'),
  'projects/tombstone-queries.ts#removeTombstone': (db) =>
    tombstones.removeTombstone(db, 'gone-0008'),
}

/** Exports of the same files that send nothing by themselves, or not what is asked here. */
const NOT_CALLED: Readonly<Record<string, string>> = {
  'database/causal-read.ts#readCausally': 'sends the statements of others',
  'accounts/queries.ts#toClaims': 'reads columns',
  ...INDEX_NOT_CALLED,
  ...BACKUP_NOT_CALLED,
  ...BROWSE_NOT_CALLED,
  ...RETENTION_NOT_CALLED,
  'maintenance/collect/collection-rows.ts#selectCollections': 'the beginning of a statement',
  'maintenance/collect/collection-rows.ts#toCollection': 'reads columns',
  'holds/hold-rows.ts#inForce': 'the beginning of a statement',
  'holds/hold-rows.ts#toHold': 'sends none',
  'accounts/queries.ts#toUser': 'reads columns',
  'accounts/queries.ts#toUserWithPassword': 'reads columns',
  'audit/queries.ts#toStoredRow': 'reads columns',
  'audit/queries.ts#isWholeIndex': 'looks at a filter',
  'credentials/queries.ts#toList': 'reads a column',
  'database/kept-answers.ts#keepForgettingAnswers': 'calls forgetKeptAnswers once a minute',
  'database/clock.ts#databaseNow': 'a part of other statements',
  'database/clock.ts#daysAgo': 'a part of other statements',
  'database/clock.ts#inMilliseconds': 'a part of other statements',
  'database/clock.ts#inSeconds': 'a part of other statements',
  'database/clock.ts#secondsAgo': 'a part of other statements',
  'database/keyset.ts#byIndex': 'a part of other statements',
  'database/keyset.ts#inOrder': 'a part of other statements',
  'database/keyset.ts#prefixPattern': 'a part of other statements',
  'database/migrate.ts#migrate': 'runs at a start, on the list of migrations',
  'jobs/queries.ts#readLog': 'reads a column',
  'projects/member-queries.ts#memberKey': 'makes a key',
  'projects/queries.ts#toMembership': 'reads columns',
  'projects/queries.ts#toProject': 'reads columns',
}

interface Allowance {
  readonly table: string
  /** The statements that it is for; all of the function's where it is left out. */
  readonly sql?: RegExp
  readonly why: string
}

/** What reads or sorts more than a page, and may. */
const ALLOWED: Readonly<Record<string, readonly Allowance[]>> = {
  'accounts/group-queries.ts#listGroupMembers': [
    { table: 'group_members', why: 'sorts the names of one group; 10,000 of them take 10 ms' },
  ],
  'accounts/list-queries.ts#listUsers': [
    {
      table: 'users',
      sql: /username LIKE \? ESCAPE '!' or email LIKE/,
      why: 'no index has the beginnings of two columns: few are sorted, many found by the sort',
    },
  ],
  'database/migrate.ts#listMigrations': [
    { table: 'migrations', why: 'a row for each step of the schema, read by a backup' },
  ],
  'database/migrate.ts#pendingMigrations': [
    {
      table: 'migrations',
      why: 'a row for each step of the schema, read by doctor and at a start',
    },
  ],
  'projects/list-queries.ts#listProjects': [
    { table: '', sql: /`id` = \?/, why: 'one project by its id, which may not be what is asked' },
  ],
  'projects/member-queries.ts#listMembers': [
    { table: 'members', why: 'sorts the names of one project; 10,000 of them take 10 ms' },
  ],
  'settings/queries.ts#findSettings': [{ table: 'settings', why: 'a row for each setting' }],
  'settings/queries.ts#findVersionedSettings': [{ table: 's', why: 'a row for each setting' }],
}

const ROOT = resolve('src')
/** Private servers for quickstart and tests: their SQL makes accounts. */
const OTHER_ROOMS = /^(?:stack|client|cli)\//
const SQL =
  /(?<!\.)\b(?:database|transaction|db)(?:<\w+>)?\(['"\w]|\b(?:database|transaction|db)\.(?:raw|queryBuilder)\(/

/** Files that send SQL: those of queries, and others that do. */
const queryFiles = readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !OTHER_ROOMS.test(file))
  .filter((file) => /queries\.ts$/.test(file) || SQL.test(readFileSync(join(ROOT, file), 'utf8')))
  .sort()

async function exportedFunctions(file: string): Promise<readonly string[]> {
  const path = join(import.meta.dirname, '../../src', file.replace(/\.ts$/, '.js'))
  const loaded: Record<string, unknown> = await import(path)
  return Object.entries(loaded).flatMap(([name, value]) =>
    typeof value === 'function' ? [`${relative(ROOT, join(ROOT, file))}#${name}`] : [],
  )
}

test('every function that sends SQL is explained here, and none that is gone', async (t) => {
  const found = (await Promise.all(queryFiles.map(exportedFunctions))).flat()
  t.true(found.length > 100)
  t.deepEqual([...Object.keys(CALLS), ...Object.keys(NOT_CALLED)].sort(), [...found].sort())
})

test.serial('a table read whole, a long sort and a row that is gone are seen', async (t) => {
  const { database } = grown
  const { sent, steps } = await explainAll(database, async () => {
    await database('users').where({ display_name: 'none' }).select('id')
    await database('identity_tokens').where({ user_id: 1 }).orderBy('address').select('id')
    await database('users').where({ id: 0 }).first('id')
    await database('users').where({ id: 7 }).first('id')
  })
  t.is(sent, 4)
  const faults = planFaults(steps).map(({ table, fault }) => [table, fault.replace(/\d+/, 'n')])
  t.deepEqual(faults, [
    ['users', 'reads the whole table'],
    ['identity_tokens', 'sorts n rows'],
    ['', 'finds nothing, which proves nothing'],
  ])
})

for (const [name, call] of Object.entries(CALLS)) {
  test.serial(`${name} reads no table to its end and sorts no more than a page`, async (t) => {
    const { sent, steps } = await explainAll(grown.database, () => call(grown.database))
    t.true(sent > 0)
    const allowances = ALLOWED[name] ?? []
    const faults = planFaults(steps)
    const isMeant = ({ table, sql = /(?:)/ }: Allowance, fault: PlanFault): boolean =>
      table === fault.table && sql.test(fault.sql)
    t.deepEqual(
      faults.filter((fault) => !allowances.some((allowance) => isMeant(allowance, fault))),
      [],
    )
    // An allowance that nothing needs any more goes.
    t.deepEqual(
      allowances.filter((allowance) => !faults.some((fault) => isMeant(allowance, fault))),
      [],
    )
  })
}
