import { createHash } from 'node:crypto'

/** Accounts and groups that are kept here; all others follow the source that they come from. */
export const LOCAL = 'local'

/** Accounts and groups of the directory. */
export const LDAP = 'ldap'

/** A source of accounts beside this service. */
export interface AccountSource {
  readonly name: string
  /**
   * The id that an account of it is kept under.
   *
   * @param subject the person's id as the source shows it: `sub`, entryUUID or objectGUID
   */
  readonly externalIdOf: (subject: string) => string
}

/**
 * The id of a person at an issuer: of both, so that a name that is given to another issuer later
 * finds none of the accounts of the first (R8).
 */
export const externalIdOfSubject = (issuer: string, subject: string): string =>
  createHash('sha256')
    .update(JSON.stringify([issuer, subject]))
    .digest('base64url')
