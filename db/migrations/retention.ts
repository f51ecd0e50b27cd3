import { type Migration, NAME, statement, TEXT } from './schema.ts'

/** What projects keep, and what came of it. */
export const RETENTION: Readonly<Record<string, Migration>> = {
  '0180_retention_policies': statement(`
    CREATE TABLE IF NOT EXISTS retention_policies (
      project_id BIGINT UNSIGNED NOT NULL PRIMARY KEY,
      rules MEDIUMTEXT NOT NULL,
      schedule VARCHAR(64) ${NAME} NULL,
      updated_at DATETIME(3) NOT NULL
    ) ${TEXT}`),
  '0181_retention_runs': statement(`
    CREATE TABLE IF NOT EXISTS retention_runs (
      id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
      project_id BIGINT UNSIGNED NOT NULL,
      job_id BIGINT UNSIGNED NOT NULL,
      is_dry_run TINYINT UNSIGNED NOT NULL,
      is_scheduled TINYINT UNSIGNED NOT NULL,
      rules MEDIUMTEXT NOT NULL,
      actor_id BIGINT UNSIGNED NULL,
      actor_name VARCHAR(255) ${NAME} NOT NULL,
      on_behalf_of VARCHAR(255) ${NAME} NULL,
      planned_name VARCHAR(255) ${NAME} NOT NULL DEFAULT '',
      after_name VARCHAR(255) ${NAME} NOT NULL DEFAULT '',
      repositories INT UNSIGNED NOT NULL DEFAULT 0,
      kept BIGINT UNSIGNED NOT NULL DEFAULT 0,
      to_remove BIGINT UNSIGNED NOT NULL DEFAULT 0,
      removed BIGINT UNSIGNED NOT NULL DEFAULT 0,
      not_removed BIGINT UNSIGNED NOT NULL DEFAULT 0,
      reclaimable_bytes BIGINT UNSIGNED NOT NULL DEFAULT 0,
      items BIGINT UNSIGNED NOT NULL DEFAULT 0,
      outcome VARCHAR(16) ${NAME} NULL,
      detail VARCHAR(1000) NULL,
      created_at DATETIME(3) NOT NULL,
      ended_at DATETIME(3) NULL,
      UNIQUE KEY retention_runs_job (job_id),
      KEY retention_runs_project (project_id, id),
      KEY retention_runs_created (created_at, id)
    ) ${TEXT}`),
  '0182_retention_items': statement(`
    CREATE TABLE IF NOT EXISTS retention_items (
      run_id BIGINT UNSIGNED NOT NULL,
      repository VARCHAR(255) ${NAME} NOT NULL,
      tag VARCHAR(128) ${NAME} NOT NULL,
      digest VARCHAR(135) ${NAME} NOT NULL,
      decision VARCHAR(8) ${NAME} NOT NULL,
      reason VARCHAR(16) ${NAME} NOT NULL,
      rule SMALLINT UNSIGNED NULL,
      needed_by VARCHAR(128) ${NAME} NULL,
      pushed_at DATETIME(3) NOT NULL,
      pulled_at DATETIME(3) NULL,
      reclaimable_bytes BIGINT UNSIGNED NULL,
      outcome VARCHAR(16) ${NAME} NULL,
      PRIMARY KEY (run_id, repository, tag),
      KEY retention_items_decision (run_id, decision, repository, tag)
    ) ${TEXT}`),
}
