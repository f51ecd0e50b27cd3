import type { Database } from '../database/open-database.ts'
import { deletePoliciesOf } from './queries.ts'
import { endRetention } from './retention/change-retention.ts'

/** What ends here with a project, in the transaction that deletes it; `app.ts` hands it down. */
export async function endPolicies(transaction: Database, projectId: number): Promise<void> {
  await endRetention(transaction, projectId)
  await deletePoliciesOf(transaction, projectId)
}
