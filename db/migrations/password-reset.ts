import { addColumn, addIndex, type Migration, NAME, statement, TEXT } from './schema.ts'

/** Links by which people get a new password, and how often they were sent. */
export const PASSWORD_RESET: Readonly<Record<string, Migration>> = {
  // Addresses are compared whatever the case of their letters, and an index has to know of it.
  '0080_users_email_folded': addColumn(
    'users',
    'email_folded',
    `VARCHAR(254) ${TEXT} GENERATED ALWAYS AS (LOWER(email)) VIRTUAL`,
  ),
  '0081_users_email_folded_index': addIndex('users', 'users_email_folded', ['email_folded']),
  '0082_password_resets': statement(`
    CREATE TABLE IF NOT EXISTS password_resets (
      user_id BIGINT UNSIGNED NOT NULL PRIMARY KEY,
      token_hash CHAR(64) ${NAME} NOT NULL,
      sign_in_epoch INT UNSIGNED NOT NULL,
      email_hash CHAR(64) ${NAME} NOT NULL,
      expires_at DATETIME(3) NOT NULL,
      created_at DATETIME(3) NOT NULL,
      UNIQUE KEY password_resets_token (token_hash),
      KEY password_resets_expires (expires_at)
    ) ${TEXT}`),
  '0083_password_reset_mails': statement(`
    CREATE TABLE IF NOT EXISTS password_reset_mails (
      user_id BIGINT UNSIGNED NOT NULL,
      job_id BIGINT UNSIGNED NOT NULL,
      created_at DATETIME(3) NOT NULL,
      PRIMARY KEY (user_id, job_id),
      KEY password_reset_mails_created (created_at)
    ) ${TEXT}`),
}
