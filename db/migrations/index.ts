import { ACCOUNTS } from './accounts.ts'
import { CREDENTIALS } from './credentials.ts'
import { FIRST_LIGHT } from './first-light.ts'
import type { Migration } from './schema.ts'
import { SETTINGS } from './settings.ts'

/** Every step of the schema by its name; they run in the order of their names. */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  ...FIRST_LIGHT,
  ...CREDENTIALS,
  ...SETTINGS,
  ...ACCOUNTS,
}
