import type { CachedUsers } from '../accounts/cached-users.ts'
import { LDAP, LOCAL } from '../accounts/identity.ts'
import type { PasswordHasher } from '../accounts/password-hash.ts'
import { LONGEST_PASSWORD } from '../accounts/password-rules.ts'
import type { UserWithPassword } from '../accounts/types.ts'
import type { UpgradeHash } from '../accounts/upgrade-hash.ts'
import { toUserSubject } from '../accounts/user-subject.ts'
import { normalizeUsername } from '../accounts/username.ts'
import { databaseAway } from '../database/database-error.ts'
import type { VersionWatch } from '../database/version-watch.ts'
import type { BasicCredentials, Origin } from '../http/caller.ts'
import type { Subject } from '../protocol/subject.ts'
import type { FamiliarNetworks } from './familiar-networks.ts'
import type { LdapSignIn } from './ldap/create-ldap.ts'
import type { ProvenByDirectory } from './ldap/sign-in.ts'
import type { ProvenCache } from './proven-cache.ts'
import { disabledAccount, wrongPassword } from './refusals.ts'
import type { SignInThrottle, Standing } from './throttle.ts'

export interface RecognizeDeps {
  readonly users: CachedUsers
  readonly proven: ProvenCache
  /** Undefined: there is no directory. */
  readonly ldap: LdapSignIn | undefined
  readonly now: () => Date
}

export interface SignInDeps extends RecognizeDeps {
  readonly watch: VersionWatch
  readonly hasher: PasswordHasher
  readonly familiar: FamiliarNetworks
  readonly throttle: SignInThrottle
  readonly upgradeHash: UpgradeHash
  /** Told which way a password goes, where that is another than by its hash. */
  readonly tellWay: (way: 'ldap') => void
}

export interface PasswordSignIn extends BasicCredentials {
  /** Where the client comes from. */
  readonly address: string
  readonly origin: Origin
}

/** Whose password it is, and until when the directory's word for that is taken. */
interface Known {
  readonly user: UserWithPassword
  readonly provenUntil?: ProvenByDirectory['provenUntil']
}

const toSubject = ({ user, provenUntil }: Known, now: Date): Subject => ({
  ...toUserSubject(user, now),
  ...(provenUntil !== undefined && { provenUntil }),
})

/** Only the one source of an account is asked (R10): any other has no hash here. */
const hashOf = (user: UserWithPassword | undefined): string | undefined =>
  user?.source === LOCAL ? user.passwordHash : undefined

function knownIfProven(
  { proven, ldap }: RecognizeDeps,
  user: UserWithPassword | undefined,
  secret: string,
): Known | undefined {
  if (user === undefined || user.disabled) return undefined
  if (user.source === LDAP) return ldap?.recognize(user, secret)
  const hash = hashOf(user)
  return hash !== undefined && proven.isProven(hash, secret) ? { user } : undefined
}

function recognizeKnown(
  deps: RecognizeDeps,
  { username, secret }: BasicCredentials,
): Known | undefined {
  const name = normalizeUsername(username)
  return name === undefined ? undefined : knownIfProven(deps, deps.users.peek(name), secret)
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
  const known = recognizeKnown(deps, credentials)
  return known && toSubject(known, deps.now())
}

/**
 * While the database is away, who was proven before goes on for the grace. Nobody else is told
 * anything: neither could be written down that a password was wrong, nor how often.
 *
 * @throws AppError UNAVAILABLE (503)
 */
async function recognizeInGrace(
  deps: RecognizeDeps,
  { username, secret }: BasicCredentials,
): Promise<Subject> {
  const user = await deps.users.read(normalizeUsername(username) ?? '')
  const known = knownIfProven(deps, user, secret)
  if (known !== undefined) return toSubject(known, deps.now())
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
  const hash = secret.length > LONGEST_PASSWORD ? undefined : hashOf(user)
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

/** The directory is asked for its own accounts, and for names that no account has. */
async function proveKnown(
  deps: SignInDeps,
  attempt: PasswordSignIn,
  found: { readonly user: UserWithPassword | undefined; readonly standing: Standing },
): Promise<Known | undefined> {
  const { user, standing } = found
  const username = standing.username
  const isOfDirectory = user === undefined || user.source === LDAP
  if (deps.ldap !== undefined && username !== undefined && isOfDirectory) {
    deps.tellWay('ldap')
    return deps.ldap.prove({ username, secret: attempt.secret, origin: attempt.origin }, found)
  }
  const isRight = await provePassword(deps, attempt, found)
  return isRight && user !== undefined ? { user } : undefined
}

/**
 * All the way: the same work for every name that the same source is asked for, whether somebody has it
 * or not.
 */
async function signInCold(deps: SignInDeps, attempt: PasswordSignIn): Promise<Subject> {
  const { users, familiar, throttle } = deps
  const [user, standing] = await Promise.all([
    // Not from memory, where only names are that somebody has.
    users.readAnew(normalizeUsername(attempt.username) ?? ''),
    throttle.read(attempt),
  ])
  const known = await proveKnown(deps, attempt, { user, standing })
  if (known === undefined) throw wrongPassword()
  if (known.user.disabled) throw disabledAccount(known.user.username)
  familiar.remember(known.user, attempt.address)
  await throttle.welcome(standing, known.user)
  deps.upgradeHash(known.user, attempt.secret)
  return toSubject(known, deps.now())
}

/**
 * Proves an account by its password: from memory, else by its hash, or by the directory.
 *
 * An unknown name, a wrong password and a disabled account's wrong password take the same work and
 * get the same answer; only who has the right password is told that the account is disabled. Who
 * proved an account from a network before, with the password that it has now, does not wait there
 * behind strangers, and is not held up by wrong passwords (R17).
 *
 * @throws AppError UNAUTHORIZED (401), SIGN_IN_THROTTLED (429), BUSY (503), UNAVAILABLE (503), DENIED (403)
 */
export async function signInWithPassword(
  deps: SignInDeps,
  attempt: PasswordSignIn,
): Promise<Subject> {
  if ((await deps.watch.settle()) !== 'fresh') return recognizeInGrace(deps, attempt)
  const known = recognizeKnown(deps, attempt)
  if (known === undefined) return signInCold(deps, attempt)
  if (known.user.source === LDAP) deps.tellWay('ldap')
  deps.familiar.remember(known.user, attempt.address)
  return toSubject(known, deps.now())
}
