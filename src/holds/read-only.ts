import { randomUUID } from 'node:crypto'
import { refreshCaller } from '../accounts/refresh-caller.ts'
import { recordAudit } from '../audit/record.ts'
import type { Database } from '../database/open-database.ts'
import type { Caller } from '../http/caller.ts'
import { requireSystem } from '../projects/require-permission.ts'
import { deleteReadOnly, findReadOnly, insertHold } from './queries.ts'
import { inHoldChange } from './take-hold.ts'
import { EVERYTHING, type Hold } from './types.ts'

/** What is said where an administrator gave no reason. */
const NO_REASON = 'maintenance; pulls go on, push again later'

export interface ReadOnlyDeps {
  readonly database: Database
}

export interface ReadOnlyChange {
  readonly enabled: boolean
  readonly reason?: string | undefined
}

const same = (
  before: Hold | undefined,
  { enabled, reason = NO_REASON }: ReadOnlyChange,
): boolean => (enabled ? before?.reason === reason : before === undefined)

/**
 * Makes the whole registry read-only, or writable again. It is felt by every write that begins after
 * this, where a door stands; it has no end of its own.
 *
 * @returns what holds now; undefined: writes are taken
 * @throws AppError UNAUTHORIZED (401), DENIED (403)
 */
export async function setReadOnly(
  { database }: ReadOnlyDeps,
  { caller, change }: { readonly caller: Caller; readonly change: ReadOnlyChange },
): Promise<Hold | undefined> {
  return inHoldChange(database, { repository: EVERYTHING }, async (transaction) => {
    requireSystem(await refreshCaller(transaction, caller), 'settings:write')
    const before = await findReadOnly(transaction)
    if (same(before, change)) return before
    await deleteReadOnly(transaction)
    const { enabled, reason = NO_REASON } = change
    if (enabled) {
      await insertHold(transaction, {
        target: { repository: EVERYTHING },
        kind: 'read-only',
        holder: randomUUID(),
        reason,
        seconds: undefined,
      })
    }
    await recordAudit(transaction, caller, {
      action: enabled ? 'read-only.enable' : 'read-only.disable',
      target: enabled ? reason : 'registry',
      outcome: 'done',
    })
    return findReadOnly(transaction)
  })
}
