import type { Service } from './service.ts'

/** The leaf, the audit record, the index and its first comparison, jobs and where people sign in from are kept by themselves, as is what projects use. */
export const IN_BACKGROUND =
  /installation|replicas|audit|\bjobs\b|job_schedules|sign_in_networks|idempotency|leases|events|dirty_|tag_history|\bremovals\b|tag_reservations|removed_tags|token_authorities|COALESCE\(project_figures|\bcollections\b|AS overdue|reconcile_|index_brake|index_vanishings|walked_run|^(?:BEGIN|COMMIT|SET TRANSACTION)/i

export interface QueryCounts {
  /** Statements for which an answer may have waited. */
  readonly asked: readonly string[]
  /** Statements that write down what was used; a timer sends one a table every five seconds. */
  readonly uses: number
}

/** Counts the statements that the service sends while `work` runs. */
export async function countQueries(
  service: Pick<Service, 'database'>,
  work: () => Promise<unknown>,
): Promise<QueryCounts> {
  const asked: string[] = []
  let uses = 0
  const onQuery = ({ sql }: { readonly sql: string }): void => {
    // The leaf's keeper looks for its epoch once a second.
    if (IN_BACKGROUND.test(sql)) return
    if (/last_used_at/.test(sql)) uses++
    else asked.push(sql)
  }
  service.database.on('query', onQuery)
  await work()
  service.database.removeListener('query', onQuery)
  return { asked, uses }
}
