import { type Migration, NAME, statement, TEXT } from './schema.ts'

/** Orders for a collector that is a service of its own, and what it prints. */
export const COLLECTOR: Readonly<Record<string, Migration>> = {
  '0207_collector_orders': statement(`
    CREATE TABLE IF NOT EXISTS collector_orders (
      id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
      kind VARCHAR(16) ${NAME} NOT NULL,
      epoch BIGINT UNSIGNED NOT NULL,
      limit_seconds INT UNSIGNED NOT NULL,
      state VARCHAR(16) ${NAME} NOT NULL,
      is_stopped TINYINT UNSIGNED NOT NULL DEFAULT 0,
      exit_code SMALLINT UNSIGNED NULL,
      created_at DATETIME(3) NOT NULL,
      taken_at DATETIME(3) NULL,
      heard_at DATETIME(3) NULL,
      ended_at DATETIME(3) NULL,
      KEY collector_orders_state (state, id),
      KEY collector_orders_created (created_at)
    ) ${TEXT}`),
  '0208_collector_output': statement(`
    CREATE TABLE IF NOT EXISTS collector_output (
      order_id BIGINT UNSIGNED NOT NULL,
      position BIGINT UNSIGNED NOT NULL,
      content MEDIUMBLOB NOT NULL,
      PRIMARY KEY (order_id, position)
    ) ${TEXT}`),
}
