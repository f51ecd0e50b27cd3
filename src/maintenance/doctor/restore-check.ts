import { findRestoreHold } from '../../images/restore-hold.ts'
import { ok, warning } from './check.ts'
import { databaseCheck } from './inside-check.ts'

/** After a restore what destroys by itself waits for somebody who looks (R28). */
const restore = databaseCheck('restore', async ({ inside }) => {
  const reason = await findRestoreHold(inside.database)
  if (reason === undefined) return ok('no restore waits to be confirmed')
  return warning(reason, 'until then retention, collections and removals of many wait')
})

export const RESTORE_CHECKS = [restore] as const
