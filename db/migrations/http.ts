import { addIndex, inTurn, type Migration, NAME, statement, TEXT } from './schema.ts'

/** What the API needs for itself: repeated requests, and indexes of its lists. */
export const HTTP: Readonly<Record<string, Migration>> = {
  '0030_idempotency_keys': statement(`
    CREATE TABLE IF NOT EXISTS idempotency_keys (
      key_hash CHAR(64) ${NAME} NOT NULL PRIMARY KEY,
      body_hash CHAR(64) ${NAME} NOT NULL,
      answer MEDIUMTEXT NOT NULL,
      expires_at DATETIME(3) NOT NULL,
      KEY idempotency_keys_expires (expires_at)
    ) ${TEXT}`),
  '0031_users_lists': inTurn(
    addIndex('users', 'users_created', ['created_at', 'username']),
    addIndex('users', 'users_email', ['email']),
  ),
  '0032_projects_lists': inTurn(
    addIndex('projects', 'projects_created', ['created_at', 'name']),
    addIndex('projects', 'projects_visibility', ['visibility', 'name']),
  ),
}
