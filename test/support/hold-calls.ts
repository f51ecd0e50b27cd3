import type { Database } from '../../src/database/open-database.ts'
import { findCollectingFence, lockCollectingFence } from '../../src/holds/collecting-queries.ts'
import { findVersionedFence } from '../../src/holds/fence-queries.ts'
import * as holds from '../../src/holds/queries.ts'
import { EVERYTHING } from '../../src/holds/types.ts'
import { repositoryOf } from './grown-index.ts'

const TARGET = { repository: repositoryOf(7), tag: '1' }
const TAKEN = { epoch: 7, holder: 'h' }
const NEW = { kind: 'removal', holder: 'h', reason: 'x', seconds: 60 } as const

/** Every function that sends SQL about holds, with what it is asked when there are many. */
export const HOLD_CALLS: Readonly<Record<string, (database: Database) => Promise<unknown>>> = {
  'holds/fence-queries.ts#findVersionedFence': (db) => findVersionedFence(db),

  'holds/collecting-queries.ts#findCollectingFence': (db) => findCollectingFence(db),
  'holds/collecting-queries.ts#lockCollectingFence': (db) => lockCollectingFence(db, 7),

  'holds/queries.ts#listConcerning': async (db) => {
    await holds.listConcerning(db, TARGET)
    await holds.listConcerning(db, { repository: TARGET.repository })
  },
  'holds/queries.ts#listOverlapping': async (db) => {
    await holds.listOverlapping(db, TARGET)
    await holds.listOverlapping(db, { repository: TARGET.repository })
    await holds.listOverlapping(db, { repository: EVERYTHING })
  },
  'holds/queries.ts#findHoldByEpoch': (db) => holds.findHoldByEpoch(db, TAKEN),
  'holds/queries.ts#insertHold': (db) => holds.insertHold(db, { ...NEW, target: TARGET }),
  'holds/queries.ts#extendHold': (db) => holds.extendHold(db, TAKEN, 60),
  'holds/queries.ts#deleteHold': (db) => holds.deleteHold(db, TAKEN),
  'holds/queries.ts#findReadOnly': (db) => holds.findReadOnly(db),
  'holds/queries.ts#deleteReadOnly': (db) => holds.deleteReadOnly(db),
  'holds/queries.ts#forgetEndedHolds': (db) => holds.forgetEndedHolds(db),
}
