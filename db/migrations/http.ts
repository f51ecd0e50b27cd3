import { type Migration, NAME, statement, TEXT } from './schema.ts'

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
}
