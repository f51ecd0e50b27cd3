import type { Database } from '../../src/database/open-database.ts'

/** One line of a plan. */
export interface PlanStep {
  readonly sql: string
  readonly table: string | null
  readonly type: string | null
  readonly key: string | null
  /** How many the server thinks it will look at; null where it cannot say. */
  readonly rows: number | null
  readonly extra: string
}

interface Statement {
  readonly sql: string
  readonly bindings: readonly unknown[]
}

interface ExplainRow {
  readonly select_type: string | null
  readonly table: string | null
  readonly type: string | null
  readonly key: string | null
  readonly rows: number | string | null
  readonly Extra: string | null
}

const EXPLAINABLE = /^[\s(]*(?:select|update|delete|insert\b[\s\S]*\bselect)\b/i

/** Runs `work` and gives every statement that was sent for it, in or out of a transaction. */
async function capture(
  database: Database,
  work: () => Promise<unknown>,
): Promise<readonly Statement[]> {
  const statements: Statement[] = []
  const onQuery = ({ sql, bindings = [] }: Statement): void => {
    statements.push({ sql, bindings })
  }
  database.on('query', onQuery)
  await work().finally(() => database.removeListener('query', onQuery))
  return statements
}

async function planOf(
  database: Database,
  { sql, bindings }: Statement,
): Promise<readonly PlanStep[]> {
  const [rows]: readonly ExplainRow[][] = await database.raw(
    `EXPLAIN FORMAT=TRADITIONAL ${sql}`,
    bindings as string[],
  )
  return (rows ?? [])
    .filter(({ select_type }) => select_type !== 'INSERT')
    .map((row) => ({
      sql,
      table: row.table,
      type: row.type,
      key: row.key,
      rows: row.rows === null ? null : Number(row.rows),
      extra: row.Extra ?? '',
    }))
}

/** Statements that `work` sent, how many there were, and the plans of those that look for rows. */
export interface Explained {
  readonly sent: number
  readonly steps: readonly PlanStep[]
}

/** As `explain`, and says how many statements were sent. */
export async function explainAll(
  database: Database,
  work: () => Promise<unknown>,
): Promise<Explained> {
  const statements = await capture(database, work)
  const steps: PlanStep[] = []
  for (const statement of statements) {
    if (EXPLAINABLE.test(statement.sql)) steps.push(...(await planOf(database, statement)))
  }
  return { sent: statements.length, steps }
}

/**
 * Runs `work` and explains every statement that reads, changes or removes rows in it: what is
 * measured is what was sent, not a copy of it.
 */
export const explain = async (
  database: Database,
  work: () => Promise<unknown>,
): Promise<readonly PlanStep[]> => (await explainAll(database, work)).steps

/** Steps that read a table from its one end to the other, or sort it. */
export const slowSteps = (steps: readonly PlanStep[]): readonly PlanStep[] =>
  steps.filter(({ table, type, key, extra }) => {
    // What the server knows without any table, such as the first or the last entry of an index.
    if (table === null) return false
    return type === 'ALL' || key === null || /filesort|temporary/i.test(extra)
  })

/** The most rows of a page, and the one that says whether there is a next. */
const PAGE = 1001

/** Reads that find their rows by nothing but looking at all of them. */
function readFault({ sql, table, type, key, rows }: PlanStep): string | undefined {
  // It empties the table, so it has to meet every row.
  if (/^delete from `\w+`$/.test(sql)) return undefined
  // A result of another step, which has been looked at itself.
  if (table?.startsWith('<')) return undefined
  if (type === 'ALL' || key === null) return 'reads the whole table'
  return type === 'index' && (rows ?? 0) > PAGE ? 'reads a whole index' : undefined
}

/** What is wrong with a step on a table that may grow; undefined when nothing is. */
function faultOf(step: PlanStep): string | undefined {
  const { table, rows, extra } = step
  if (table === null) {
    // A statement whose row is gone has a plan that says nothing about it.
    return /impossible|no matching/i.test(extra) ? 'finds nothing, which proves nothing' : undefined
  }
  const sorts = /filesort|temporary/i.test(extra) && (rows ?? 0) > PAGE
  return sorts ? `sorts ${rows} rows` : readFault(step)
}

/** A step that grows slower with the table, and why. */
export interface PlanFault {
  readonly table: string
  readonly fault: string
  readonly sql: string
}

/** Steps that read a table or an index to its end, or sort more than a page. */
export const planFaults = (steps: readonly PlanStep[]): readonly PlanFault[] =>
  steps.flatMap((step) => {
    const fault = faultOf(step)
    return fault === undefined ? [] : [{ table: step.table ?? '', fault, sql: step.sql }]
  })
