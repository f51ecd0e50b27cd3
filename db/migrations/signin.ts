import { addColumn, type Migration, NAME, statement, TEXT } from './schema.ts'

/** What is remembered of sign-ins by password, for the throttle. */
export const SIGN_IN: Readonly<Record<string, Migration>> = {
  '0015_sign_in_failures': statement(`
    CREATE TABLE IF NOT EXISTS sign_in_failures (
      network VARCHAR(32) ${NAME} NOT NULL,
      account CHAR(43) ${NAME} NOT NULL,
      failures DOUBLE NOT NULL,
      last_attempt CHAR(4) ${NAME} NOT NULL,
      failed_at DATETIME(3) NOT NULL,
      PRIMARY KEY (network, account),
      KEY sign_in_failures_failed (failed_at)
    ) ${TEXT}`),
  '0016_sign_in_networks': statement(`
    CREATE TABLE IF NOT EXISTS sign_in_networks (
      user_id BIGINT UNSIGNED NOT NULL,
      network VARCHAR(32) ${NAME} NOT NULL,
      signed_in_at DATETIME(3) NOT NULL,
      PRIMARY KEY (user_id, network),
      KEY sign_in_networks_signed_in (signed_in_at)
    ) ${TEXT}`),
}

/** Which password a network is known by. */
export const SIGN_IN_EPOCHS: Readonly<Record<string, Migration>> = {
  '0051_sign_in_networks_epoch': addColumn(
    'sign_in_networks',
    'sign_in_epoch',
    'INT UNSIGNED NOT NULL DEFAULT 1 AFTER network',
  ),
}
