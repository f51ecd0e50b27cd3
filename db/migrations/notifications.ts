import { type Migration, NAME, statement, TEXT } from './schema.ts'

/** The inbox of what registries tell. */
export const NOTIFICATIONS: Readonly<Record<string, Migration>> = {
  '0100_events': statement(`
    CREATE TABLE IF NOT EXISTS events (
      id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
      event_id VARCHAR(64) ${NAME} NOT NULL,
      received_at DATETIME(3) NOT NULL,
      happened_at DATETIME(3) NOT NULL,
      action VARCHAR(8) ${NAME} NOT NULL,
      content VARCHAR(8) ${NAME} NOT NULL,
      repository VARCHAR(255) ${NAME} NOT NULL,
      tag VARCHAR(128) ${NAME} NULL,
      digest VARCHAR(135) ${NAME} NULL,
      size_bytes BIGINT UNSIGNED NULL,
      method VARCHAR(8) ${NAME} NOT NULL,
      actor VARCHAR(255) ${NAME} NOT NULL,
      address VARCHAR(64) ${NAME} NOT NULL,
      applied_at DATETIME(3) NULL,
      UNIQUE KEY events_event (event_id),
      KEY events_applied (applied_at, id)
    ) ${TEXT}`),
  '0101_unreadable_events': statement(`
    CREATE TABLE IF NOT EXISTS unreadable_events (
      id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
      received_at DATETIME(3) NOT NULL,
      reason VARCHAR(255) NOT NULL,
      body TEXT NOT NULL,
      KEY unreadable_events_received (received_at)
    ) ${TEXT}`),
  '0102_event_sources': statement(`
    CREATE TABLE IF NOT EXISTS event_sources (
      address VARCHAR(128) ${NAME} NOT NULL PRIMARY KEY,
      seen_at DATETIME(3) NOT NULL,
      KEY event_sources_seen (seen_at)
    ) ${TEXT}`),
  '0103_pull_marks': statement(`
    CREATE TABLE IF NOT EXISTS pull_marks (
      key_hash CHAR(64) ${NAME} NOT NULL PRIMARY KEY,
      pulled_at DATETIME(3) NOT NULL,
      expires_at DATETIME(3) NOT NULL,
      KEY pull_marks_expires (expires_at)
    ) ${TEXT}`),
}
