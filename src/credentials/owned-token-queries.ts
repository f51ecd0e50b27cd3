import { toClaims } from '../accounts/queries.ts'
import type { Database } from '../database/open-database.ts'
import type { Versioned } from '../database/versioned-cache.ts'
import { coversPermissions } from '../projects/credential-reach.ts'
import {
  type CredentialPermission,
  permissionsForApi,
  type SystemRole,
} from '../protocol/subject.ts'
import { toList } from './queries.ts'
import type { OwnedToken } from './types.ts'

interface OwnedRow {
  readonly epoch: string
  readonly counter: number
  readonly id: number | null
  readonly permissions?: string | readonly CredentialPermission[] | null
  readonly expires_at: Date | null
  readonly user_id: number
  readonly username: string
  readonly system_role: SystemRole | null
  readonly claims_digest: string | null
  readonly claimed_role: SystemRole | null
  readonly claims_end_at: Date | null
  readonly disabled_at: Date | null
}

/** With the robot that made it on behalf of its owner, where that may still act for them. */
interface AccessTokenRow extends OwnedRow {
  readonly made_by_robot_id: number | null
  readonly robot_permissions: string | readonly CredentialPermission[] | null
  readonly robot_expires_at: Date | null
  readonly on_behalf_group_id: number | null
  /** When the owner's place in that group lapses. */
  readonly in_group_until: Date | null
}

function toVersionedToken([row]: readonly OwnedRow[]): Versioned<OwnedToken> {
  if (row === undefined) throw new Error('the database has no change version')
  const version = { epoch: row.epoch, counter: Number(row.counter) }
  if (row.id === null) return { version, value: undefined }
  const owner = {
    id: row.user_id,
    username: row.username,
    systemRole: row.system_role ?? undefined,
    claims: toClaims(row),
    disabled: row.disabled_at !== null,
  }
  const permissions = row.permissions ? toList(row.permissions) : undefined
  const expiresAt = row.expires_at ?? undefined
  return { version, value: { id: row.id, owner, permissions, expiresAt, madeBy: undefined } }
}

const earlier = (a: Date | undefined, b: Date | undefined): Date | undefined =>
  a === undefined || (b !== undefined && b < a) ? b : a

/**
 * Holds a token that was made on behalf of its owner within the service token that made it, as that
 * is now: it is nothing without the right, or where it would give more, and ends no later (R12).
 */
function withinService(token: OwnedToken, row: AccessTokenRow): OwnedToken | undefined {
  const { made_by_robot_id: robotId, on_behalf_group_id: groupId } = row
  if (robotId === null) return token
  if (groupId === null || row.robot_permissions === null) return undefined
  const service = permissionsForApi(toList(row.robot_permissions))
  if (!coversPermissions(service, token.permissions)) return undefined
  const serviceEnd = earlier(row.robot_expires_at ?? undefined, row.in_group_until ?? undefined)
  const expiresAt = earlier(token.expiresAt, serviceEnd)
  return { ...token, expiresAt, madeBy: { robotId, groupId } }
}

/**
 * An access token by its hash, its owner, and the change version, read in one statement. One that
 * was made on behalf of its owner is not found when the robot that made it may not act for them now.
 */
export async function findVersionedAccessToken(
  database: Database,
  secretHash: string,
): Promise<Versioned<OwnedToken>> {
  const [rows] = (await database.raw(
    `SELECT v.epoch, v.counter, t.id, t.permissions, t.expires_at, t.made_by_robot_id,
            u.id AS user_id, u.username, u.system_role, u.claims_digest, u.claimed_role,
            u.claims_end_at, u.disabled_at, r.permissions AS robot_permissions,
            r.expires_at AS robot_expires_at, m.group_id AS on_behalf_group_id,
            m.expires_at AS in_group_until
       FROM change_version v
       LEFT JOIN (access_tokens t JOIN users u ON u.id = t.user_id AND u.deleted_at IS NULL)
         ON t.secret_hash = ?
       LEFT JOIN robots r ON r.id = t.made_by_robot_id AND r.project_id = 0
                         AND r.disabled_at IS NULL AND u.system_role IS NULL
                         AND u.claimed_role IS NULL
       LEFT JOIN group_members m ON m.group_id = r.on_behalf_group_id AND m.user_id = t.user_id
      WHERE v.id = 1`,
    [secretHash],
  )) as [readonly AccessTokenRow[]]
  const found = toVersionedToken(rows)
  const [row] = rows
  if (found.value === undefined || row === undefined) return found
  return { version: found.version, value: withinService(found.value, row) }
}

/** The same for an identity token; one of an older sign-in epoch of its owner is not found. */
export async function findVersionedIdentityToken(
  database: Database,
  secretHash: string,
): Promise<Versioned<OwnedToken>> {
  const [rows] = await database.raw(
    `SELECT v.epoch, v.counter, t.id, t.expires_at, u.id AS user_id, u.username,
            u.system_role, u.claims_digest, u.claimed_role, u.claims_end_at, u.disabled_at
       FROM change_version v
       LEFT JOIN (identity_tokens t
                  JOIN users u ON u.id = t.user_id AND u.deleted_at IS NULL
                              AND u.sign_in_epoch = t.sign_in_epoch)
         ON t.secret_hash = ?
      WHERE v.id = 1`,
    [secretHash],
  )
  return toVersionedToken(rows)
}
