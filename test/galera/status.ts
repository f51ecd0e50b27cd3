import { join } from 'node:path'
import { createConnection } from 'mysql2/promise'
import { keepSecret } from '../../src/stack/secrets.ts'
import type { DatabaseName } from '../faults/databases.ts'
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

/** What a node says of itself and its cluster; it answers this also while it serves nothing else. */
export async function readStatus({
  port,
  password,
}: NodePlace): Promise<ReadonlyMap<string, string>> {
  const connection = await createConnection({ host: '127.0.0.1', port, user: 'warden', password })
  try {
    const [rows] = await connection.query("SHOW STATUS LIKE 'wsrep_%'")
    return new Map((rows as StatusRow[]).map((row) => [row.Variable_name, row.Value]))
  } finally {
    await connection.end()
  }
}

export function readNode(
  { dir, databases }: Place,
  name: DatabaseName,
): Promise<ReadonlyMap<string, string>> {
  const password = keepSecret(join(dir, 'secrets', 'database-password'))
  return readStatus({ port: databases.portOf(name), password })
}
