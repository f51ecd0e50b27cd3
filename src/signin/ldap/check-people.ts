import { isClaimedName } from '../../accounts/group-name.ts'
import { normalizeUsername } from '../../accounts/username.ts'
import { fault, good, type StepBook, type StepFinding, someOf, warn } from './check-step.ts'
import { textsOf } from './entry.ts'
import { findGroups, isAdministrators } from './find-groups.ts'
import { type FindPeopleDeps, type FoundPeople, findPeople, type Person } from './find-people.ts'

const MOST_NAMES = 1000

const FILTER_ADVICE =
  'check WARDEN_LDAP_USER_BASE, WARDEN_LDAP_USER_FILTER and WARDEN_LDAP_USERNAME_ATTRIBUTE, and that the service account may read these entries'
const REFERRAL_ADVICE =
  'where the person is on one of the servers that the directory refers to, put into WARDEN_LDAP_URL one that holds all people, such as a global catalogue'
const GROUP_ADVICE =
  'check WARDEN_LDAP_GROUP_BASE, WARDEN_LDAP_MEMBER_ATTRIBUTE and WARDEN_LDAP_NESTED_GROUPS, and that the service account may read groups'

/** What the steps share. */
export interface CheckDeps extends FindPeopleDeps {
  readonly book: StepBook
  readonly inTime: <T>(ask: (signal: AbortSignal) => Promise<T>) => Promise<T>
}

/** Names that nobody could sign in with. */
export async function checkUsernames({ config, directory, book, inTime }: CheckDeps) {
  await book.take('people', FILTER_ADVICE, async () => {
    const { username } = config.attributes
    const search = {
      base: config.userBase,
      filter: config.userFilter,
      attributes: [username],
      sizeLimit: MOST_NAMES,
    }
    const { searchEntries } = await inTime((signal) => directory.search('search', search, signal))
    const names = searchEntries.flatMap((entry) => textsOf(entry, username))
    if (names.length === 0)
      return fault(`nobody there has the attribute ${username}`, FILTER_ADVICE)
    const unfit = names.filter((name) => normalizeUsername(name) === undefined)
    const count = names.length < MOST_NAMES ? `${names.length}` : `${MOST_NAMES} or more`
    if (unfit.length === 0) return good(`${count} names, all fit for user names`)
    return warn(
      `${unfit.length} of ${count} names cannot be user names here: ${someOf(unfit)}`,
      'these people cannot sign in: 1 to 64 letters, digits or . _ @ + - are user names; choose another WARDEN_LDAP_USERNAME_ATTRIBUTE if they should',
    )
  })
}

function judgePeople(
  { config }: CheckDeps,
  username: string,
  { people, referrals }: FoundPeople,
): StepFinding {
  const [person, other] = people
  const nobody = `nobody there is called ${username}`
  if (person === undefined && referrals > 0) {
    return fault(`${nobody}, and ${referrals} referrals are not followed`, REFERRAL_ADVICE)
  }
  if (person === undefined) return fault(nobody, FILTER_ADVICE)
  if (other !== undefined) {
    return fault(
      `two entries are called ${username}: ${person.dn} and ${other.dn}`,
      'narrow WARDEN_LDAP_USER_BASE or WARDEN_LDAP_USER_FILTER until there is one',
    )
  }
  if (person.externalId === undefined) {
    return fault(
      `${person.dn} has no single ${config.attributes.id} of 1 to 255 ASCII characters`,
      'set WARDEN_LDAP_ID_ATTRIBUTE: objectGUID in Active Directory, entryUUID in most others; the service account must be let read it',
    )
  }
  if (person.usernames.includes(username)) return good(`${person.dn}, ${person.externalId}`)
  return fault(`${person.dn} does not have that name itself`, FILTER_ADVICE)
}

async function checkPerson(deps: CheckDeps, text: string): Promise<Person | undefined> {
  const username = normalizeUsername(text)
  let found: Person | undefined
  const step = await deps.book.take('person', FILTER_ADVICE, async () => {
    if (username === undefined) {
      return fault(
        `${text} cannot be a user name here`,
        'it is 1 to 64 letters, digits or . _ @ + -',
      )
    }
    const answer = await deps.inTime((signal) => findPeople(deps, { username }, signal))
    found = answer.people[0]
    return judgePeople(deps, username, answer)
  })
  return step.state === 'fault' ? undefined : found
}

/** Whether somebody is found, exactly once, and in which groups. */
export async function checkOne(deps: CheckDeps, username: string): Promise<void> {
  const person = await checkPerson(deps, username)
  if (person === undefined || deps.config.groups === undefined) return
  await deps.book.take('groups of the person', GROUP_ADVICE, async () => {
    const groups = await deps.inTime((signal) => findGroups(deps, person, signal))
    const names = groups.flatMap(({ name }) => name ?? [])
    const isLost = names.length < groups.length || names.some((name) => !isClaimedName(name))
    const isAdmin = isAdministrators(groups, deps.config.adminGroup)
    const role = isAdmin ? '; an administrator' : ''
    if (groups.length === 0) return warn(`in no group${role}`, GROUP_ADVICE)
    const detail = `${groups.length}: ${someOf(names)}${role}`
    if (!isLost) return good(detail)
    return warn(
      `${detail}; some have no name of 1 to 128 visible characters, and are left out`,
      'set WARDEN_LDAP_GROUP_NAME_ATTRIBUTE; with memberof it has to be the first part of their DN',
    )
  })
}
