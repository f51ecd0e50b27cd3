import type { Database } from '../database/open-database.ts'
import { type CredentialPermission, permissionsForApi } from '../protocol/subject.ts'

/** A robot that may act for a user now. */
export interface Acting {
  readonly userId: number
  /** Those that count in the API. */
  readonly permissions: readonly CredentialPermission[]
  readonly expiresAt: Date | undefined
}

interface ActingRow {
  readonly user_id: number
  readonly permissions: string | readonly CredentialPermission[]
  readonly expires_at: Date | null
}

/**
 * Whether a robot may act for a user at this moment (R12): a robot of the system, there and enabled,
 * and a user in its group who is enabled and has no system role,
 * neither given nor claimed. One statement whatever the reason
 * is that it may not.
 *
 * @returns undefined when it may not
 */
export async function findActing(
  database: Database,
  { robotId, username }: { readonly robotId: number; readonly username: string },
): Promise<Acting | undefined> {
  const [[row]] = (await database.raw(
    `SELECT u.id AS user_id, r.permissions, r.expires_at
       FROM robots r
       JOIN users u ON u.username = ? AND u.deleted_at IS NULL AND u.disabled_at IS NULL
                   AND u.system_role IS NULL AND u.claimed_role IS NULL
       JOIN group_members m ON m.group_id = r.on_behalf_group_id AND m.user_id = u.id
                           AND (m.expires_at IS NULL OR m.expires_at > UTC_TIMESTAMP(3))
      WHERE r.id = ? AND r.project_id = 0 AND r.disabled_at IS NULL
        AND (r.expires_at IS NULL OR r.expires_at > UTC_TIMESTAMP(3))`,
    [username, robotId],
  )) as [readonly ActingRow[]]
  if (row === undefined) return undefined
  const list = typeof row.permissions === 'string' ? JSON.parse(row.permissions) : row.permissions
  const permissions = permissionsForApi(list)
  if (permissions.length === 0) return undefined
  return { userId: row.user_id, permissions, expiresAt: row.expires_at ?? undefined }
}
