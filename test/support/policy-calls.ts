import type { Database } from '../../src/database/open-database.ts'
import * as rules from '../../src/policies/immutable-tags/queries.ts'
import * as reservations from '../../src/policies/immutable-tags/reservation-queries.ts'
import * as tagStates from '../../src/policies/immutable-tags/tag-state-queries.ts'
import * as policies from '../../src/policies/queries.ts'
import * as quotas from '../../src/policies/quota/queries.ts'
import { digestOf, repositoryOf } from './grown-index.ts'

const now = new Date()
const FORWARD_SECONDS = 60
const RESERVED = { repository: 'project-0010/app', tag: 'v7', digest: digestOf(1), holder: 'h' }

/** Every function of policies that sends SQL, with what it is asked when there is much. */
export const POLICY_CALLS: Readonly<Record<string, (database: Database) => Promise<unknown>>> = {
  'policies/queries.ts#findVersionedPolicies': (db) =>
    policies.findVersionedPolicies(db, 'project-0007'),
  'policies/queries.ts#deletePoliciesOf': (db) => policies.deletePoliciesOf(db, 1999),

  'policies/immutable-tags/queries.ts#findRules': (db) => rules.findRules(db, 7),
  'policies/immutable-tags/queries.ts#putRules': (db) => rules.putRules(db, 8, { rules: [], now }),

  'policies/immutable-tags/tag-state-queries.ts#findTagState': (db) =>
    tagStates.findTagState(db, { repository: repositoryOf(1), tag: '1.7' }),
  'policies/immutable-tags/tag-state-queries.ts#listTagsOn': (db) =>
    tagStates.listTagsOn(db, { repository: repositoryOf(1), digest: digestOf(7) }),

  'policies/immutable-tags/reservation-queries.ts#insertReservation': (db) =>
    reservations.insertReservation(db, { ...RESERVED, tag: 'new' }, FORWARD_SECONDS),
  'policies/immutable-tags/reservation-queries.ts#findOverReservation': (db) =>
    reservations.findOverReservation(db, RESERVED),
  'policies/immutable-tags/reservation-queries.ts#takeReservation': (db) =>
    reservations.takeReservation(db, RESERVED, { ...RESERVED, forwardSeconds: FORWARD_SECONDS }),
  'policies/immutable-tags/reservation-queries.ts#deleteReservation': (db) =>
    reservations.deleteReservation(db, RESERVED),
  'policies/immutable-tags/reservation-queries.ts#updateReservation': (db) =>
    reservations.updateReservation(db, RESERVED, 0),
  'policies/immutable-tags/reservation-queries.ts#listOverReservations': (db) =>
    reservations.listOverReservations(db, 50),

  'policies/quota/queries.ts#findQuotaState': (db) => quotas.findQuotaState(db, 7),
  'policies/quota/queries.ts#findUsedBytes': (db) => quotas.findUsedBytes(db, 'project-7'),
  'policies/quota/queries.ts#hasManifest': (db) =>
    quotas.hasManifest(db, { repository: repositoryOf(1), digest: digestOf(7) }),
  'policies/quota/queries.ts#listOverQuota': async (db) => {
    for (const defaultLimitBytes of [undefined, 1, 1_000_000]) {
      for (const after of ['', 'project-2000']) {
        await quotas.listOverQuota(db, { after, most: 100, defaultLimitBytes })
      }
    }
  },
  'policies/quota/queries.ts#putQuota': (db) => quotas.putQuota(db, 8, { limitBytes: 1, now }),
  'policies/quota/queries.ts#deleteQuota': (db) => quotas.deleteQuota(db, 9),
}
