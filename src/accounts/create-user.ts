import { type AuditEntry, recordAudit } from '../audit/record.ts'
import { isDuplicateKey } from '../database/database-error.ts'
import type { Database } from '../database/open-database.ts'
import { inTransaction } from '../database/transaction.ts'
import { AppError } from '../errors.ts'
import type { Caller } from '../http/caller.ts'
import type { Keep } from '../http/once.ts'
import type { PasswordHasher } from './password-hash.ts'
import { requireGoodPassword } from './password-rules.ts'
import { findUser, insertUser } from './queries.ts'
import { type RequireSystem, refreshCaller } from './refresh-caller.ts'
import { requireWholeCredential } from './require-whole-credential.ts'
import type { NewUser, User } from './types.ts'

/** Makes the project of a new user, in the same transaction. @throws AppError NAME_TAKEN (409) */
export type MakePersonalProject = (
  transaction: Database,
  input: {
    readonly owner: Pick<User, 'id' | 'username'>
    readonly now: Date
    readonly audit: (entry: AuditEntry) => Promise<void>
  },
) => Promise<void>

/**
 * Looks, before anything is written, whether a new user is to get a project of the same name.
 *
 * @returns undefined where they are not
 * @throws AppError REQUEST_INVALID (400) or CONFLICT (409) where they should and cannot
 */
export type PlanPersonalProject = (username: string) => Promise<MakePersonalProject | undefined>

/** What every new account needs. */
export interface InsertAccountDeps {
  readonly database: Database
  readonly now: () => Date
  readonly planPersonalProject: PlanPersonalProject
}

export interface CreateUserDeps extends InsertAccountDeps {
  readonly hasher: PasswordHasher
  readonly requireSystem: RequireSystem
}

export interface NewAccount {
  readonly user: NewUser
  readonly action: 'user.create' | 'user.register' | 'user.import' | 'user.meet'
  /** Checks once more, inside the transaction, who asks for it. */
  readonly check: (transaction: Database) => Promise<void>
  readonly audit: (transaction: Database, entry: AuditEntry) => Promise<void>
  readonly keep?: Keep<User> | undefined
}

/** Who sends no credentials has this name in the audit record and in answers of `explain`. */
const NOBODY = 'anonymous'

/**
 * Makes the row, its audit row and, where that is set, a project of the same name, all or nothing. A
 * new account changes no right of anybody, so the change version stays.
 *
 * @throws AppError NAME_TAKEN (409), and what `PlanPersonalProject` throws
 */
export async function insertAccount(
  { database, now, planPersonalProject }: InsertAccountDeps,
  { user, action, check, audit, keep }: NewAccount,
): Promise<User> {
  if (user.username === NOBODY) {
    throw new AppError('NAME_TAKEN', {
      detail: `the user name ${NOBODY} is taken: it stands for requests without credentials`,
    })
  }
  const makePersonalProject = await planPersonalProject(user.username)
  try {
    return await inTransaction(database, async (transaction) => {
      await check(transaction)
      await insertUser(transaction, { ...user, now: now() })
      const record = (entry: AuditEntry): Promise<void> => audit(transaction, entry)
      await record({ action, target: user.username, outcome: 'done' })
      const created = await findUser(transaction, user.username)
      if (created === undefined) throw new Error('the new user is not there')
      await makePersonalProject?.(transaction, { owner: created, now: now(), audit: record })
      await keep?.(transaction, created)
      return created
    })
  } catch (error) {
    if (!isDuplicateKey(error)) throw error
    throw new AppError('NAME_TAKEN', { detail: `the user name ${user.username} is taken` })
  }
}

/**
 * Makes a local account.
 *
 * @throws AppError as `insertAccount`, PASSWORD_REFUSED (400), BUSY (503)
 * @throws AppError DENIED (403) for a system role by an access token that gives less or ends
 * @throws AppError NAME_TAKEN (409) also when the account of that name was deleted
 */
export async function createUser(
  deps: CreateUserDeps,
  {
    caller,
    user,
    password,
    keep,
  }: {
    readonly caller: Caller
    readonly user: Omit<NewUser, 'passwordHash'>
    readonly password: string
    readonly keep?: Keep<User>
  },
): Promise<User> {
  if (user.systemRole !== undefined) requireWholeCredential(caller)
  requireGoodPassword(password, user.username)
  const passwordHash = await deps.hasher.hash(password, caller.origin.address)
  return insertAccount(deps, {
    user: { ...user, passwordHash },
    action: 'user.create',
    check: async (transaction) =>
      deps.requireSystem(await refreshCaller(transaction, caller), 'user:write'),
    audit: (transaction, entry) => recordAudit(transaction, caller, entry),
    keep,
  })
}
