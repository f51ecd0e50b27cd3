import { type Migration, NAME, statement, TEXT } from './schema.ts'

/** Names of deleted projects. */
export const PROJECTS: Readonly<Record<string, Migration>> = {
  '0050_project_tombstones': statement(`
    CREATE TABLE IF NOT EXISTS project_tombstones (
      name VARCHAR(64) ${NAME} NOT NULL PRIMARY KEY,
      deleted_at DATETIME(3) NOT NULL,
      free_at DATETIME(3) NOT NULL
    ) ${TEXT}`),
}
