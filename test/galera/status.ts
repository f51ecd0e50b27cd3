import { join } from 'node:path'
import { createConnection } from 'mysql2/promise'
import { keepSecret } from '../../src/stack/secrets.ts'
import { type DatabaseName, NODES } from '../faults/databases.ts'
import type { Place } from '../faults/parts.ts'

/** Where a node answers clients. */
export interface NodePlace {
  readonly port: number
  readonly password: string
}

interface StatusRow {
  readonly Variable_name: string
  readonly Value: string
}

const STATUS = "SHOW STATUS LIKE 'wsrep_%'"

async function ask<Row>(
  { port, password }: NodePlace,
  query: string,
  database?: string,
): Promise<readonly Row[]> {
  const account = { host: '127.0.0.1', user: 'warden', password }
  const connection = await createConnection({ ...account, port, ...(database && { database }) })
  try {
    const [rows] = await connection.query(query)
    return rows as Row[]
  } finally {
    await connection.end()
  }
}

/** What a node says of itself and its cluster; it answers this also while it serves nothing else. */
export async function readStatus(node: NodePlace): Promise<ReadonlyMap<string, string>> {
  const rows = await ask<StatusRow>(node, STATUS)
  return new Map(rows.map((row) => [row.Variable_name, row.Value]))
}

const nodePlace = ({ dir, databases }: Place, name: DatabaseName): NodePlace => ({
  port: databases.portOf(name),
  password: keepSecret(join(dir, 'secrets', 'database-password')),
})

export const readNode = (place: Place, name: DatabaseName): Promise<ReadonlyMap<string, string>> =>
  readStatus(nodePlace(place, name))

/** What a node has of the service's tables, when it has all that the others had by then. */
export const readTables = <Row>(
  place: Place,
  name: DatabaseName,
  query: string,
): Promise<readonly Row[]> => {
  const causal = `SET STATEMENT wsrep_sync_wait = 1 FOR ${query}`
  return ask<Row>(nodePlace(place, name), causal, 'warden')
}

/** Transactions that nodes had to give up, because another node had written the same row. */
export async function countConflicts(place: Place): Promise<number> {
  const counts = await Promise.all(
    NODES.map(async (node) => {
      const status = await readNode(place, node)
      const names = ['wsrep_local_cert_failures', 'wsrep_local_bf_aborts']
      return names.map((name) => Number(status.get(name) ?? 0))
    }),
  )
  return counts.flat().reduce((sum, count) => sum + count, 0)
}
