import { addColumn, type Migration, NAME, statement, TEXT } from './schema.ts'

/** The repair of the index from the registry, and the brake on what it takes out. */
export const RECONCILE: Readonly<Record<string, Migration>> = {
  '0140_reconcile_runs': statement(`
    CREATE TABLE IF NOT EXISTS reconcile_runs (
      id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
      job_id BIGINT UNSIGNED NOT NULL,
      phase VARCHAR(16) ${NAME} NOT NULL,
      after_name VARCHAR(255) ${NAME} NOT NULL,
      listed INT UNSIGNED NOT NULL DEFAULT 0,
      repositories INT UNSIGNED NOT NULL DEFAULT 0,
      tags BIGINT UNSIGNED NOT NULL DEFAULT 0,
      added BIGINT UNSIGNED NOT NULL DEFAULT 0,
      moved BIGINT UNSIGNED NOT NULL DEFAULT 0,
      missing BIGINT UNSIGNED NOT NULL DEFAULT 0,
      untold BIGINT UNSIGNED NOT NULL DEFAULT 0,
      omitted_repositories INT UNSIGNED NOT NULL DEFAULT 0,
      omitted_tags BIGINT UNSIGNED NOT NULL DEFAULT 0,
      failures BIGINT UNSIGNED NOT NULL DEFAULT 0,
      started_at DATETIME(3) NOT NULL,
      ended_at DATETIME(3) NULL,
      UNIQUE KEY reconcile_runs_job (job_id),
      KEY reconcile_runs_ended (ended_at, id)
    ) ${TEXT}`),
  '0141_repositories_walked_run': addColumn(
    'repositories',
    'walked_run',
    'BIGINT UNSIGNED NOT NULL DEFAULT 0',
  ),
  '0142_index_brake': statement(`
    CREATE TABLE IF NOT EXISTS index_brake (
      id TINYINT UNSIGNED NOT NULL PRIMARY KEY,
      engaged_at DATETIME(3) NULL,
      reason VARCHAR(16) ${NAME} NULL,
      detail VARCHAR(500) NULL,
      known_repositories INT UNSIGNED NOT NULL DEFAULT 0,
      known_tags BIGINT UNSIGNED NOT NULL DEFAULT 0
    ) ${TEXT}`),
  '0143_index_brake_row': statement('INSERT IGNORE INTO index_brake (id) VALUES (1)'),
  '0144_index_vanishings': statement(`
    CREATE TABLE IF NOT EXISTS index_vanishings (
      kind VARCHAR(16) ${NAME} NOT NULL,
      hour DATETIME(3) NOT NULL,
      count BIGINT UNSIGNED NOT NULL,
      PRIMARY KEY (kind, hour)
    ) ${TEXT}`),
}
