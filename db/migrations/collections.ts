import { addColumn, addIndex, type Migration, NAME, statement, TEXT } from './schema.ts'

/** Collections of garbage, and what keeps writes out while one goes on. */
export const COLLECTIONS: Readonly<Record<string, Migration>> = {
  '0200_holds_deadline_at': addColumn('holds', 'deadline_at', 'DATETIME(3) NULL'),
  '0201_collections': statement(`
    CREATE TABLE IF NOT EXISTS collections (
      id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
      job_id BIGINT UNSIGNED NOT NULL,
      is_dry_run TINYINT UNSIGNED NOT NULL,
      phase VARCHAR(16) ${NAME} NOT NULL,
      epoch BIGINT UNSIGNED NULL,
      actor_id BIGINT UNSIGNED NULL,
      actor_name VARCHAR(255) ${NAME} NOT NULL,
      on_behalf_of VARCHAR(255) ${NAME} NULL,
      blobs BIGINT UNSIGNED NOT NULL DEFAULT 0,
      bytes BIGINT UNSIGNED NOT NULL DEFAULT 0,
      unknown_blobs BIGINT UNSIGNED NOT NULL DEFAULT 0,
      untagged_count BIGINT UNSIGNED NOT NULL DEFAULT 0,
      gap_count BIGINT UNSIGNED NOT NULL DEFAULT 0,
      untagged MEDIUMTEXT NULL,
      gaps MEDIUMTEXT NULL,
      notes MEDIUMTEXT NULL,
      error VARCHAR(1000) NULL,
      created_at DATETIME(3) NOT NULL,
      held_at DATETIME(3) NULL,
      opened_at DATETIME(3) NULL,
      ended_at DATETIME(3) NULL,
      UNIQUE KEY collections_job (job_id),
      KEY collections_epoch (epoch),
      KEY collections_created (created_at)
    ) ${TEXT}`),
  '0202_retention_policies_untagged_days': addColumn(
    'retention_policies',
    'untagged_days',
    'INT UNSIGNED NULL',
  ),
  '0203_repository_manifests_pushed_at': addColumn(
    'repository_manifests',
    'pushed_at',
    'DATETIME(3) NULL',
  ),
  '0204_retention_policies_untagged': addIndex(
    'retention_policies',
    'retention_policies_untagged',
    ['untagged_days', 'project_id'],
  ),
}
