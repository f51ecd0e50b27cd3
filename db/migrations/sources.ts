import { addColumn, type Migration, NAME, statement } from './schema.ts'

/** What accounts and groups of other sources need: what those claim, and until when it holds. */
export const SOURCES: Readonly<Record<string, Migration>> = {
  // One statement for all of it: the server copies the table once, and does it wholly or not at all.
  '0065_users_claims': addColumn(
    'users',
    'claims_digest',
    `CHAR(43) ${NAME} NULL AFTER sign_in_epoch,
      ADD COLUMN claimed_role VARCHAR(16) ${NAME} NULL AFTER claims_digest,
      ADD COLUMN claims_end_at DATETIME(3) NULL AFTER claimed_role,
      ADD KEY users_claims (source, claims_end_at)`,
  ),
  '0066_group_members_expires': addColumn('group_members', 'expires_at', 'DATETIME(3) NULL'),
  // Names of other sources are in any alphabet, and may differ in upper and lower case alone.
  '0067_user_groups_name': statement(`
    ALTER TABLE user_groups
      MODIFY COLUMN name VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL`),
}
