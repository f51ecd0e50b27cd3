import type { Knex } from 'knex'
import type { Database } from './open-database.ts'

// Instants by the database's own clock: the one clock that all processes share.

/** The instant at which the statement runs, to the millisecond. */
export const databaseNow = (database: Database): Knex.Raw => database.raw('UTC_TIMESTAMP(3)')

export const inSeconds = (database: Database, seconds: number): Knex.Raw =>
  database.raw('UTC_TIMESTAMP(3) + INTERVAL ? SECOND', [seconds])

/** @param milliseconds may have a fraction */
export const inMilliseconds = (database: Database, milliseconds: number): Knex.Raw =>
  database.raw('UTC_TIMESTAMP(3) + INTERVAL ? MICROSECOND', [Math.round(milliseconds * 1000)])

export const secondsAgo = (database: Database, seconds: number): Knex.Raw =>
  database.raw('UTC_TIMESTAMP(3) - INTERVAL ? SECOND', [seconds])

export const daysAgo = (database: Database, days: number): Knex.Raw =>
  database.raw('UTC_TIMESTAMP(3) - INTERVAL ? DAY', [days])
