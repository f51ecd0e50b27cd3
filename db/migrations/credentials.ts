import { addColumn, type Migration, NAME, statement, TEXT } from './schema.ts'

/** What people and machines sign in with beside a password. */
export const CREDENTIALS: Readonly<Record<string, Migration>> = {
  '0010_users_sign_in_epoch': addColumn(
    'users',
    'sign_in_epoch',
    'INT UNSIGNED NOT NULL DEFAULT 1 AFTER password_hash',
  ),
  '0011_access_tokens': statement(`
    CREATE TABLE IF NOT EXISTS access_tokens (
      id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
      user_id BIGINT UNSIGNED NOT NULL,
      name VARCHAR(64) NOT NULL,
      secret_hash CHAR(64) ${NAME} NOT NULL,
      permissions JSON NULL,
      expires_at DATETIME(3) NULL,
      last_used_at DATETIME(3) NULL,
      created_at DATETIME(3) NOT NULL,
      UNIQUE KEY access_tokens_secret (secret_hash),
      UNIQUE KEY access_tokens_name (user_id, name)
    ) ${TEXT}`),
  '0012_identity_tokens': statement(`
    CREATE TABLE IF NOT EXISTS identity_tokens (
      id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
      user_id BIGINT UNSIGNED NOT NULL,
      sign_in_epoch INT UNSIGNED NOT NULL,
      secret_hash CHAR(64) ${NAME} NOT NULL,
      client VARCHAR(64) NULL,
      address VARCHAR(45) ${NAME} NULL,
      expires_at DATETIME(3) NOT NULL,
      last_used_at DATETIME(3) NULL,
      created_at DATETIME(3) NOT NULL,
      UNIQUE KEY identity_tokens_secret (secret_hash),
      KEY identity_tokens_user (user_id, id),
      KEY identity_tokens_expires (expires_at)
    ) ${TEXT}`),
  '0013_robots': statement(`
    CREATE TABLE IF NOT EXISTS robots (
      id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
      project_id BIGINT UNSIGNED NOT NULL,
      name VARCHAR(50) ${NAME} NOT NULL,
      description VARCHAR(255) NULL,
      permissions JSON NOT NULL,
      networks JSON NULL,
      secret_hash CHAR(64) ${NAME} NOT NULL,
      previous_secret_hash CHAR(64) ${NAME} NULL,
      previous_ends_at DATETIME(3) NULL,
      expires_at DATETIME(3) NULL,
      disabled_at DATETIME(3) NULL,
      last_used_at DATETIME(3) NULL,
      version INT UNSIGNED NOT NULL,
      created_at DATETIME(3) NOT NULL,
      updated_at DATETIME(3) NOT NULL,
      UNIQUE KEY robots_name (project_id, name)
    ) ${TEXT}`),
}
