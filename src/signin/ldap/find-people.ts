import { AndFilter, type Entry, EqualityFilter, FilterParser } from 'ldapts'
import { normalizeUsername } from '../../accounts/username.ts'
import type { LdapConfig } from '../../config/ldap-variables.ts'
import type { Directory } from './directory.ts'
import { BINARY_ATTRIBUTES, idOf, idValue, textsOf } from './entry.ts'

/** More than one is one too many. */
const MOST_ENTRIES = 2
const MEMBER_OF = 'memberOf'

/** An entry of the directory that may sign in. */
export interface Person {
  readonly dn: string
  /** Undefined where the entry has no unchanging id that can be read. */
  readonly externalId: string | undefined
  /** Names in the spelling of accounts; those that do not fit its grammar are left out. */
  readonly usernames: readonly string[]
  /** As they stand there. */
  readonly rawUsernames: readonly string[]
  readonly email: string | undefined
  readonly displayName: string | undefined
  /** DNs of groups, where the directory keeps them with the person. */
  readonly memberOf: readonly string[]
}

export interface FoundPeople {
  readonly people: readonly Person[]
  /** Other servers that the directory names; nobody goes there. */
  readonly referrals: number
}

export interface FindPeopleDeps {
  readonly config: LdapConfig
  readonly directory: Pick<Directory, 'search'>
}

const isText = (text: string | undefined): text is string => text !== undefined

function toPerson(entry: Entry, { attributes }: LdapConfig): Person {
  const rawUsernames = textsOf(entry, attributes.username)
  return {
    dn: entry.dn,
    externalId: idOf(entry, attributes.id),
    usernames: rawUsernames.map(normalizeUsername).filter(isText),
    rawUsernames,
    email: textsOf(entry, attributes.mail)[0],
    displayName: textsOf(entry, attributes.name)[0],
    memberOf: textsOf(entry, MEMBER_OF),
  }
}

function wantedAttributes({ attributes, groups }: LdapConfig): string[] {
  const { username, id, mail, name } = attributes
  return [username, id, mail, name, ...(groups?.nested === 'memberof' ? [MEMBER_OF] : [])]
}

/**
 * Finds who an attribute says somebody is, two entries at most. One request; the value is compared as
 * it is, whatever signs are in it.
 *
 * @throws Error when the directory gives no answer
 */
export async function findPeople(
  { config, directory }: FindPeopleDeps,
  by: { readonly username: string } | { readonly externalId: string },
  signal: AbortSignal,
): Promise<FoundPeople> {
  const { attributes } = config
  const wanted =
    'username' in by
      ? new EqualityFilter({ attribute: attributes.username, value: by.username })
      : new EqualityFilter({
          attribute: attributes.id,
          value: idValue(attributes.id, by.externalId),
        })
  const { searchEntries, searchReferences } = await directory.search(
    'search',
    {
      base: config.userBase,
      scope: 'sub',
      filter: new AndFilter({ filters: [FilterParser.parseString(config.userFilter), wanted] }),
      attributes: wantedAttributes(config),
      explicitBufferAttributes: BINARY_ATTRIBUTES,
      sizeLimit: MOST_ENTRIES,
      timeLimit: config.timeoutSeconds,
    },
    signal,
  )
  return {
    people: searchEntries.map((entry) => toPerson(entry, config)),
    referrals: searchReferences.length,
  }
}
