import { randomBytes } from 'node:crypto'
import { LDAP } from '../../accounts/identity.ts'
import type { Claims } from '../../accounts/types.ts'
import type { Log } from '../../http/middleware.ts'
import type { Directory } from './directory.ts'
import { toAway } from './directory-error.ts'
import { findGroups, isAdministrators } from './find-groups.ts'
import { type FindPeopleDeps, findPeople, type Person } from './find-people.ts'

export interface ProvePersonDeps extends FindPeopleDeps {
  readonly directory: Directory
  readonly log: Pick<Log, 'warn'>
}

/** What the directory says of a person now. @throws Error when it gives no answer */
export async function readClaims(
  deps: FindPeopleDeps,
  {
    person,
    externalId,
    username,
  }: {
    readonly person: Person
    readonly externalId: string
    readonly username: string | undefined
  },
  signal: AbortSignal,
): Promise<Claims> {
  const groups = await findGroups(deps, person, signal)
  return {
    source: LDAP,
    externalId,
    username,
    email: person.email,
    displayName: person.displayName,
    groups: groups.flatMap(({ name }) => name ?? []),
    isAdministrator: isAdministrators(groups, deps.config.adminGroup),
  }
}

const ELSEWHERE =
  'nobody of this directory has the name, and it refers to other servers; nobody is sent there'

/** A name beneath the base that no entry has. */
const nobody = ({ config }: FindPeopleDeps): string =>
  `${config.attributes.username}=nobody-${randomBytes(8).toString('hex')},${config.userBase}`

/** The one entry of that name; undefined also for several, and for one that cannot be told again. */
async function findOne(
  deps: ProvePersonDeps,
  username: string,
  signal: AbortSignal,
): Promise<(Person & { readonly externalId: string }) | undefined> {
  const { people, referrals } = await findPeople(deps, { username }, signal)
  const [person, ...others] = people
  if (person === undefined) {
    // Without the name: people type passwords there.
    if (referrals > 0) deps.log.warn({ referrals }, ELSEWHERE)
    return undefined
  }
  if (others.length > 0) {
    deps.log.warn(
      { username },
      'two entries of the directory have this name; nobody signs in by it',
    )
    return undefined
  }
  const { externalId, usernames } = person
  if (externalId !== undefined && usernames.includes(username)) return { ...person, externalId }
  deps.log.warn({ username, dn: person.dn }, 'the entry of this name has no id, or another name')
  return undefined
}

/**
 * Asks the directory whether that is the password of whoever has that name. Always a search and a
 * bind, for a name that nobody has too; groups are read only of who is proven.
 *
 * @param username in its one spelling
 * @returns undefined when it is not
 * @throws DirectoryAway when the directory does not say
 */
export async function provePerson(
  deps: ProvePersonDeps,
  { username, secret }: { readonly username: string; readonly secret: string },
  signal: AbortSignal,
): Promise<Claims | undefined> {
  try {
    const person = await findOne(deps, username, signal)
    const dn = person?.dn ?? nobody(deps)
    // A bind without a DN is one as nobody, which every password proves.
    const isRight = dn !== '' && (await deps.directory.bindAs(dn, secret, signal))
    if (!isRight || person === undefined) return undefined
    return await readClaims(deps, { person, externalId: person.externalId, username }, signal)
  } catch (error) {
    throw toAway(error)
  }
}
