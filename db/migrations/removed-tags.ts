import { addIndex, type Migration, NAME, statement, TEXT } from './schema.ts'

/** What pushes may have been lost to a removal that nothing held them up for. */
export const REMOVED_TAGS: Readonly<Record<string, Migration>> = {
  '0221_events_by_tag': addIndex('events', 'events_tag', ['repository', 'tag', 'id']),
  '0222_removed_tags': statement(`
    CREATE TABLE IF NOT EXISTS removed_tags (
      id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
      repository VARCHAR(255) ${NAME} NOT NULL,
      tag VARCHAR(128) ${NAME} NOT NULL,
      digest VARCHAR(136) ${NAME} NOT NULL,
      dummy_digest VARCHAR(136) ${NAME} NOT NULL,
      begun_at DATETIME(3) NOT NULL,
      ended_at DATETIME(3) NULL,
      is_over TINYINT UNSIGNED NOT NULL DEFAULT 0,
      due_at DATETIME(3) NULL,
      marks INT UNSIGNED NOT NULL DEFAULT 0,
      tries INT UNSIGNED NOT NULL DEFAULT 0,
      restored_digest VARCHAR(136) ${NAME} NULL,
      restored_at DATETIME(3) NULL,
      KEY removed_tags_tag (repository, tag, id),
      KEY removed_tags_dummy (dummy_digest),
      KEY removed_tags_due (due_at),
      KEY removed_tags_begun (begun_at)
    ) ${TEXT}`),
}
