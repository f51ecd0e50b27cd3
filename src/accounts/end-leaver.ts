import { recordActorAudit } from '../audit/record.ts'
import { inRightsChange } from '../database/change-version.ts'
import type { Database } from '../database/open-database.ts'
import { findIdentity, removeClaims, setClaimedGroups } from './claims-queries.ts'
import { updateUser } from './queries.ts'
import type { Identity } from './types.ts'

/**
 * Ends an account that its source has no more: what was claimed of it is over, and it is disabled, so
 * that its tokens are refused within a second. An administrator may enable it again.
 *
 * @returns whether there was one that could still sign in
 */
export function endLeaver(
  { database, now }: { readonly database: Database; readonly now: () => Date },
  identity: Identity,
): Promise<boolean> {
  return inRightsChange(database, async ({ transaction, note }) => {
    const user = await findIdentity(transaction, identity)
    if (user === undefined || user.disabled) return false
    await note({ kind: 'user', id: user.id })
    await note({ kind: 'membership', id: user.id })
    const at = now()
    const { source } = identity
    const groups = { userId: user.id, source, groupIds: [], endsAt: at, now: at }
    await setClaimedGroups(transaction, groups)
    await removeClaims(transaction, user.id, at)
    await updateUser(transaction, user.id, { change: { disabled: true }, now: at })
    const entry = { action: 'user.leave', target: user.username, outcome: 'done' } as const
    await recordActorAudit(transaction, { actorName: 'warden$system' }, entry)
    return true
  })
}
