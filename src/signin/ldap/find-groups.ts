import { AndFilter, EqualityFilter, ExtensibleFilter, type Filter, FilterParser } from 'ldapts'
import { isBeneath, isSameDn, parseDn } from '../../config/ldap-dn.ts'
import type { LdapGroupsConfig } from '../../config/ldap-variables.ts'
import { textsOf } from './entry.ts'
import type { FindPeopleDeps, Person } from './find-people.ts'

/** Active Directory follows groups in groups by this rule. */
const IN_CHAIN = '1.2.840.113556.1.4.1941'
const PAGE = 1000

export interface LdapGroup {
  readonly dn: string
  /** Undefined where it has none. */
  readonly name: string | undefined
}

/** Groups of POSIX name their members; all others hold their DNs. */
const isByName = ({ member }: LdapGroupsConfig): boolean => member.toLowerCase() === 'memberuid'

function membership(groups: LdapGroupsConfig, person: Person): Filter {
  const value = isByName(groups) ? (person.rawUsernames[0] ?? '') : person.dn
  return groups.nested === 'matching-rule'
    ? new ExtensibleFilter({ matchType: groups.member, rule: IN_CHAIN, value })
    : new EqualityFilter({ attribute: groups.member, value })
}

/** From the person's own entry: a group's name is the first part of its DN. */
function readMemberOf(groups: LdapGroupsConfig, { memberOf }: Person): readonly LdapGroup[] {
  const base = parseDn(groups.base) ?? []
  const nameType = groups.name.toLowerCase()
  return memberOf.flatMap((text) => {
    const dn = parseDn(text)
    if (dn === undefined || !isBeneath(dn, base)) return []
    const name = dn[0]?.find(({ type }) => type === nameType)?.value
    return [{ dn: text, name }]
  })
}

/**
 * All groups of a person, by one request however many there are; none where they come with the
 * person's own entry.
 *
 * @throws Error when the directory gives no answer
 */
export async function findGroups(
  { config, directory }: FindPeopleDeps,
  person: Person,
  signal: AbortSignal,
): Promise<readonly LdapGroup[]> {
  const { groups } = config
  if (groups === undefined) return []
  if (groups.nested === 'memberof') return readMemberOf(groups, person)
  const filters = [FilterParser.parseString(groups.filter), membership(groups, person)]
  const { searchEntries } = await directory.search(
    'groups',
    {
      base: groups.base,
      scope: 'sub',
      filter: new AndFilter({ filters }),
      attributes: [groups.name],
      paged: { pageSize: PAGE },
      timeLimit: config.timeoutSeconds,
    },
    signal,
  )
  return searchEntries.map((entry) => ({ dn: entry.dn, name: textsOf(entry, groups.name)[0] }))
}

/** Whether the group of administrators is among them. */
export const isAdministrators = (
  groups: readonly LdapGroup[],
  adminGroup: string | undefined,
): boolean => adminGroup !== undefined && groups.some(({ dn }) => isSameDn(dn, adminGroup))
