import { recordActorAudit } from '../audit/record.ts'
import { AppError } from '../errors.ts'
import { type InsertAccountDeps, insertAccount } from './create-user.ts'
import { faultOfImportedHash } from './hash-forms.ts'
import { findUser } from './queries.ts'
import { normalizeUsername } from './username.ts'

/** One line of an htpasswd file that stands for a user. */
export interface HtpasswdLine {
  /** From 1. */
  readonly line: number
  readonly text: string
}

/** What became of a line. `present`: the user was there already and was not touched. */
export interface ImportedLine {
  readonly line: number
  /** As it stands in the file, where it has one. */
  readonly name: string
  readonly outcome: 'taken' | 'present' | 'refused'
  /** Why it was refused, for a person; never any of the hash. */
  readonly reason: string | undefined
}

export interface ImportUsersDeps extends InsertAccountDeps {
  readonly isDryRun: boolean
}

/** Comments and empty lines stand for nobody. */
export function readHtpasswd(text: string): readonly HtpasswdLine[] {
  return text
    .split(/\r?\n/)
    .map((line, index) => ({ line: index + 1, text: line.trim() }))
    .filter((line) => line.text !== '' && !line.text.startsWith('#'))
}

const MOST_SHOWN = 64

interface ReadLine {
  readonly line: number
  readonly name: string
  readonly username: string | undefined
  readonly hash: string
  readonly fault: string | undefined
}

function readLine({ line, text }: HtpasswdLine): ReadLine {
  const colon = text.indexOf(':')
  if (colon < 1) {
    return { line, name: '', username: undefined, hash: '', fault: 'is not name:hash' }
  }
  const name = text.slice(0, colon)
  const hash = text.slice(colon + 1)
  const username = normalizeUsername(name)
  const fault =
    username === undefined
      ? 'the name is no user name: 1 to 64 letters, digits or . _ @ + - are'
      : faultOfImportedHash(hash)
  return { line, name: name.slice(0, MOST_SHOWN), username, hash, fault }
}

const insertImported = (
  deps: ImportUsersDeps,
  username: string,
  passwordHash: string,
): Promise<unknown> =>
  insertAccount(deps, {
    user: {
      username,
      passwordHash,
      email: undefined,
      displayName: undefined,
      systemRole: undefined,
    },
    action: 'user.import',
    check: async () => undefined,
    audit: (transaction, entry) =>
      recordActorAudit(transaction, { actorName: 'warden$system' }, entry),
  })

async function importLine(deps: ImportUsersDeps, read: ReadLine): Promise<ImportedLine> {
  const { line, name, username, hash, fault } = read
  const refused = (reason: string): ImportedLine => ({ line, name, outcome: 'refused', reason })
  if (fault !== undefined || username === undefined) return refused(fault ?? 'is no user')
  if ((await findUser(deps.database, username)) !== undefined) {
    return { line, name, outcome: 'present', reason: undefined }
  }
  try {
    if (!deps.isDryRun) await insertImported(deps, username, hash)
    return { line, name, outcome: 'taken', reason: undefined }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return refused(error.message)
  }
}

/**
 * Takes users over from a registry's htpasswd, with the passwords that they have. Every line is a
 * transaction of its own, and who is there already is not touched: an import that was interrupted is
 * simply run again.
 */
export async function* importUsers(
  deps: ImportUsersDeps,
  lines: readonly HtpasswdLine[],
): AsyncGenerator<ImportedLine> {
  const seen = new Map<string, number>()
  for (const read of lines.map(readLine)) {
    const { line, name, username } = read
    const earlier = username === undefined ? undefined : seen.get(username)
    if (earlier !== undefined) {
      const reason = `line ${earlier} has the same name, in upper or lower case`
      yield { line, name, outcome: 'refused', reason }
      continue
    }
    if (username !== undefined) seen.set(username, line)
    yield await importLine(deps, read)
  }
}
