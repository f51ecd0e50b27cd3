import { AndFilter, FilterParser, PresenceFilter } from 'ldapts'
import { isBeneath, parseDn } from '../../config/ldap-dn.ts'
import type { LdapGroupsConfig } from '../../config/ldap-variables.ts'
import type { CheckDeps } from './check-people.ts'
import { fault, good, skip, someOf, warn } from './check-step.ts'
import { textsOf } from './entry.ts'

const MOST_GROUPS = 1000
const BASE_ADVICE = 'check WARDEN_LDAP_GROUP_BASE, and that the service account may read groups'
const ADMIN_ADVICE =
  'check the DN in WARDEN_LDAP_ADMIN_GROUP; until then nobody is made administrator'
/** What Active Directory says of itself. */
const ACTIVE_DIRECTORY = '1.2.840.113556.1.4.800'

/** Names that more than one has. */
const twiceIn = (names: readonly string[]): readonly string[] => [
  ...new Set(names.filter((name, at) => names.indexOf(name) < at)),
]

async function checkNames({ directory, book, inTime }: CheckDeps, groups: LdapGroupsConfig) {
  await book.take('groups', BASE_ADVICE, async () => {
    const hasMembers = new PresenceFilter({ attribute: groups.member })
    const filters = [FilterParser.parseString(groups.filter), hasMembers]
    const search = {
      base: groups.base,
      filter: new AndFilter({ filters }),
      attributes: [groups.name],
      sizeLimit: MOST_GROUPS,
    }
    const { searchEntries } = await inTime((signal) => directory.search('groups', search, signal))
    const names = searchEntries.flatMap((entry) => textsOf(entry, groups.name)[0] ?? [])
    const count = names.length < MOST_GROUPS ? `${names.length}` : `${MOST_GROUPS} or more`
    const twice = twiceIn(names)
    if (twice.length > 0) {
      return warn(
        `${count} groups; more than one is called ${someOf(twice)}`,
        'a right for such a name is a right for the members of all of them; rename one, or narrow WARDEN_LDAP_GROUP_BASE',
      )
    }
    return names.length > 0 ? good(`${count} groups`) : warn('no groups there', BASE_ADVICE)
  })
}

async function checkNesting({ directory, book, inTime }: CheckDeps, groups: LdapGroupsConfig) {
  if (groups.nested !== 'matching-rule') return
  await book.take('nested groups', BASE_ADVICE, async () => {
    const search = { base: '', scope: 'base', attributes: ['supportedCapabilities'] } as const
    const { searchEntries } = await inTime((signal) =>
      directory.search('search', { ...search, attributes: [...search.attributes] }, signal),
    )
    const [root] = searchEntries
    const capabilities = root === undefined ? [] : textsOf(root, 'supportedCapabilities')
    if (capabilities.includes(ACTIVE_DIRECTORY)) return good('this is Active Directory')
    return warn(
      'this does not say that it is Active Directory, and others find no groups by its rule',
      'set WARDEN_LDAP_NESTED_GROUPS=memberof where the directory works memberOf out, or off',
    )
  })
}

async function checkAdminGroup(deps: CheckDeps, groups: LdapGroupsConfig): Promise<void> {
  const { config, directory, book, inTime } = deps
  const { adminGroup } = config
  await book.take('administrators', ADMIN_ADVICE, async () => {
    if (adminGroup === undefined) return skip('WARDEN_LDAP_ADMIN_GROUP is not set')
    if (!isBeneath(parseDn(adminGroup) ?? [], parseDn(groups.base) ?? [])) {
      return fault(`${adminGroup} is not beneath ${groups.base}, where groups are`, ADMIN_ADVICE)
    }
    const search = { base: adminGroup, scope: 'base', attributes: [groups.name] } as const
    const { searchEntries } = await inTime((signal) =>
      directory.search('groups', { ...search, attributes: [groups.name] }, signal),
    )
    const [entry] = searchEntries
    return entry === undefined ? fault('it cannot be read', ADMIN_ADVICE) : good(entry.dn)
  })
}

/** Whether groups can be read, tell each other apart, and hold the administrators. */
export async function checkGroups(deps: CheckDeps): Promise<void> {
  const { groups } = deps.config
  if (groups === undefined) {
    await deps.book.take('groups', BASE_ADVICE, async () =>
      skip('WARDEN_LDAP_GROUP_BASE is not set: no groups are read'),
    )
    return
  }
  await checkNames(deps, groups)
  await checkNesting(deps, groups)
  await checkAdminGroup(deps, groups)
}
