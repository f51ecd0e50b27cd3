import { addColumn, type Migration, NAME, statement, TEXT } from './schema.ts'

/** What makes the audit record countable, and its rows impossible to change unseen. */
export const AUDIT: Readonly<Record<string, Migration>> = {
  // One statement for all of it: the server copies the table once, and does it wholly or not at all.
  '0020_audit_seal': addColumn(
    'audit',
    'seal',
    `BIGINT UNSIGNED NULL,
      ADD COLUMN mac CHAR(64) ${NAME} NULL,
      ADD COLUMN replica CHAR(36) ${NAME} NULL,
      ADD COLUMN sequence BIGINT UNSIGNED NULL,
      ADD COLUMN count INT UNSIGNED NOT NULL DEFAULT 1,
      ADD UNIQUE KEY audit_seal (seal),
      ADD UNIQUE KEY audit_sequence (replica, sequence),
      ADD KEY audit_target (target, time, id),
      ADD KEY audit_outcome (outcome, time, id)`,
  ),
  '0021_audit_chain': statement(`
    CREATE TABLE IF NOT EXISTS audit_chain (
      id TINYINT UNSIGNED NOT NULL PRIMARY KEY,
      key_id CHAR(64) ${NAME} NOT NULL,
      seal BIGINT UNSIGNED NOT NULL,
      mac CHAR(64) ${NAME} NOT NULL,
      proof CHAR(64) ${NAME} NOT NULL,
      forwarded BIGINT UNSIGNED NOT NULL,
      holder CHAR(36) ${NAME} NULL,
      expires_at DATETIME(3) NOT NULL
    ) ${TEXT}`),
  '0022_audit_checkpoints': statement(`
    CREATE TABLE IF NOT EXISTS audit_checkpoints (
      kind VARCHAR(8) ${NAME} NOT NULL,
      seal BIGINT UNSIGNED NOT NULL,
      mac CHAR(64) ${NAME} NOT NULL,
      proof CHAR(64) ${NAME} NOT NULL,
      created_at DATETIME(3) NOT NULL,
      PRIMARY KEY (kind, seal),
      KEY audit_checkpoints_seal (seal)
    ) ${TEXT}`),
}
