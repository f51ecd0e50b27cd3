import type { Database } from '../../database/open-database.ts'
import type { BackupKey } from './header.ts'
import { insertCells } from './queries.ts'
import { readRecords } from './read-backup.ts'
import { type BackupCell, type BackupTable, isRow } from './records.ts'

const MOST_ROWS = 500
/** Of text: a statement stays below what every server takes. */
const MOST_WEIGHT = 512 * 1024

const weightOf = (row: readonly BackupCell[]): number =>
  row.reduce<number>(
    (sum, cell) => sum + (typeof cell === 'string' ? cell.length : (cell?.base64.length ?? 4)),
    0,
  )

/** Gathers rows of one table into statements. */
function createInserts(transaction: Database) {
  let table: BackupTable | undefined
  let rows: BackupCell[][] = []
  let weight = 0
  const send = async (): Promise<void> => {
    if (table !== undefined) await insertCells(transaction, table, rows)
    rows = []
    weight = 0
  }
  return {
    begin: async (next: BackupTable | undefined): Promise<void> => {
      await send()
      table = next
    },
    add: async (row: BackupCell[]): Promise<void> => {
      const more = weightOf(row)
      if (rows.length >= MOST_ROWS || (rows.length > 0 && weight + more > MOST_WEIGHT)) await send()
      rows.push(row)
      weight += more
    },
  }
}

/** Writes all rows of a backup. @returns how many there were */
export async function restoreRows(
  transaction: Database,
  {
    path,
    key,
    step,
  }: { readonly path: string; readonly key: BackupKey; readonly step: () => void },
): Promise<number> {
  const inserts = createInserts(transaction)
  let rows = 0
  await readRecords(path, key, async (record) => {
    if (isRow(record)) {
      await inserts.add(record)
      rows++
      step()
    } else if ('table' in record) await inserts.begin(record)
  })
  await inserts.begin(undefined)
  return rows
}
