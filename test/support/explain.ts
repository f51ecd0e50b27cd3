import type { Database } from '../../src/database/open-database.ts'

/** One line of a plan. */
export interface PlanStep {
  readonly sql: string
  readonly table: string | null
  readonly type: string | null
  readonly key: string | null
  readonly extra: string
}

interface Statement {
  readonly sql: string
  readonly bindings: readonly unknown[]
}

interface ExplainRow {
  readonly table: string | null
  readonly type: string | null
  readonly key: string | null
  readonly Extra: string | null
}

const EXPLAINABLE = /^\s*(?:select|update|delete)\b/i

/**
 * Runs `work` and explains every statement that reads, changes or removes rows in it: what is
 * measured is what was sent, not a copy of it.
 */
export async function explain(
  database: Database,
  work: () => Promise<unknown>,
): Promise<readonly PlanStep[]> {
  const statements: Statement[] = []
  const onQuery = ({ sql, bindings = [] }: Statement): void => {
    if (EXPLAINABLE.test(sql)) statements.push({ sql, bindings })
  }
  database.on('query', onQuery)
  await work().finally(() => database.removeListener('query', onQuery))
  const steps: PlanStep[] = []
  for (const { sql, bindings } of statements) {
    const answer: readonly ExplainRow[][] = await database.raw(
      `EXPLAIN ${sql}`,
      bindings as string[],
    )
    for (const { table, type, key, Extra } of answer[0] ?? []) {
      steps.push({ sql, table, type, key, extra: Extra ?? '' })
    }
  }
  return steps
}

/** Steps that read a table from its one end to the other, or sort it. */
export const slowSteps = (steps: readonly PlanStep[]): readonly PlanStep[] =>
  steps.filter(({ table, type, key, extra }) => {
    // What the server knows without any table, such as the first or the last entry of an index.
    if (table === null) return false
    return type === 'ALL' || key === null || /filesort|temporary/i.test(extra)
  })
