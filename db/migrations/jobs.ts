import { type Migration, NAME, statement, TEXT } from './schema.ts'

/** Work that no request waits for, and when it is to be done. */
export const JOBS: Readonly<Record<string, Migration>> = {
  '0070_jobs': statement(`
    CREATE TABLE IF NOT EXISTS jobs (
      id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
      kind VARCHAR(64) ${NAME} NOT NULL,
      payload MEDIUMTEXT NOT NULL,
      state VARCHAR(16) ${NAME} NOT NULL,
      run_at DATETIME(3) NOT NULL,
      attempts INT UNSIGNED NOT NULL,
      most_attempts INT UNSIGNED NOT NULL,
      dedupe_key VARCHAR(191) ${NAME} NULL,
      holder CHAR(36) ${NAME} NULL,
      lease_ends_at DATETIME(3) NULL,
      cancel_requested_at DATETIME(3) NULL,
      done BIGINT UNSIGNED NULL,
      total BIGINT UNSIGNED NULL,
      log MEDIUMTEXT NOT NULL,
      error VARCHAR(1000) NULL,
      created_at DATETIME(3) NOT NULL,
      started_at DATETIME(3) NULL,
      ended_at DATETIME(3) NULL,
      UNIQUE KEY jobs_dedupe (dedupe_key),
      KEY jobs_due (state, run_at, id),
      KEY jobs_state (state, id),
      KEY jobs_kind (kind, id),
      KEY jobs_state_kind (state, kind, id),
      KEY jobs_ended (ended_at, id)
    ) ${TEXT}`),
  '0071_job_schedules': statement(`
    CREATE TABLE IF NOT EXISTS job_schedules (
      name VARCHAR(64) ${NAME} NOT NULL PRIMARY KEY,
      pattern VARCHAR(64) ${NAME} NOT NULL,
      next_at DATETIME(3) NOT NULL,
      KEY job_schedules_next (next_at)
    ) ${TEXT}`),
}
