import { addIndex, type Migration, NAME, statement, TEXT } from './schema.ts'

/** Where there never was one; a time that sorts and pages like any other. */
const NEVER = "DATETIME(3) NOT NULL DEFAULT '1970-01-01 00:00:00.000'"

const platform = `
      os VARCHAR(64) ${NAME} NULL,
      architecture VARCHAR(64) ${NAME} NULL,
      variant VARCHAR(64) ${NAME} NULL`

/** What is to be read again, and what is to be counted again. */
const DIRTY: Readonly<Record<string, Migration>> = {
  '0110_index_tickets': statement(`
    CREATE TABLE IF NOT EXISTS index_tickets (
      id TINYINT UNSIGNED NOT NULL PRIMARY KEY,
      last BIGINT UNSIGNED NOT NULL
    ) ${TEXT}`),
  '0111_index_ticket_row': statement('INSERT IGNORE INTO index_tickets (id, last) VALUES (1, 0)'),
  '0112_dirty_references': statement(`
    CREATE TABLE IF NOT EXISTS dirty_references (
      repository VARCHAR(255) ${NAME} NOT NULL,
      reference VARCHAR(135) ${NAME} NOT NULL,
      marks INT UNSIGNED NOT NULL DEFAULT 1,
      is_deletion TINYINT UNSIGNED NOT NULL DEFAULT 0,
      pushed_at DATETIME(3) NULL,
      actor VARCHAR(255) ${NAME} NULL,
      tries INT UNSIGNED NOT NULL DEFAULT 0,
      due_at DATETIME(3) NOT NULL,
      PRIMARY KEY (repository, reference),
      KEY dirty_references_due (due_at)
    ) ${TEXT}`),
  '0113_dirty_figures': statement(`
    CREATE TABLE IF NOT EXISTS dirty_figures (
      kind VARCHAR(10) ${NAME} NOT NULL,
      name VARCHAR(255) ${NAME} NOT NULL,
      marks INT UNSIGNED NOT NULL DEFAULT 1,
      due_at DATETIME(3) NOT NULL,
      PRIMARY KEY (kind, name),
      KEY dirty_figures_due (kind, due_at)
    ) ${TEXT}`),
}

const REPOSITORIES: Readonly<Record<string, Migration>> = {
  // Lists sort by one of four columns, of all repositories or of one project, with the name behind.
  '0114_repositories': statement(`
    CREATE TABLE IF NOT EXISTS repositories (
      id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
      name VARCHAR(255) ${NAME} NOT NULL,
      project VARCHAR(255) ${NAME} NOT NULL,
      is_listed TINYINT UNSIGNED NOT NULL DEFAULT 0,
      tag_count INT UNSIGNED NOT NULL DEFAULT 0,
      size_bytes BIGINT UNSIGNED NOT NULL DEFAULT 0,
      pull_count BIGINT UNSIGNED NOT NULL DEFAULT 0,
      pushed_at ${NEVER},
      pulled_at ${NEVER},
      created_at DATETIME(3) NOT NULL,
      UNIQUE KEY repositories_name (name),
      KEY repositories_by_name (is_listed, name),
      KEY repositories_by_pushed (is_listed, pushed_at, name),
      KEY repositories_by_pulled (is_listed, pulled_at, name),
      KEY repositories_by_size (is_listed, size_bytes, name),
      KEY repositories_project_name (project, is_listed, name),
      KEY repositories_project_pushed (project, is_listed, pushed_at, name),
      KEY repositories_project_pulled (project, is_listed, pulled_at, name),
      KEY repositories_project_size (project, is_listed, size_bytes, name)
    ) ${TEXT}`),
  '0115_repository_segments': statement(`
    CREATE TABLE IF NOT EXISTS repository_segments (
      segment VARCHAR(255) ${NAME} NOT NULL,
      repository_id BIGINT UNSIGNED NOT NULL,
      PRIMARY KEY (segment, repository_id)
    ) ${TEXT}`),
  '0116_repository_grams': statement(`
    CREATE TABLE IF NOT EXISTS repository_grams (
      gram CHAR(3) ${NAME} NOT NULL,
      repository_id BIGINT UNSIGNED NOT NULL,
      PRIMARY KEY (gram, repository_id)
    ) ${TEXT}`),
  '0117_repository_days': statement(`
    CREATE TABLE IF NOT EXISTS repository_days (
      repository_id BIGINT UNSIGNED NOT NULL,
      day DATE NOT NULL,
      pulls BIGINT UNSIGNED NOT NULL DEFAULT 0,
      pushes BIGINT UNSIGNED NOT NULL DEFAULT 0,
      pulled_bytes BIGINT UNSIGNED NOT NULL DEFAULT 0,
      pushed_bytes BIGINT UNSIGNED NOT NULL DEFAULT 0,
      PRIMARY KEY (repository_id, day)
    ) ${TEXT}`),
  '0118_project_days': statement(`
    CREATE TABLE IF NOT EXISTS project_days (
      project VARCHAR(255) ${NAME} NOT NULL,
      day DATE NOT NULL,
      pulls BIGINT UNSIGNED NOT NULL DEFAULT 0,
      pushes BIGINT UNSIGNED NOT NULL DEFAULT 0,
      pulled_bytes BIGINT UNSIGNED NOT NULL DEFAULT 0,
      pushed_bytes BIGINT UNSIGNED NOT NULL DEFAULT 0,
      PRIMARY KEY (project, day),
      KEY project_days_day (day, project)
    ) ${TEXT}`),
  '0119_project_figures': statement(`
    CREATE TABLE IF NOT EXISTS project_figures (
      project VARCHAR(255) ${NAME} NOT NULL PRIMARY KEY,
      repository_count INT UNSIGNED NOT NULL,
      tag_count INT UNSIGNED NOT NULL,
      size_bytes BIGINT UNSIGNED NOT NULL,
      computed_at DATETIME(3) NOT NULL
    ) ${TEXT}`),
}

