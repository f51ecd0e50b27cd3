import { type Migration, NAME, statement, TEXT } from './schema.ts'

/** What projects allow of writes: tags that never move, and how much may be kept. */
export const POLICIES: Readonly<Record<string, Migration>> = {
  '0170_immutable_tag_rules': statement(`
    CREATE TABLE IF NOT EXISTS immutable_tag_rules (
      project_id BIGINT UNSIGNED NOT NULL PRIMARY KEY,
      rules JSON NOT NULL,
      updated_at DATETIME(3) NOT NULL
    ) ${TEXT}`),
  '0171_tag_reservations': statement(`
    CREATE TABLE IF NOT EXISTS tag_reservations (
      repository VARCHAR(255) ${NAME} NOT NULL,
      tag VARCHAR(128) ${NAME} NOT NULL,
      digest VARCHAR(135) ${NAME} NOT NULL,
      holder CHAR(36) ${NAME} NOT NULL,
      over_at DATETIME(3) NOT NULL,
      created_at DATETIME(3) NOT NULL,
      PRIMARY KEY (repository, tag),
      KEY tag_reservations_over (over_at)
    ) ${TEXT}`),
  '0172_project_quotas': statement(`
    CREATE TABLE IF NOT EXISTS project_quotas (
      project_id BIGINT UNSIGNED NOT NULL PRIMARY KEY,
      limit_bytes BIGINT UNSIGNED NOT NULL,
      updated_at DATETIME(3) NOT NULL
    ) ${TEXT}`),
}
