import { type Migration, NAME, statement, TEXT } from './schema.ts'

/** What an administrator sets at run time. */
export const SETTINGS: Readonly<Record<string, Migration>> = {
  '0040_settings': statement(`
    CREATE TABLE IF NOT EXISTS settings (
      name VARCHAR(64) ${NAME} NOT NULL PRIMARY KEY,
      value VARCHAR(255) NOT NULL,
      updated_at DATETIME(3) NOT NULL
    ) ${TEXT}`),
}