const TAGS: Readonly<Record<string, Migration>> = {
  '0120_tags': statement(`
    CREATE TABLE IF NOT EXISTS tags (
      repository_id BIGINT UNSIGNED NOT NULL,
      name VARCHAR(128) ${NAME} NOT NULL,
      is_listed TINYINT UNSIGNED NOT NULL DEFAULT 1,
      digest VARCHAR(135) ${NAME} NOT NULL,
      media_type VARCHAR(255) ${NAME} NOT NULL,
      size_bytes BIGINT UNSIGNED NOT NULL DEFAULT 0,
      is_measured TINYINT UNSIGNED NOT NULL DEFAULT 0,
      version_key VARCHAR(255) ${NAME} NOT NULL,
      subject_digest VARCHAR(135) ${NAME} NULL,
      accessory VARCHAR(16) ${NAME} NULL,
      pushed_at DATETIME(3) NOT NULL,
      pulled_at ${NEVER},
      created_at DATETIME(3) NOT NULL,
      ticket BIGINT UNSIGNED NOT NULL,
      missing_since DATETIME(3) NULL,
      gone_at DATETIME(3) NULL,
      PRIMARY KEY (repository_id, name),
      KEY tags_name (is_listed, name, repository_id),
      KEY tags_digest (repository_id, digest),
      KEY tags_subject (repository_id, subject_digest),
      KEY tags_by_pushed (repository_id, is_listed, pushed_at, name),
      KEY tags_by_pulled (repository_id, is_listed, pulled_at, name),
      KEY tags_by_size (repository_id, is_listed, size_bytes, name),
      KEY tags_by_version (repository_id, is_listed, version_key, name)
    ) ${TEXT}`),
  '0121_tag_history': statement(`
    CREATE TABLE IF NOT EXISTS tag_history (
      repository_id BIGINT UNSIGNED NOT NULL,
      tag VARCHAR(128) ${NAME} NOT NULL,
      ticket BIGINT UNSIGNED NOT NULL,
      digest VARCHAR(135) ${NAME} NULL,
      actor VARCHAR(255) ${NAME} NULL,
      time DATETIME(3) NOT NULL,
      PRIMARY KEY (repository_id, tag, ticket)
    ) ${TEXT}`),
}

