import { type Migration, NAME, statement, TEXT } from './schema.ts'

/** Groups of people. `groups` alone is a word of MySQL's own. */
export const ACCOUNTS: Readonly<Record<string, Migration>> = {
  '0041_user_groups': statement(`
    CREATE TABLE IF NOT EXISTS user_groups (
      id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
      source VARCHAR(64) ${NAME} NOT NULL,
      name VARCHAR(64) ${NAME} NOT NULL,
      description VARCHAR(255) NULL,
      version INT UNSIGNED NOT NULL,
      created_at DATETIME(3) NOT NULL,
      updated_at DATETIME(3) NOT NULL,
      UNIQUE KEY user_groups_name (source, name)
    ) ${TEXT}`),
  '0042_group_members': statement(`
    CREATE TABLE IF NOT EXISTS group_members (
      group_id BIGINT UNSIGNED NOT NULL,
      user_id BIGINT UNSIGNED NOT NULL,
      created_at DATETIME(3) NOT NULL,
      PRIMARY KEY (group_id, user_id),
      KEY group_members_user (user_id, group_id)
    ) ${TEXT}`),
}
