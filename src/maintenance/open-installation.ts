import { randomUUID } from 'node:crypto'
import {
  type FirstAdministrator,
  insertFirstAdministrator,
  prepareFirstAdministrator,
} from '../accounts/create-first-administrator.ts'
import type { PasswordHasher } from '../accounts/password-hash.ts'
import { findUserWithPassword } from '../accounts/queries.ts'
import { recordActorAudit } from '../audit/record.ts'
import type { Config } from '../config/read-config.ts'
import { insertChangeVersion } from '../database/change-version.ts'
import {
  findInstallation,
  type Installation,
  insertInstallation,
} from '../database/installation.ts'
import type { Database } from '../database/open-database.ts'
import { inTransaction } from '../database/transaction.ts'
import { insertLibrary } from '../projects/create-project.ts'
import {
  discardPendingAuthority,
  preparePendingAuthority,
  promotePendingAuthority,
  readAuthority,
  type TokenAuthority,
} from '../signing/token-authority.ts'
import {
  discardPendingPassword,
  preparePendingPassword,
  readPendingPassword,
  removePasswordLeftovers,
  revealFirstPassword,
} from './first-password.ts'

export interface OpenInstallationDeps {
  readonly database: Database
  readonly hasher: PasswordHasher
  readonly config: Pick<Config, 'certs' | 'administrator'>
  readonly now: () => Date
  readonly log: (fields: object, message: string) => void
  readonly terminal: ((text: string) => void) | undefined
}

export interface OpenInstallationInput {
  /** Takes a token authority that is there already for an empty database. */
  readonly force: boolean
}

/** A start that must not go on: the files and the database do not belong together. */
export class InstallationError extends Error {
  override readonly name = 'InstallationError'
}

export interface OpenInstallation {
  readonly installation: Installation
  readonly authority: TokenAuthority
}

/**
 * A start may have been killed after the database took its password and before anybody was told:
 * the stored hash knows. A password that does not fit it is of a start that lost, or no longer valid.
 */
async function settleFirstPassword(deps: OpenInstallationDeps): Promise<void> {
  const { username, passwordPath: path } = deps.config.administrator
  const password = await readPendingPassword(path)
  if (password === undefined) return
  const administrator = await findUserWithPassword(deps.database, username)
  if (administrator === undefined) {
    const message =
      'a first password waits, but there is no such user; set WARDEN_ADMIN_USER to the name of the first start, or remove the file'
    return deps.log({ username, file: `${path}.new` }, message)
  }
  if (!(await deps.hasher.verify(administrator.passwordHash, password))) {
    return discardPendingPassword(path)
  }
  const place = { path, terminal: deps.terminal }
  const passwordIn = await revealFirstPassword(place, { username, password })
  deps.log({ username, passwordIn }, 'first password of a start that did not end')
}

async function openExisting(
  deps: OpenInstallationDeps,
  installation: Installation,
): Promise<OpenInstallation> {
  const { certs, administrator } = deps.config
  await promotePendingAuthority(certs, { fingerprint: installation.caFingerprint, now: deps.now() })
  const authority = await readAuthority(certs.authorityPath)
  if (authority?.fingerprint === installation.caFingerprint) {
    await settleFirstPassword(deps)
    await removePasswordLeftovers(administrator.passwordPath, deps.now())
    return { installation, authority }
  }
  const found = authority ? `is ${authority.fingerprint}` : 'is not there'
  throw new InstallationError(
    `the token authority in ${certs.authorityPath} ${found}, but this database belongs to ${installation.caFingerprint}; copy ca.pem from another replica or from a backup, or use another database`,
  )
}

async function claim(
  { database, now }: OpenInstallationDeps,
  authority: TokenAuthority,
  administrator: FirstAdministrator,
): Promise<boolean> {
  const createdAt = now()
  return inTransaction(database, async (transaction) => {
    const won = await insertInstallation(transaction, {
      installationId: randomUUID(),
      caFingerprint: authority.fingerprint,
      leafEpoch: 1,
      createdAt,
    })
    if (!won) return false
    await insertChangeVersion(transaction)
    await insertFirstAdministrator(transaction, administrator, createdAt)
    await insertLibrary(transaction, createdAt)
    await recordActorAudit(
      transaction,
      { actorName: 'warden$system' },
      { action: 'installation.create', target: authority.fingerprint, outcome: 'done' },
    )
    return true
  })
}

async function makeFirst(deps: OpenInstallationDeps, authority: TokenAuthority): Promise<boolean> {
  const { username, password: chosen, passwordPath: path } = deps.config.administrator
  const password = chosen ?? (await preparePendingPassword(path))
  const administrator = await prepareFirstAdministrator(deps.hasher, { username, password })
  if (!(await claim(deps, authority, administrator))) return false
  const place = { path, terminal: deps.terminal }
  // One that its administrator chose is shown to nobody.
  const passwordIn =
    chosen === undefined
      ? await revealFirstPassword(place, { username, password })
      : 'WARDEN_ADMIN_PASSWORD'
  deps.log({ username, passwordIn }, 'first administrator made')
  return true
}

/**
 * Opens this installation, or makes it at the very first start.
 *
 * The database remembers the fingerprint of its token authority: the first insert wins, makes the
 * first administrator, and everybody else must have that same authority (R2). A new authority comes
 * into force only after the database has taken it, and the first password waits in a file until it
 * was told, so a crash in between leaves nothing to mend.
 *
 * @throws InstallationError when the authority is another one, or is there before an empty database
 * @throws AppError PASSWORD_REFUSED when the configured first password is a known weak one
 */
export async function openInstallation(
  deps: OpenInstallationDeps,
  { force }: OpenInstallationInput,
): Promise<OpenInstallation> {
  const { certs } = deps.config
  const installation = await findInstallation(deps.database)
  if (installation !== undefined) return openExisting(deps, installation)
  const present = await readAuthority(certs.authorityPath)
  if (present !== undefined && !force) {
    throw new InstallationError(
      `the database is empty, but there is a token authority in ${certs.authorityPath} already; if the database was lost, restore it; to begin anew with this authority, run: warden init --force`,
    )
  }
  const authority = present ?? (await preparePendingAuthority(certs, deps.now()))
  const won = await makeFirst(deps, authority)
  const made = await findInstallation(deps.database)
  if (made === undefined) throw new Error('the installation that was just made is not there')
  if (!won && made.caFingerprint !== authority.fingerprint) {
    await discardPendingAuthority(certs)
    await settleFirstPassword(deps)
  }
  return openExisting(deps, made)
}
