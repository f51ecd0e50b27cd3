import type { Database } from '../../src/database/open-database.ts'
import * as orders from '../../src/maintenance/collect/service/order-queries.ts'
import * as reports from '../../src/maintenance/collect/service/report-queries.ts'

type Row = Readonly<Record<string, unknown>>

const rows = (count: number, row: (n: number) => Row): Row[] =>
  Array.from({ length: count }, (_, index) => row(index + 1))

const now = new Date()
const LONG_AGO = new Date(now.getTime() - 172_800_000)

/** Many orders that have ended, one that is open and one that runs. */
export const COLLECTOR_TABLES: Readonly<Record<string, readonly Row[]>> = {
  collector_orders: rows(3000, (n) => ({
    id: n,
    kind: n % 3 === 0 ? 'collect' : 'look',
    epoch: n,
    limit_seconds: 60,
    state: n === 2997 ? 'taken' : n === 3000 ? 'open' : 'ended',
    created_at: n > 2000 && n <= 2020 ? LONG_AGO : now,
    taken_at: now,
  })),
  collector_output: rows(3000, (n) => ({
    order_id: 2000 + (n % 1000),
    position: n,
    content: Buffer.from('x'),
  })),
}

/** Every function that sends SQL about orders, with what it is asked when there are many. */
export const COLLECTOR_CALLS: Readonly<Record<string, (database: Database) => Promise<unknown>>> = {
  'maintenance/collect/service/order-queries.ts#insertOrder': (db) =>
    orders.insertOrder(db, { kind: 'look', epoch: 0, limitSeconds: 0 }),
  'maintenance/collect/service/order-queries.ts#openOrder': (db) => orders.openOrder(db, 7),
  'maintenance/collect/service/order-queries.ts#withdrawOrder': (db) => orders.withdrawOrder(db, 7),
  'maintenance/collect/service/order-queries.ts#withdrawOrdersBeside': (db) =>
    orders.withdrawOrdersBeside(db, 9),
  'maintenance/collect/service/order-queries.ts#withdrawUnheard': (db) =>
    orders.withdrawUnheard(db, 7),
  'maintenance/collect/service/order-queries.ts#takeOrder': (db) => orders.takeOrder(db),
  'maintenance/collect/service/order-queries.ts#findOrder': (db) => orders.findOrder(db, 7),
  'maintenance/collect/service/order-queries.ts#isSomeHeard': (db) => orders.isSomeHeard(db, 60),
  'maintenance/collect/service/order-queries.ts#stopOrder': (db) => orders.stopOrder(db, 7),
  'maintenance/collect/service/report-queries.ts#hearOrder': async (db) => {
    const report = { id: 2997, from: 9000, output: Buffer.from('x') }
    await reports.hearOrder(db, { ...report, exit: undefined })
    await reports.hearOrder(db, { ...report, exit: 0 })
  },
  'maintenance/collect/service/report-queries.ts#listOutput': (db) =>
    reports.listOutput(db, { id: 2500, most: 20 }),
  'maintenance/collect/service/report-queries.ts#deleteOutput': (db) =>
    reports.deleteOutput(db, 2500, 9000),
  'maintenance/collect/service/order-queries.ts#forgetOldOrders': (db) =>
    orders.forgetOldOrders(db),
}
