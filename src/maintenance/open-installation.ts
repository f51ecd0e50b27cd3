import { randomUUID } from 'node:crypto'
import {
  type FirstAdministrator,
  insertFirstAdministrator,
  prepareFirstAdministrator,
} from '../accounts/create-first-administrator.ts'
import type { PasswordHasher } from '../accounts/password-hash.ts'
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
  readPendingAuthority,
  type TokenAuthority,
} from '../signing/token-authority.ts'
import { chosenPassword, createFirstPassword } from './first-password.ts'

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

async function openExisting(
  { config: { certs } }: OpenInstallationDeps,
  installation: Installation,
): Promise<OpenInstallation> {
  const pending = await readPendingAuthority(certs)
  if (pending?.fingerprint === installation.caFingerprint) await promotePendingAuthority(certs)
  const authority = await readAuthority(certs.authorityPath)
  if (authority?.fingerprint === installation.caFingerprint) return { installation, authority }
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
  const { username, password, passwordPath } = deps.config.administrator
  const first =
    password === undefined
      ? await createFirstPassword({ path: passwordPath, terminal: deps.terminal })
      : chosenPassword(password)
  const administrator = await prepareFirstAdministrator(deps.hasher, {
    username,
    password: first.password,
  })
  if (!(await claim(deps, authority, administrator))) {
    await first.discard()
    return false
  }
  await first.reveal(username)
  const where = deps.terminal === undefined ? passwordPath : 'the terminal'
  const passwordIn = password === undefined ? where : 'WARDEN_ADMIN_PASSWORD'
  deps.log({ username, passwordIn }, 'first administrator made')
  return true
}

/**
 * Opens this installation, or makes it at the very first start.
 *
 * The database remembers the fingerprint of its token authority: the first insert wins, makes the
 * first administrator, and everybody else must have that same authority (R2). A new authority comes
 * into force only after the database has taken it, so a crash in between leaves nothing to mend.
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
  if (!won && made.caFingerprint !== authority.fingerprint) await discardPendingAuthority(certs)
  return openExisting(deps, made)
}
