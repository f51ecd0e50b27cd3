import { endLeaver } from '../../accounts/end-leaver.ts'
import { type FollowClaimsDeps, followClaims, tidyClaims } from '../../accounts/follow-claims.ts'
import { LDAP } from '../../accounts/identity.ts'
import type { Claims } from '../../accounts/types.ts'
import { AppError } from '../../errors.ts'
import type { AskDirectory } from './breaker.ts'
import { withDeadline } from './deadline.ts'
import { DirectoryAway, toAway } from './directory-error.ts'
import { findPeople } from './find-people.ts'
import { type ProvePersonDeps, readClaims } from './prove-person.ts'
import { type DueAccount, listDueAccounts } from './sweep-queries.ts'

const MOST_ACCOUNTS = 500
/** Claims with less than this share of their life left are read anew. */
const DUE_AT_SHARE = 1 / 2
/** More that are gone at once are taken for a fault of the directory, or of what is configured. */
const MOST_GONE = 3
const MOST_GONE_SHARE = 0.1
const TOO_MANY_GONE =
  'too many accounts are not in the directory any more; none of them is ended: run warden ldap check'

export interface SweepDeps extends ProvePersonDeps, FollowClaimsDeps {
  readonly ask: AskDirectory
}

export interface SweepResult {
  readonly looked: number
  readonly renewed: number
  /** Not in the directory; ended when they were not there at the sweep before either. */
  readonly gone: number
  readonly ended: number
  /** Whether so many were gone that nobody was ended. */
  readonly braked: boolean
}

/** What the directory says of an account; undefined: it has no such person. */
async function look(deps: SweepDeps, account: DueAccount): Promise<Claims | undefined> {
  const { externalId } = account
  const ask = async (signal: AbortSignal): Promise<Claims | undefined> => {
    const { people } = await findPeople(deps, { externalId }, signal)
    const [person] = people
    if (person === undefined) return undefined
    const username = person.usernames[0]
    return await readClaims(deps, { person, externalId, username }, signal)
  }
  const ms = deps.config.timeoutSeconds * 1000
  return deps.ask(() =>
    withDeadline(ms, ask).catch((error: unknown) => {
      throw toAway(error)
    }),
  )
}

interface Looks {
  readonly gone: readonly DueAccount[]
  readonly renewed: number
  readonly looked: number
}

type Look = 'renewed' | 'gone' | 'unclear' | 'silent'

/** @returns `unclear` for what says nothing of this account, `silent` for what says nothing of any */
async function renew(deps: SweepDeps, account: DueAccount): Promise<Look> {
  try {
    const claims = await look(deps, account)
    if (claims === undefined) return 'gone'
    await followClaims(deps, { claims: tidyClaims(claims) })
    return 'renewed'
  } catch (error) {
    // It was deleted here meanwhile.
    if (error instanceof AppError && error.code === 'UNAUTHORIZED') return 'unclear'
    if (!(error instanceof DirectoryAway)) throw error
    deps.log.warn(
      { reason: error.message },
      'the directory did not say whether an account is there',
    )
    return error.restSeconds === 0 ? 'unclear' : 'silent'
  }
}

/** Renews whoever is there; a silent directory ends the round. */
async function lookAtAll(deps: SweepDeps, due: readonly DueAccount[]): Promise<Looks> {
  const gone: DueAccount[] = []
  let renewed = 0
  for (const account of due) {
    const seen = await renew(deps, account)
    if (seen === 'silent') break
    if (seen === 'gone') gone.push(account)
    if (seen === 'renewed') renewed++
  }
  return { gone, renewed, looked: gone.length + renewed }
}

const isTooMany = ({ gone, looked }: Looks): boolean =>
  gone.length > Math.max(MOST_GONE, looked * MOST_GONE_SHARE) ||
  (gone.length === looked && looked > 1)

/**
 * Makes the round that keeps what tokens stand on true: it reads anew what the directory says of
 * accounts that have tokens and did not sign in for half the life of their claims (R9). Who is not in
 * the directory at two rounds in a row is ended. The service account asks; no password is needed.
 */
export function createSweep(deps: SweepDeps): () => Promise<SweepResult> {
  const { now, claimsSeconds, log } = deps
  let goneBefore: ReadonlySet<string> = new Set()
  const endThoseGone = async (gone: readonly DueAccount[]): Promise<number> => {
    let ended = 0
    for (const { externalId, username } of gone) {
      if (!goneBefore.has(externalId)) continue
      if (await endLeaver(deps, { source: LDAP, externalId })) ended++
      log.warn({ username }, 'the account is not in the directory any more: disabled')
    }
    goneBefore = new Set(gone.map(({ externalId }) => externalId))
    return ended
  }
  return async () => {
    const at = now()
    const before = new Date(at.getTime() + claimsSeconds * 1000 * DUE_AT_SHARE)
    const wanted = { source: LDAP, before, now: at, most: MOST_ACCOUNTS }
    const looks = await lookAtAll(deps, await listDueAccounts(deps.database, wanted))
    const { gone, looked, renewed } = looks
    const braked = isTooMany(looks)
    if (braked) log.warn({ looked, gone: gone.length }, TOO_MANY_GONE)
    const ended = braked ? 0 : await endThoseGone(gone)
    return { looked, renewed, gone: gone.length, ended, braked }
  }
}