const MANIFESTS: Readonly<Record<string, Migration>> = {
  '0122_manifests': statement(`
    CREATE TABLE IF NOT EXISTS manifests (
      id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
      digest VARCHAR(135) ${NAME} NOT NULL,
      media_type VARCHAR(255) ${NAME} NOT NULL,
      kind VARCHAR(16) ${NAME} NOT NULL,
      content_bytes INT UNSIGNED NOT NULL,
      artifact_type VARCHAR(255) NULL,
      subject_digest VARCHAR(135) ${NAME} NULL,
      config_digest VARCHAR(135) ${NAME} NULL,${platform},
      image_created_at DATETIME(3) NULL,
      UNIQUE KEY manifests_digest (digest)
    ) ${TEXT}`),
  '0123_manifest_details': statement(`
    CREATE TABLE IF NOT EXISTS manifest_details (
      manifest_id BIGINT UNSIGNED NOT NULL PRIMARY KEY,
      annotations MEDIUMTEXT NULL,
      labels MEDIUMTEXT NULL,
      history MEDIUMTEXT NULL
    ) ${TEXT}`),
  '0124_manifest_children': statement(`
    CREATE TABLE IF NOT EXISTS manifest_children (
      manifest_id BIGINT UNSIGNED NOT NULL,
      position SMALLINT UNSIGNED NOT NULL,
      digest VARCHAR(135) ${NAME} NOT NULL,
      media_type VARCHAR(255) ${NAME} NOT NULL,
      role VARCHAR(16) ${NAME} NOT NULL,
      artifact_type VARCHAR(255) NULL,${platform},
      PRIMARY KEY (manifest_id, position),
      KEY manifest_children_digest (digest)
    ) ${TEXT}`),
  '0125_manifest_labels': statement(`
    CREATE TABLE IF NOT EXISTS manifest_labels (
      manifest_id BIGINT UNSIGNED NOT NULL,
      name VARCHAR(255) NOT NULL,
      value VARCHAR(255) NOT NULL,
      PRIMARY KEY (manifest_id, name),
      KEY manifest_labels_name (name, value, manifest_id)
    ) ${TEXT}`),
  '0126_repository_manifests': statement(`
    CREATE TABLE IF NOT EXISTS repository_manifests (
      repository_id BIGINT UNSIGNED NOT NULL,
      manifest_id BIGINT UNSIGNED NOT NULL,
      subject_digest VARCHAR(135) ${NAME} NULL,
      tree_bytes BIGINT UNSIGNED NULL,
      pulled_at ${NEVER},
      created_at DATETIME(3) NOT NULL,
      missing_since DATETIME(3) NULL,
      PRIMARY KEY (repository_id, manifest_id),
      KEY repository_manifests_manifest (manifest_id),
      KEY repository_manifests_subject (repository_id, subject_digest, manifest_id)
    ) ${TEXT}`),
  '0127_blobs': statement(`
    CREATE TABLE IF NOT EXISTS blobs (
      id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
      digest VARCHAR(135) ${NAME} NOT NULL,
      size_bytes BIGINT UNSIGNED NOT NULL,
      UNIQUE KEY blobs_digest (digest)
    ) ${TEXT}`),
  '0128_repository_blobs': statement(`
    CREATE TABLE IF NOT EXISTS repository_blobs (
      repository_id BIGINT UNSIGNED NOT NULL,
      blob_id BIGINT UNSIGNED NOT NULL,
      created_at DATETIME(3) NOT NULL,
      PRIMARY KEY (repository_id, blob_id),
      KEY repository_blobs_blob (blob_id)
    ) ${TEXT}`),
}

const REMOVALS: Readonly<Record<string, Migration>> = {
  '0129_tag_removals_dummy': addIndex('tag_removals', 'tag_removals_dummy', ['dummy_digest']),
}

/** What the registry holds, as it was last read. */
export const IMAGES: Readonly<Record<string, Migration>> = {
  ...DIRTY,
  ...REPOSITORIES,
  ...TAGS,
  ...MANIFESTS,
  ...REMOVALS,
}
