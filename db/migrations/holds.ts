import { type Migration, NAME, statement, TEXT } from './schema.ts'

/** What stops writes for a while. */
export const HOLDS: Readonly<Record<string, Migration>> = {
  '0160_holds': statement(`
    CREATE TABLE IF NOT EXISTS holds (
      id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
      repository VARCHAR(255) ${NAME} NOT NULL,
      tag VARCHAR(128) ${NAME} NOT NULL,
      kind VARCHAR(16) ${NAME} NOT NULL,
      holder VARCHAR(64) ${NAME} NOT NULL,
      reason VARCHAR(400) NOT NULL,
      taken_at DATETIME(3) NOT NULL,
      expires_at DATETIME(3) NULL,
      KEY holds_target (repository, tag),
      KEY holds_expiry (expires_at),
      KEY holds_holder (holder)
    ) ${TEXT}`),
}
