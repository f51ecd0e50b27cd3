import type { CountedRows } from '../../audit/counted-rows.ts'
import type { AuditAction } from '../../audit/record.ts'
import { unknownName } from '../../audit/unknown-name.ts'
import type { Database } from '../../database/open-database.ts'
import { inTransaction } from '../../database/transaction.ts'
import { AppError } from '../../errors.ts'
import type { Caller } from '../../http/caller.ts'
import { type RateLimit, requireAllowance } from '../../http/rate-limit.ts'
import { enqueueJob } from '../../jobs/enqueue-job.ts'
import { NOBODY, RESET_MAIL } from './mail-reset.ts'
import { findRecipientByEmail, findRecipientByName } from './queries.ts'

/** Some ten minutes, in which a mail server may be away. */
const MOST_ATTEMPTS = 8

export interface RequestResetDeps {
  readonly database: Database
  readonly sendsMail: boolean
  readonly installationId: string
  readonly requestLimit: RateLimit
  /** Counts requests for the audit record, in memory: the same work for every name. */
  readonly requests: Pick<CountedRows, 'count'>
  /** Lets a worker look at once. */
  readonly wake: () => void
}

/** Who forgot the password, as they say it themselves. */
export type Forgetful =
  | { readonly username: string; readonly email?: undefined }
  | { readonly email: string; readonly username?: undefined }

const findRecipient = (database: Database, who: Forgetful) =>
  who.username === undefined
    ? findRecipientByEmail(database, who.email)
    : findRecipientByName(database, who.username)

/**
 * Has a link mailed to whoever forgot a password. The answer and the work are the same whether there is
 * such an account or not, whether it may have a mail, and whether it had too many: one look, and one
 * job, which does nothing where there is nothing to do.
 *
 * @throws AppError CONFLICT (409) where no mail is sent, for everybody alike
 * @throws AppError RATE_LIMITED (429) for a network that asks too often
 */
export async function requestReset(
  deps: RequestResetDeps,
  { caller, who }: { readonly caller: Caller; readonly who: Forgetful },
): Promise<void> {
  const { database, sendsMail, installationId } = deps
  if (!sendsMail) {
    throw new AppError('CONFLICT', {
      detail: 'this service sends no mail; ask an administrator for a new password',
    })
  }
  requireAllowance(deps.requestLimit(caller))
  const recipient = await findRecipient(database, who)
  deps.requests.count({
    actorName: 'anonymous',
    action: 'password-reset.request' satisfies AuditAction,
    target: recipient?.username ?? unknownName(installationId, who.username ?? who.email),
    outcome: recipient === undefined ? 'failed' : 'done',
    address: caller.origin.address,
  })
  const userId = recipient?.id ?? NOBODY
  await inTransaction(database, (transaction) =>
    enqueueJob(transaction, {
      kind: RESET_MAIL,
      payload: { userId },
      dedupeKey: `${RESET_MAIL}:${userId}`,
      mostAttempts: MOST_ATTEMPTS,
    }),
  )
  deps.wake()
}
