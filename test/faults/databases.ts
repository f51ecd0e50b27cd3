import { join } from 'node:path'
import { startMariadb } from '../../src/stack/mariadb.ts'
import type { Part } from '../../src/stack/part.ts'
import { findFreePort } from '../../src/stack/ports.ts'
import type { WardenName } from './parts.ts'

/** Nodes of a cluster. */
export const NODES = ['node-1', 'node-2', 'node-3'] as const
export type NodeName = (typeof NODES)[number]
export type DatabaseName = 'database' | NodeName

/** The databases of a site: one server for all wardens, or a node of a cluster for each. */
export interface Databases {
  /** In the order in which they are started first. */
  readonly names: readonly DatabaseName[]
  /** Whom a warden asks. */
  readonly of: (warden: WardenName) => DatabaseName
  readonly portOf: (name: DatabaseName) => number
  /** At which nodes talk to each other, and nobody else. */
  readonly innerAddressOf?: (name: DatabaseName) => string
  /** For the first time, or again: the same data on the same port. */
  readonly start: (name: DatabaseName) => Promise<Part>
}

/** @param dir of the site */
export type ChooseDatabases = (dir: string) => Promise<Databases>

/** Where the process of a database and its log are. */
export const databaseIn = (dir: string, name: DatabaseName) => ({
  env: process.env,
  dir: join(dir, name),
  logPath: join(dir, 'logs', `${name}.log`),
  secretsDir: join(dir, 'secrets'),
  account: 'one-database' as const,
})

export const chooseOneDatabase: ChooseDatabases = async (dir) => {
  const port = await findFreePort()
  return {
    names: ['database'],
    of: () => 'database',
    portOf: () => port,
    start: (name) => startMariadb({ ...databaseIn(dir, name), preferredPort: port }),
  }
}
