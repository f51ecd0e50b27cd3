import type { CachedUsers } from '../accounts/cached-users.ts'
import { LDAP } from '../accounts/identity.ts'
import { normalizeUsername } from '../accounts/username.ts'
import type { SignInWay } from '../audit/record.ts'
import type { Applicant, SignInRecord } from '../audit/sign-in-record.ts'
import type { CachedCredentials } from '../credentials/cached-credentials.ts'
import { AppError } from '../errors.ts'
import type { Authenticate, Credentials } from '../http/caller.ts'
import { type Subject, subjectName } from '../protocol/subject.ts'
import { type AuthenticateIdentity, wayOf } from './authenticate.ts'

export interface RecordedAuthenticateDeps extends Pick<CachedCredentials, 'robots'> {
  readonly users: CachedUsers
  readonly signIns: SignInRecord
}

const isRefusal = (error: unknown): boolean => error instanceof AppError && error.status === 401

/**
 * A failed name counts as known when its account was just read for that; any other is never written
 * down as it is.
 */
function toApplicant(
  { users, robots }: RecordedAuthenticateDeps,
  { username }: Credentials,
): ReturnType<Proof['toApplicant']> {
  if (username === undefined) return { name: 'Bearer', isKnown: false }
  const name = normalizeUsername(username)
  const user = name === undefined ? undefined : users.peek(name)
  const known = user ?? robots.peek(username.toLowerCase())
  const applicant = { name: known?.username ?? username, isKnown: known !== undefined }
  return user?.source === LDAP ? { ...applicant, way: LDAP } : applicant
}

function wayOfSubject(subject: Subject): SignInWay {
  if (subject.kind === 'robot') return 'robot'
  if (subject.kind === 'user' && subject.provenUntil !== undefined) return LDAP
  return (subject.kind === 'user' && subject.credential?.kind) || 'password'
}

/** Counts who was known at once among those who signed in: from where they come may be new. */
export function recordSubject(
  signIns: Pick<SignInRecord, 'succeeded'>,
  subject: Subject,
  address: string,
): void {
  if (subject.kind === 'anonymous') return
  signIns.succeeded(subject.username, address, wayOfSubject(subject))
}

/** What is written down of a proof, however it ends. */
interface Proof {
  readonly way: SignInWay
  readonly address: string
  /** Who has failed, and by which way where that shows only now. */
  readonly toApplicant: () => Applicant & { readonly way?: SignInWay }
}

async function recordOutcome(
  signIns: SignInRecord,
  { way, address, toApplicant: whoTried }: Proof,
  prove: () => Promise<Subject>,
): Promise<Subject> {
  try {
    const subject = await prove()
    // A password may have gone to the directory; every other way is known beforehand.
    if (way === 'password') recordSubject(signIns, subject, address)
    else signIns.succeeded(subjectName(subject), address, way)
    return subject
  } catch (error) {
    if (isRefusal(error)) {
      const { way: shown = way, ...applicant } = whoTried()
      signIns.failed(applicant, address, shown)
    }
    throw error
  }
}

/** The same proof of identity, with every outcome in the audit record. */
export function createRecordedAuthenticate(
  authenticate: Authenticate,
  deps: RecordedAuthenticateDeps,
): Authenticate {
  return async (credentials, origin) => {
    if (credentials === undefined) return authenticate(credentials, origin)
    const way = wayOf(credentials)
    const proof: Proof = {
      way: way === 'refused' ? 'password' : way,
      address: origin.address,
      toApplicant: () => toApplicant(deps, credentials),
    }
    return recordOutcome(deps.signIns, proof, () => authenticate(credentials, origin))
  }
}

/** The same for identity tokens, which say nobody's name. */
export function createRecordedIdentity(
  authenticate: AuthenticateIdentity,
  { signIns }: Pick<RecordedAuthenticateDeps, 'signIns'>,
): AuthenticateIdentity {
  const way = 'identityToken'
  return (secret, origin) => {
    const toUnknown = (): Applicant => ({ name: way, isKnown: false })
    const proof = { way, address: origin.address, toApplicant: toUnknown } as const
    return recordOutcome(signIns, proof, () => authenticate(secret, origin))
  }
}
