import { type Migration, NAME, statement, TEXT } from './schema.ts'

/** What a restore leaves behind, and authorities that the registry is to trust beside ours. */
export const RESTORES: Readonly<Record<string, Migration>> = {
  '0240_restores': statement(`
    CREATE TABLE IF NOT EXISTS restores (
      id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
      backup_at DATETIME(3) NOT NULL,
      restored_at DATETIME(3) NOT NULL,
      confirmed_at DATETIME(3) NULL,
      confirmed_by VARCHAR(255) NULL
    ) ${TEXT}`),
  '0241_token_authorities': statement(`
    CREATE TABLE IF NOT EXISTS token_authorities (
      fingerprint CHAR(64) ${NAME} NOT NULL PRIMARY KEY,
      certificate TEXT ${NAME} NOT NULL,
      state VARCHAR(16) ${NAME} NOT NULL,
      changed_at DATETIME(3) NOT NULL
    ) ${TEXT}`),
}
