import { ACCOUNTS } from './accounts.ts'
import { ACTING } from './acting.ts'
import { AUDIT } from './audit.ts'
import { COLLECTIONS } from './collections.ts'
import { COLLECTOR } from './collector.ts'
import { CREDENTIALS } from './credentials.ts'
import { FIRST_LIGHT } from './first-light.ts'
import { HOLDS } from './holds.ts'
import { HTTP } from './http.ts'
import { IMAGES } from './images.ts'
import { JOBS } from './jobs.ts'
import { LISTS } from './lists.ts'
import { NOTIFICATIONS } from './notifications.ts'
import { PASSWORD_RESET } from './password-reset.ts'
import { POLICIES } from './policies.ts'
import { PROJECTS } from './projects.ts'
import { RECONCILE } from './reconcile.ts'
import { MANIFEST_REMOVALS, REMOVAL_RIGHTS, REMOVALS } from './removals.ts'
import { REMOVED_TAGS } from './removed-tags.ts'
import { RESTORES } from './restores.ts'
import { RETENTION } from './retention.ts'
import type { Migration } from './schema.ts'
import { SEARCH } from './search.ts'
import { SETTINGS } from './settings.ts'
import { SIGN_IN, SIGN_IN_EPOCHS } from './signin.ts'
import { SOURCES } from './sources.ts'

/** Every step of the schema by its name; they run in the order of their names. */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  ...FIRST_LIGHT,
  ...CREDENTIALS,
  ...SIGN_IN,
  ...AUDIT,
  ...HTTP,
  ...SETTINGS,
  ...ACCOUNTS,
  ...PROJECTS,
  ...SIGN_IN_EPOCHS,
  ...LISTS,
  ...SOURCES,
  ...JOBS,
  ...PASSWORD_RESET,
  ...ACTING,
  ...NOTIFICATIONS,
  ...IMAGES,
  ...RECONCILE,
  ...SEARCH,
  ...HOLDS,
  ...POLICIES,
  ...RETENTION,
  ...REMOVALS,
  ...COLLECTIONS,
  ...REMOVAL_RIGHTS,
  ...COLLECTOR,
  ...MANIFEST_REMOVALS,
  ...REMOVED_TAGS,
  ...RESTORES,
}
