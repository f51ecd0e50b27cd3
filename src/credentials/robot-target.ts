import { findGroup } from '../accounts/group-queries.ts'
import type { Database } from '../database/open-database.ts'
import { AppError } from '../errors.ts'

/**
 * The group whose members a robot is to act for.
 *
 * @throws AppError REQUEST_INVALID (400) when there is none of that name
 */
export async function requireTargetGroup(
  database: Database,
  name: string | undefined,
): Promise<number | undefined> {
  if (name === undefined) return undefined
  const group = await findGroup(database, name)
  if (group !== undefined) return group.id
  const detail = `there is no group ${name}; make it first`
  throw new AppError('REQUEST_INVALID', {
    detail: `the body is not valid: onBehalfOf: ${detail}`,
    faults: [{ pointer: 'onBehalfOf', detail }],
  })
}
