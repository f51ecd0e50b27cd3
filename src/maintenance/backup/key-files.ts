import { rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { CertsConfig } from '../../config/read-config.ts'
import type { Installation } from '../../database/installation.ts'
import { makeFolder, readIfPresent, replaceFile } from '../../signing/atomic-file.ts'
import {
  discardPendingAuthority,
  parseAuthority,
  promotePendingAuthority,
  readAuthority,
  stagePendingAuthority,
} from '../../signing/token-authority.ts'
import { BackupError } from './backup-error.ts'
import type { BackupFile } from './records.ts'

/** A key that a restore put another one in place of. */
const ASIDE = '.before-restore'

const pathsOf = (certs: CertsConfig): Readonly<Record<BackupFile, string>> => ({
  authority: certs.authorityPath,
  nextAuthority: `${certs.authorityPath}.new`,
  auditKey: certs.auditKeyPath,
  bundle: certs.bundlePath,
})

/**
 * Reads the files that belong to a database. The audit key is not there before the first row was
 * sealed, the next authority only while one is being replaced.
 *
 * @throws BackupError when the authority is not the one of the database
 */
export async function readKeyFiles(
  certs: CertsConfig,
  { caFingerprint }: Pick<Installation, 'caFingerprint'>,
): Promise<ReadonlyMap<BackupFile, string>> {
  const authority = await readAuthority(certs.authorityPath)
  if (authority?.fingerprint !== caFingerprint) {
    throw new BackupError(
      `the token authority in ${certs.authorityPath} ${authority ? 'is another one' : 'is not there'}, but this database belongs to ${caFingerprint}; run this where the service has its keys`,
    )
  }
  const files = new Map<BackupFile, string>()
  for (const [file, path] of Object.entries(pathsOf(certs)) as [BackupFile, string][]) {
    const content = await readIfPresent(path)
    if (content !== undefined) files.set(file, content)
  }
  return files
}

export interface KeyPlan {
  readonly certs: CertsConfig
  readonly files: ReadonlyMap<BackupFile, string>
  readonly caFingerprint: string
  /** Whether keys of another installation may be put aside. */
  readonly replaces: boolean
}

async function differs(path: string, content: string | undefined): Promise<boolean> {
  const present = await readIfPresent(path)
  return content !== undefined && present !== undefined && present.trim() !== content.trim()
}

/**
 * Looks, before anything is changed, whether the restored database will find its keys.
 *
 * @throws BackupError when it would not, and where keys of another installation are in the way
 */
export async function checkKeys({ certs, files, caFingerprint, replaces }: KeyPlan): Promise<void> {
  const pem = files.get('authority')
  if (pem !== undefined && parseAuthority(pem, 'the backup').fingerprint !== caFingerprint) {
    throw new BackupError('the token authority in this backup is not the one of its database')
  }
  const present = await readAuthority(certs.authorityPath)
  if (present?.fingerprint === caFingerprint) return
  if (pem === undefined) {
    throw new BackupError(
      `this backup has no keys, and its database belongs to the token authority ${caFingerprint}, which is not in ${certs.authorityPath}; put its ca.pem there first`,
    )
  }
  const isInTheWay =
    present !== undefined || (await differs(certs.auditKeyPath, files.get('auditKey')))
  if (isInTheWay && !replaces) {
    throw new BackupError(
      `${dirname(certs.authorityPath)} has keys of another installation; move them away, or restore with --force, which puts them aside`,
    )
  }
}

async function putAside(path: string, content: string): Promise<void> {
  if (await differs(path, content)) await rename(path, `${path}${ASIDE}`)
}

/**
 * Puts the authority where a start brings it into force as soon as the database belongs to it.
 *
 * @returns false where it is in force already, or not in the backup
 */
export async function stageKeys({ certs, files, caFingerprint }: KeyPlan): Promise<boolean> {
  const pem = files.get('authority')
  const present = await readAuthority(certs.authorityPath)
  if (pem === undefined || present?.fingerprint === caFingerprint) return false
  await stagePendingAuthority(certs, pem)
  return true
}

export const unstageKeys = ({ certs }: KeyPlan): Promise<void> => discardPendingAuthority(certs)

/** Brings the keys into force, after the database was restored; what was there is put aside. */
export async function placeKeys(
  { certs, files, caFingerprint }: KeyPlan,
  now: Date,
): Promise<void> {
  const { auditKey: auditPath, authority: authorityPath, ...others } = pathsOf(certs)
  const pem = files.get('authority')
  if (pem !== undefined) await putAside(authorityPath, pem)
  await promotePendingAuthority(certs, { fingerprint: caFingerprint, now })
  const auditKey = files.get('auditKey')
  if (auditKey !== undefined) {
    await putAside(auditPath, auditKey)
    await makeFolder(dirname(auditPath), 0o700)
    await replaceFile({ path: auditPath, content: auditKey, mode: 0o600 })
  }
  const next = files.get('nextAuthority')
  if (next !== undefined)
    await replaceFile({ path: others.nextAuthority, content: next, mode: 0o600 })
  const bundle = files.get('bundle')
  if (bundle === undefined) return
  await makeFolder(dirname(others.bundle), 0o755)
  await replaceFile({ path: others.bundle, content: bundle, mode: 0o644 })
}
