import { type Migration, NAME, statement, TEXT } from './schema.ts'

/** The tables of the first version. */
export const FIRST_LIGHT: Readonly<Record<string, Migration>> = {
  '0001_change_version': statement(`
    CREATE TABLE IF NOT EXISTS change_version (
      id TINYINT UNSIGNED NOT NULL PRIMARY KEY,
      epoch CHAR(32) ${NAME} NOT NULL,
      counter BIGINT UNSIGNED NOT NULL
    ) ${TEXT}`),
  '0002_installation': statement(`
    CREATE TABLE IF NOT EXISTS installation (
      id TINYINT UNSIGNED NOT NULL PRIMARY KEY,
      installation_id CHAR(36) ${NAME} NOT NULL,
      ca_fingerprint CHAR(64) ${NAME} NOT NULL,
      leaf_epoch INT UNSIGNED NOT NULL,
      created_at DATETIME(3) NOT NULL
    ) ${TEXT}`),
  '0003_users': statement(`
    CREATE TABLE IF NOT EXISTS users (
      id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
      username VARCHAR(64) ${NAME} NOT NULL,
      source VARCHAR(64) ${NAME} NOT NULL,
      external_id VARCHAR(255) ${NAME} NULL,
      email VARCHAR(254) NULL,
      display_name VARCHAR(128) NULL,
      system_role VARCHAR(16) ${NAME} NULL,
      password_hash VARCHAR(255) ${NAME} NULL,
      disabled_at DATETIME(3) NULL,
      deleted_at DATETIME(3) NULL,
      version INT UNSIGNED NOT NULL,
      created_at DATETIME(3) NOT NULL,
      updated_at DATETIME(3) NOT NULL,
      UNIQUE KEY users_username (username),
      UNIQUE KEY users_identity (source, external_id)
    ) ${TEXT}`),
  '0004_projects': statement(`
    CREATE TABLE IF NOT EXISTS projects (
      id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
      name VARCHAR(64) ${NAME} NOT NULL,
      visibility VARCHAR(8) ${NAME} NOT NULL,
      version INT UNSIGNED NOT NULL,
      created_at DATETIME(3) NOT NULL,
      updated_at DATETIME(3) NOT NULL,
      UNIQUE KEY projects_name (name)
    ) ${TEXT}`),
  '0005_members': statement(`
    CREATE TABLE IF NOT EXISTS members (
      id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
      project_id BIGINT UNSIGNED NOT NULL,
      member_kind VARCHAR(8) ${NAME} NOT NULL,
      member_id BIGINT UNSIGNED NOT NULL,
      role VARCHAR(16) ${NAME} NOT NULL,
      repositories JSON NULL,
      expires_at DATETIME(3) NULL,
      created_at DATETIME(3) NOT NULL,
      updated_at DATETIME(3) NOT NULL,
      UNIQUE KEY members_project_member (project_id, member_kind, member_id),
      KEY members_member (member_kind, member_id, project_id)
    ) ${TEXT}`),
  '0006_audit': statement(`
    CREATE TABLE IF NOT EXISTS audit (
      id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
      time DATETIME(3) NOT NULL,
      actor_id BIGINT UNSIGNED NULL,
      actor_name VARCHAR(128) ${NAME} NOT NULL,
      on_behalf_of VARCHAR(128) ${NAME} NULL,
      action VARCHAR(64) ${NAME} NOT NULL,
      target VARCHAR(400) NOT NULL,
      project VARCHAR(64) ${NAME} NULL,
      outcome VARCHAR(16) ${NAME} NOT NULL,
      address VARCHAR(45) ${NAME} NULL,
      user_agent VARCHAR(255) NULL,
      request_id VARCHAR(64) ${NAME} NULL,
      KEY audit_time (time, id),
      KEY audit_actor (actor_name, time, id),
      KEY audit_project (project, time, id),
      KEY audit_action (action, time, id)
    ) ${TEXT}`),
  '0007_replicas': statement(`
    CREATE TABLE IF NOT EXISTS replicas (
      id CHAR(36) ${NAME} NOT NULL PRIMARY KEY,
      version VARCHAR(32) ${NAME} NOT NULL,
      leaf_fingerprint CHAR(64) ${NAME} NOT NULL,
      leaf_epoch INT UNSIGNED NOT NULL,
      leaf_not_before DATETIME(3) NOT NULL,
      leaf_not_after DATETIME(3) NOT NULL,
      started_at DATETIME(3) NOT NULL,
      seen_at DATETIME(3) NOT NULL,
      KEY replicas_seen (seen_at)
    ) ${TEXT}`),
  '0008_tag_removals': statement(`
    CREATE TABLE IF NOT EXISTS tag_removals (
      id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
      repository VARCHAR(255) ${NAME} NOT NULL,
      tag VARCHAR(128) ${NAME} NOT NULL,
      digest VARCHAR(136) ${NAME} NOT NULL,
      media_type VARCHAR(128) ${NAME} NOT NULL,
      manifest MEDIUMBLOB NOT NULL,
      dummy_digest VARCHAR(136) ${NAME} NOT NULL,
      actor_id BIGINT UNSIGNED NULL,
      actor_name VARCHAR(128) ${NAME} NOT NULL,
      holder CHAR(36) ${NAME} NOT NULL,
      expires_at DATETIME(3) NOT NULL,
      created_at DATETIME(3) NOT NULL,
      UNIQUE KEY tag_removals_tag (repository, tag),
      KEY tag_removals_expires (expires_at)
    ) ${TEXT}`),
  '0009_changes': statement(`
    CREATE TABLE IF NOT EXISTS changes (
      id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
      counter BIGINT UNSIGNED NOT NULL,
      kind VARCHAR(16) ${NAME} NOT NULL,
      subject_id BIGINT UNSIGNED NOT NULL,
      KEY changes_counter (counter)
    ) ${TEXT}`),
}
