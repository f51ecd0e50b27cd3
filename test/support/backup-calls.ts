import { listMigrations } from '../../src/database/migrate.ts'
import type { Database } from '../../src/database/open-database.ts'
import * as authorities from '../../src/database/token-authorities.ts'
import * as restores from '../../src/images/restore-queries.ts'
import * as backups from '../../src/maintenance/backup/queries.ts'

const HOUR_AGO = new Date(Date.now() - 3_600_000)
const FINGERPRINT = 'f'.padEnd(64, '0')

/** What a restore and a rotation of the authority leave: few rows, of which one is looked at. */
export const BACKUP_TABLES = {
  restores: Array.from({ length: 500 }, (_, n) => ({
    id: n + 1,
    backup_at: HOUR_AGO,
    restored_at: HOUR_AGO,
  })),
  token_authorities: [
    { fingerprint: FINGERPRINT, certificate: 'x', state: 'old', changed_at: HOUR_AGO },
    { fingerprint: '1'.repeat(64), certificate: 'x', state: 'next', changed_at: HOUR_AGO },
  ],
}

/** Every function of backups, restores and rotations that answers while requests wait. */
export const BACKUP_CALLS: Readonly<Record<string, (database: Database) => Promise<unknown>>> = {
  'images/restore-queries.ts#insertRestore': (db) => restores.insertRestore(db, HOUR_AGO),
  'images/restore-queries.ts#findLastRestore': (db) => restores.findLastRestore(db),
  'images/restore-queries.ts#isReconciledSince': (db) => restores.isReconciledSince(db, HOUR_AGO),
  'images/restore-queries.ts#confirmRestore': (db) =>
    restores.confirmRestore(db, { id: 7, by: 'admin' }),
  'database/token-authorities.ts#listTrustedAuthorities': (db) =>
    authorities.listTrustedAuthorities(db),
  'database/token-authorities.ts#insertTrustedAuthority': (db) =>
    authorities.insertTrustedAuthority(db, {
      fingerprint: '2'.repeat(64),
      certificate: 'x',
      state: 'next',
    }),
  'database/token-authorities.ts#removeTrustedAuthority': (db) =>
    authorities.removeTrustedAuthority(db, FINGERPRINT),
  'database/migrate.ts#listMigrations': (db) => listMigrations(db),
  'maintenance/backup/queries.ts#listCredentials': (db) => backups.listCredentials(db, 100),
}

const BY_NATURE = 'reads or writes a table to its end, where no request waits: backup and restore'

export const BACKUP_NOT_CALLED: Readonly<Record<string, string>> = {
  'database/migrate.ts#isKnownMigration': 'looks into a list',
  'database/migrate.ts#isMigrating': 'asks isLeaseTaken',
  'database/migrate.ts#whileMigrating': 'runs at a start, on the list of migrations',
  'database/token-authorities.ts#createAuthorityWatch': 'calls listTrustedAuthorities',
  'maintenance/backup/queries.ts#hasTable': 'asks about the schema',
  'maintenance/backup/queries.ts#findShape': 'asks about the schema',
  'maintenance/backup/queries.ts#raiseNextId': 'changes the schema',
  'maintenance/backup/queries.ts#countRows': BY_NATURE,
  'maintenance/backup/queries.ts#streamRows': BY_NATURE,
  'maintenance/backup/queries.ts#inSnapshot': BY_NATURE,
  'maintenance/backup/queries.ts#inRestore': BY_NATURE,
  'maintenance/backup/queries.ts#emptyTable': BY_NATURE,
  'maintenance/backup/queries.ts#insertCells': BY_NATURE,
  'maintenance/backup/queries.ts#forgetMigrations': BY_NATURE,
}
