import type { Database } from './open-database.ts'

const ROW = 1

/** What makes one installation one: a single row, made by the very first start. */
export interface Installation {
  readonly installationId: string
  /** SHA-256 of the token authority's certificate, in hex. */
  readonly caFingerprint: string
  /** Raised by `warden keys renew`: every replica then makes itself a new signing leaf. */
  readonly leafEpoch: number
  readonly createdAt: Date
}

export async function findInstallation(database: Database): Promise<Installation | undefined> {
  const row = await database('installation')
    .where({ id: ROW })
    .first('installation_id', 'ca_fingerprint', 'leaf_epoch', 'created_at')
  return (
    row && {
      installationId: row.installation_id,
      caFingerprint: row.ca_fingerprint,
      leafEpoch: row.leaf_epoch,
      createdAt: row.created_at,
    }
  )
}

/** @returns false when another process made the installation first; then nothing is changed */
export async function insertInstallation(
  database: Database,
  installation: Installation,
): Promise<boolean> {
  const result = await database.raw(
    `INSERT IGNORE INTO installation (id, installation_id, ca_fingerprint, leaf_epoch, created_at)
     VALUES (?, ?, ?, ?, ?)`,
    [
      ROW,
      installation.installationId,
      installation.caFingerprint,
      installation.leafEpoch,
      installation.createdAt,
    ],
  )
  return result[0].affectedRows === 1
}

/** @returns false where the database belongs to another authority than the one before by now */
export async function replaceFingerprint(
  transaction: Database,
  { before, after }: { readonly before: string; readonly after: string },
): Promise<boolean> {
  const replaced = await transaction('installation')
    .where({ id: ROW, ca_fingerprint: before })
    .update({ ca_fingerprint: after })
  return replaced === 1
}

export async function findLeafEpoch(database: Database): Promise<number | undefined> {
  const row = await database('installation').where({ id: ROW }).first('leaf_epoch')
  return row?.leaf_epoch
}

export async function raiseLeafEpoch(database: Database): Promise<void> {
  await database('installation').where({ id: ROW }).increment('leaf_epoch', 1)
}
