import type { CachedUsers } from '../accounts/cached-users.ts'
import type { PasswordHasher } from '../accounts/password-hash.ts'
import { LONGEST_PASSWORD } from '../accounts/password-rules.ts'
import type { UserWithPassword } from '../accounts/types.ts'
import type { UpgradeHash } from '../accounts/upgrade-hash.ts'
import { toUserSubject } from '../accounts/user-subject.ts'
import { normalizeUsername } from '../accounts/username.ts'
import { databaseAway } from '../database/database-error.ts'
import type { VersionWatch } from '../database/version-watch.ts'
import type { BasicCredentials } from '../http/caller.ts'
import type { Subject } from '../protocol/subject.ts'
import type { FamiliarNetworks } from './familiar-networks.ts'
import type { ProvenCache } from './proven-cache.ts'
import { disabledAccount, wrongPassword } from './refusals.ts'
import type { SignInThrottle, Standing } from './throttle.ts'

export interface RecognizeDeps {
  readonly users: CachedUsers
  readonly proven: ProvenCache
  readonly now: () => Date
}

export interface SignInDeps extends RecognizeDeps {
  readonly watch: VersionWatch
  readonly hasher: PasswordHasher
  readonly familiar: FamiliarNetworks
  readonly throttle: SignInThrottle
  readonly upgradeHash: UpgradeHash
}

export interface PasswordSignIn extends BasicCredentials {
  /** Where the client comes from. */
  readonly address: string
}

function userIfProven(
  proven: ProvenCache,
  user: UserWithPassword | undefined,
  secret: string,
): UserWithPassword | undefined {
  if (user?.passwordHash === undefined || user.disabled) return undefined
  return proven.isProven(user.passwordHash, secret) ? user : undefined
}

function recognizeUser(
  { users, proven }: RecognizeDeps,
  { username, secret }: BasicCredentials,
): UserWithPassword | undefined {
  const name = normalizeUsername(username)
  return name === undefined ? undefined : userIfProven(proven, users.peek(name), secret)
}

/**
 * The subject of credentials that were proven before, from memory alone.
 *
 * @returns undefined for all others, which says nothing against them
 */
export function recognizePassword(
  deps: RecognizeDeps,
  credentials: BasicCredentials,
): Subject | undefined {
  const user = recognizeUser(deps, credentials)
  return user && toUserSubject(user, deps.now())
}

/**
 * While the database is away, who was proven before goes on for the grace. Nobody else is told
 * anything: neither could be written down that a password was wrong, nor how often.
 *
 * @throws AppError UNAVAILABLE (503)
 */
async function recognizeInGrace(
  { users, proven, now }: RecognizeDeps,
  { username, secret }: BasicCredentials,
): Promise<Subject> {
  const user = await users.read(normalizeUsername(username) ?? '')
  const known = userIfProven(proven, user, secret)
  if (known !== undefined) return toUserSubject(known, now())
  throw databaseAway()
}

/**
 * @returns whether the password is that of the account
 * @throws AppError SIGN_IN_THROTTLED (429), BUSY (503)
 */
async function provePassword(
  { proven, hasher, familiar, throttle }: SignInDeps,
  { username, secret, address }: PasswordSignIn,
  { user, standing }: { readonly user: UserWithPassword | undefined; readonly standing: Standing },
): Promise<boolean> {
  const hash = secret.length > LONGEST_PASSWORD ? undefined : user?.passwordHash
  const password = secret.slice(0, LONGEST_PASSWORD)
  // A wrong proof of an unknown name is remembered by that name: the same work, once.
  const fact = hash ?? `nobody ${username}`
  const isFamiliar =
    user !== undefined &&
    (standing.record.signedInAt !== undefined || familiar.isFamiliar(user, address))
  const isFree = isFamiliar || proven.isKnown(fact, password)
  if (!isFree && throttle.admit(standing) === 'repeated') return false
  const applicant = { address, familiarAccount: isFamiliar ? user.id : undefined }
  return proven.prove(fact, password, () =>
    throttle.prove(standing, () => hasher.verify(hash, password, applicant)),
  )
}

/** All the way: the same statements and the same hash for every name, whether somebody has it or not. */
async function signInCold(deps: SignInDeps, attempt: PasswordSignIn): Promise<Subject> {
  const { users, familiar, throttle } = deps
  const [user, standing] = await Promise.all([
    // Not from memory, where only names are that somebody has.
    users.readAnew(normalizeUsername(attempt.username) ?? ''),
    throttle.read(attempt),
  ])
  const isRight = await provePassword(deps, attempt, { user, standing })
  if (!isRight || user === undefined) throw wrongPassword()
  if (user.disabled) throw disabledAccount(user.username)
  familiar.remember(user, attempt.address)
  await throttle.welcome(standing, user)
  deps.upgradeHash(user, attempt.secret)
  return toUserSubject(user, deps.now())
}

/**
 * Proves a local account by its password: from memory, else by its hash.
 *
 * An unknown name, a wrong password and a disabled account's wrong password take the same work and
 * get the same answer; only who has the right password is told that the account is disabled. Who
 * proved an account from a network before, with the password that it has now, does not wait there
 * behind strangers, and is not held up by wrong passwords (R17).
 *
 * @throws AppError UNAUTHORIZED (401), SIGN_IN_THROTTLED (429), BUSY (503), UNAVAILABLE (503)
 */
export async function signInWithPassword(
  deps: SignInDeps,
  attempt: PasswordSignIn,
): Promise<Subject> {
  if ((await deps.watch.settle()) !== 'fresh') return recognizeInGrace(deps, attempt)
  const known = recognizeUser(deps, attempt)
  if (known === undefined) return signInCold(deps, attempt)
  deps.familiar.remember(known, attempt.address)
  return toUserSubject(known, deps.now())
}
