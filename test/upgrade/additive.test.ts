import test from 'ava'
import { migrate } from '../../src/database/migrate.ts'
import { openDatabase } from '../../src/database/open-database.ts'
import { createTestDatabase } from '../support/database.ts'

const quiet = { warn: () => undefined, error: () => undefined }

/** Every statement that migrations send to an empty database, with its values put in. */
async function listStatements(): Promise<readonly string[]> {
  const { config, drop } = await createTestDatabase({ empty: true })
  const database = openDatabase(config, quiet)
  const statements: string[] = []
  database.on('query', ({ sql, bindings = [] }: { sql: string; bindings?: unknown[] }) => {
    const left = [...bindings]
    statements.push(
      sql
        .replace(/\?/g, () => String(left.shift()))
        .replace(/\s+/g, ' ')
        .trim(),
    )
  })
  try {
    await migrate({ database, log: () => undefined })
    return statements
  } finally {
    await database.destroy()
    await drop()
  }
}

const TAKES_AWAY = /\b(?:DROP|RENAME|TRUNCATE|CHANGE|MODIFY)\b/i
const ADDS = /\bADD (?:COLUMN )?(`?\w+`?) ([^,]*)/gi
const NOT_COLUMNS = /^`?(?:INDEX|KEY|UNIQUE|CONSTRAINT|PRIMARY|FULLTEXT)`?$/i

/** What was made wider: all that an older version writes still fits, and reads as it was. */
const WIDENED: ReadonlySet<string> = new Set([
  'ALTER TABLE user_groups MODIFY COLUMN name VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL',
])

/** What of a statement an older version would stumble over; undefined: nothing. */
function faultOf(statement: string): string | undefined {
  if (!/^(?:ALTER|DROP|RENAME|TRUNCATE)\b/i.test(statement)) return undefined
  if (WIDENED.has(statement)) return undefined
  if (TAKES_AWAY.test(statement)) return `takes something away: ${statement}`
  for (const [, column = '', definition = ''] of statement.matchAll(ADDS)) {
    const isFree = /\bDEFAULT\b|\bAS \(|\bGENERATED\b/i.test(definition)
    if (NOT_COLUMNS.test(column) || isFree || !/\bNOT NULL\b/i.test(definition)) continue
    return `adds a column that every insert has to name: ${statement}`
  }
  return undefined
}

test('no migration takes away or demands what an older version does not know', async (t) => {
  const statements = await listStatements()
  const altering = statements.filter((statement) => /^ALTER\b/i.test(statement))
  t.true(statements.length > 100)
  t.true(altering.length > 10)
  t.deepEqual(
    statements.flatMap((statement) => faultOf(statement) ?? []),
    [],
  )
})

for (const [statement, isFault] of [
  ['ALTER TABLE users DROP COLUMN email', true],
  ['ALTER TABLE users CHANGE email mail VARCHAR(254) NULL', true],
  ['RENAME TABLE users TO people', true],
  ['DROP TABLE users', true],
  ['ALTER TABLE `users` ADD COLUMN `shoe_size` INT UNSIGNED NOT NULL', true],
  ['ALTER TABLE `users` ADD COLUMN `shoe_size` INT UNSIGNED NOT NULL DEFAULT 0', false],
  ['ALTER TABLE `users` ADD COLUMN `shoe_size` INT UNSIGNED NULL', false],
  ['ALTER TABLE `users` ADD INDEX `users_email` (`email`)', false],
  ['CREATE TABLE shoes (size INT NOT NULL)', false],
] as const) {
  test(`${isFault ? 'not' : 'well'} allowed: ${statement}`, (t) => {
    t.is(faultOf(statement) !== undefined, isFault)
  })
}
