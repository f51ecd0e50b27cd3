import { addColumn, type Migration, NAME, statement, TEXT } from './schema.ts'

/** Removals of many tags at once, and what became of each tag. */
export const REMOVALS: Readonly<Record<string, Migration>> = {
  '0190_removals': statement(`
    CREATE TABLE IF NOT EXISTS removals (
      id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
      project VARCHAR(255) ${NAME} NOT NULL,
      job_id BIGINT UNSIGNED NOT NULL DEFAULT 0,
      filter TEXT NOT NULL,
      is_dry_run TINYINT UNSIGNED NOT NULL,
      actor_id BIGINT UNSIGNED NULL,
      actor_name VARCHAR(255) NOT NULL,
      on_behalf_of VARCHAR(255) NULL,
      selected_at DATETIME(3) NULL,
      size_bytes BIGINT UNSIGNED NULL,
      ended_at DATETIME(3) NULL,
      created_at DATETIME(3) NOT NULL,
      KEY removals_project (project, id),
      KEY removals_created (created_at)
    ) ${TEXT}`),
  '0191_removal_items': statement(`
    CREATE TABLE IF NOT EXISTS removal_items (
      removal_id BIGINT UNSIGNED NOT NULL,
      position INT UNSIGNED NOT NULL,
      repository VARCHAR(255) ${NAME} NOT NULL,
      tag VARCHAR(128) ${NAME} NOT NULL,
      digest VARCHAR(135) ${NAME} NOT NULL,
      size_bytes BIGINT UNSIGNED NULL,
      outcome VARCHAR(16) ${NAME} NOT NULL DEFAULT 'waiting',
      reason VARCHAR(500) NULL,
      PRIMARY KEY (removal_id, position),
      UNIQUE KEY removal_items_tag (removal_id, repository, tag),
      KEY removal_items_outcome (removal_id, outcome, position)
    ) ${TEXT}`),
}

/** With whose rights a removal is gone on with. */
export const REMOVAL_RIGHTS: Readonly<Record<string, Migration>> = {
  '0205_removal_askers': addColumn('removals', 'asker', 'TEXT NULL'),
  '0206_removal_rights': addColumn(
    'removals',
    'asked_right',
    `VARCHAR(32) ${NAME} NOT NULL DEFAULT 'removal:write'`,
  ),
}

/** Manifests that are being deleted, so that the record tells of it whatever fails meanwhile. */
export const MANIFEST_REMOVALS: Readonly<Record<string, Migration>> = {
  '0220_manifest_removals': statement(`
    CREATE TABLE IF NOT EXISTS manifest_removals (
      id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
      repository VARCHAR(255) ${NAME} NOT NULL,
      digest VARCHAR(136) ${NAME} NOT NULL,
      actor_id BIGINT UNSIGNED NULL,
      actor_name VARCHAR(128) ${NAME} NOT NULL,
      on_behalf_of VARCHAR(128) ${NAME} NULL,
      holder CHAR(36) ${NAME} NOT NULL,
      expires_at DATETIME(3) NOT NULL,
      created_at DATETIME(3) NOT NULL,
      UNIQUE KEY manifest_removals_digest (repository, digest),
      KEY manifest_removals_expires (expires_at)
    ) ${TEXT}`),
}
