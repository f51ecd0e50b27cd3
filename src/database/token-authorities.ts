import { databaseNow } from './clock.ts'
import type { Database } from './open-database.ts'
import { repeat } from './repeat.ts'

const LOOK_EVERY_MS = 1000

/** A certificate that the registry is to trust beside that of the authority in force. */
export interface TrustedAuthority {
  /** SHA-256 of the certificate, in hex. */
  readonly fingerprint: string
  /** PEM. */
  readonly certificate: string
  /** `next` is not in force yet, `old` not any more. */
  readonly state: 'next' | 'old'
  readonly changedAt: Date
}

export async function listTrustedAuthorities(
  database: Database,
): Promise<readonly TrustedAuthority[]> {
  const rows: readonly (Omit<TrustedAuthority, 'changedAt'> & { readonly changed_at: Date })[] =
    await database('token_authorities')
      .where('fingerprint', '>', '')
      .orderBy('fingerprint')
      .select('*')
  return rows.map(({ changed_at: changedAt, ...row }) => ({ ...row, changedAt }))
}

/** Writes one down, by the clock of the database. One that is there stays. */
export async function insertTrustedAuthority(
  transaction: Database,
  { fingerprint, certificate, state }: Omit<TrustedAuthority, 'changedAt'>,
): Promise<void> {
  await transaction('token_authorities')
    .insert({
      fingerprint,
      certificate,
      state,
      changed_at: databaseNow(transaction),
    })
    .onConflict('fingerprint')
    .ignore()
}

export async function removeTrustedAuthority(
  transaction: Database,
  fingerprint: string,
): Promise<boolean> {
  return (await transaction('token_authorities').where({ fingerprint }).delete()) === 1
}

export interface AuthorityWatch {
  /** Certificates as PEM, as they were known a second ago. */
  readonly certificates: () => readonly string[]
  /** @throws when the database does not answer */
  readonly look: () => Promise<void>
  /** @returns stops it */
  readonly start: () => () => Promise<void>
}

/** Follows which authorities are trusted beside ours: tokens of another process may be under one. */
export function createAuthorityWatch(database: Database): AuthorityWatch {
  let known: readonly string[] = []
  const look = async (): Promise<void> => {
    const found = (await listTrustedAuthorities(database)).map(({ certificate }) => certificate)
    if (found.join() !== known.join()) known = found
  }
  return {
    certificates: () => known,
    look,
    // A database that is away is told of by all others.
    start: () => repeat({ everyMs: LOOK_EVERY_MS, work: look, onFailure: () => undefined }),
  }
}
