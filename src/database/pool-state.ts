import type { Database } from './open-database.ts'

/** Connections of the pool, and work that waits for one. */
export interface PoolState {
  readonly used: number
  readonly free: number
  readonly waiting: number
}

export function readPoolState(database: Database): PoolState {
  const { pool } = database.client
  return { used: pool.numUsed(), free: pool.numFree(), waiting: pool.numPendingAcquires() }
}
