import { addressPrefix } from '../../accounts/address-prefix.ts'
import type { CachedUsers } from '../../accounts/cached-users.ts'
import type { FairQueue } from '../../accounts/fair-queue.ts'
import { LDAP } from '../../accounts/identity.ts'
import type { MeetAccount } from '../../accounts/meet-account.ts'
import type { Claims, UserWithPassword } from '../../accounts/types.ts'
import { beginsLikeSecret } from '../../credentials/secret.ts'
import { AppError } from '../../errors.ts'
import type { Origin } from '../../http/caller.ts'
import type { FamiliarNetworks } from '../familiar-networks.ts'
import { isWebToken } from '../oidc/read-bearer.ts'
import type { SignInThrottle, Standing } from '../throttle.ts'
import type { AskDirectory } from './breaker.ts'
import { withDeadline } from './deadline.ts'
import { DirectoryAway } from './directory-error.ts'
import type { LdapProofs, Proof } from './proofs.ts'
import { type ProvePersonDeps, provePerson } from './prove-person.ts'

const LONGEST_SECRET = 512
const RETRY_AFTER_SECONDS = 5

export interface LdapSignInDeps extends ProvePersonDeps {
  readonly users: CachedUsers
  readonly proofs: LdapProofs
  readonly queue: FairQueue<'familiar' | 'strange'>
  readonly ask: AskDirectory
  readonly familiar: FamiliarNetworks
  readonly throttle: SignInThrottle
  readonly meetAccount: MeetAccount
}

export interface LdapAttempt {
  /** In its one spelling. */
  readonly username: string
  readonly secret: string
  readonly origin: Origin
}

/** Somebody whom the directory has proven. */
export interface ProvenByDirectory {
  readonly user: UserWithPassword
  /** Until when that is taken without asking it again; not in the future during its grace. */
  readonly provenUntil: Date
}

const directoryAway = (cause: DirectoryAway): AppError =>
  new AppError('UNAVAILABLE', {
    detail: 'the directory (LDAP) does not answer, and you were not proven by it lately; try again',
    retryAfterSeconds: RETRY_AFTER_SECONDS,
    cause,
  })

/** Some servers take an empty password as that of nobody; tokens are none of their business. */
const mayBeSent = (secret: string): boolean =>
  secret !== '' &&
  secret.length <= LONGEST_SECRET &&
  !secret.includes('\0') &&
  !beginsLikeSecret(secret) &&
  !isWebToken(secret.trim())

/** Whether the account is still the one that was proven, and may sign in. */
const isOf = (user: UserWithPassword, proof: Proof): boolean =>
  user.id === proof.userId &&
  user.source === LDAP &&
  user.signInEpoch === proof.signInEpoch &&
  !user.disabled

/** The account of a password that was proven before, from memory alone and at once. */
export function recognizeProven(
  { proofs }: Pick<LdapSignInDeps, 'proofs'>,
  user: UserWithPassword,
  secret: string,
): ProvenByDirectory | undefined {
  const proof = proofs.find(user.username, secret, 'fresh')
  if (proof === undefined || !isOf(user, proof)) return undefined
  return { user, provenUntil: proof.freshUntil }
}

async function findProven(
  { proofs, users }: LdapSignInDeps,
  { username, secret }: LdapAttempt,
  within: 'fresh' | 'grace',
): Promise<ProvenByDirectory | undefined> {
  const proof = proofs.find(username, secret, within)
  const user = proof && (await users.read(proof.username))
  return user && isOf(user, proof) ? { user, provenUntil: proof.freshUntil } : undefined
}

interface Applicant {
  /** Undefined for a name that no account has. */
  readonly user: UserWithPassword | undefined
  readonly standing: Standing
  readonly isFamiliar: boolean
}

/** @returns undefined for a wrong password, which is counted */
async function askForAccount(
  deps: LdapSignInDeps,
  { username, secret, origin }: LdapAttempt,
  { user, standing, isFamiliar }: Applicant,
): Promise<UserWithPassword | undefined> {
  const network = addressPrefix(origin.address)
  const place =
    isFamiliar && user !== undefined
      ? ({ line: 'familiar', lane: `${user.id} ${network}` } as const)
      : ({ line: 'strange', lane: network } as const)
  const ms = deps.config.timeoutSeconds * 1000
  const prove = (signal: AbortSignal) => provePerson(deps, { username, secret }, signal)
  const said: { claims?: Claims | undefined } = {}
  await deps.throttle.prove(standing, async () => {
    if (!mayBeSent(secret)) return false
    said.claims = await deps.queue.run(place, () => deps.ask(() => withDeadline(ms, prove)))
    return said.claims !== undefined
  })
  return said.claims && deps.meetAccount(said.claims, origin)
}

/** While the directory does not answer, whoever it proved lately goes on for the grace. */
async function orInGrace(
  deps: LdapSignInDeps,
  attempt: LdapAttempt,
  prove: () => Promise<ProvenByDirectory | undefined>,
): Promise<ProvenByDirectory | undefined> {
  try {
    return await prove()
  } catch (error) {
    if (!(error instanceof DirectoryAway)) throw error
    const inGrace = await findProven(deps, attempt, 'grace')
    if (inGrace !== undefined) return inGrace
    throw directoryAway(error)
  }
}

const isFamiliarTo = (
  { familiar }: LdapSignInDeps,
  { user, standing }: Omit<Applicant, 'isFamiliar'>,
  { address }: Origin,
): boolean =>
  user !== undefined &&
  (standing.record.signedInAt !== undefined || familiar.isFamiliar(user, address))

/**
 * Proves somebody by the directory: by what it said lately, else by asking it. The throttle counts a
 * wrong password like one of a local account (R17).
 *
 * @returns undefined for a name or a password that is wrong
 * @throws AppError SIGN_IN_THROTTLED (429), BUSY (503), UNAVAILABLE (503), and what `MeetAccount` throws
 */
export async function proveByDirectory(
  deps: LdapSignInDeps,
  attempt: LdapAttempt,
  applicant: Omit<Applicant, 'isFamiliar'>,
): Promise<ProvenByDirectory | undefined> {
  const { proofs, throttle } = deps
  const { username, secret, origin } = attempt
  const proven = await findProven(deps, attempt, 'fresh')
  if (proven !== undefined) return proven
  // A wrong password that is sent again and again must not lock the person's account out there.
  if (proofs.isWrong(username, secret)) return undefined
  const isFamiliar = isFamiliarTo(deps, applicant, origin)
  const isFree = isFamiliar || proofs.isUnderWay(username, secret)
  if (!isFree && throttle.admit(applicant.standing) === 'repeated') return undefined
  return orInGrace(deps, attempt, async () => {
    const user = await proofs.prove(username, secret, () =>
      askForAccount(deps, attempt, { ...applicant, isFamiliar }),
    )
    const provenUntil = proofs.find(username, secret, 'fresh')?.freshUntil ?? new Date(0)
    return user && { user, provenUntil }
  })
}
