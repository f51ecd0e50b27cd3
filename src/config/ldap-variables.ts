import { z } from 'zod'
import { integer } from './integer.ts'
import {
  distinguishedName,
  ldapAttribute,
  ldapCertificate,
  ldapFilter,
  ldapServers,
} from './ldap-values.ts'

/** Variables of a directory that people sign in by; all but the first count only where that is set. */
export const LDAP_VARIABLES = {
  WARDEN_LDAP_URL: ldapServers
    .optional()
    .describe('Servers of the directory, in the order in which they are tried; none: no LDAP'),
  WARDEN_LDAP_TLS: z
    .enum(['starttls', 'off'])
    .prefault('starttls')
    .describe('Encryption towards ldap:// servers: starttls or off; ldaps:// has its own'),
  WARDEN_LDAP_CA: ldapCertificate
    .optional()
    .describe('Certificate authority of the servers, as PEM; the system ones by default'),
  WARDEN_LDAP_BIND_DN: distinguishedName
    .optional()
    .describe('Account that searches; none: nobody in particular'),
  WARDEN_LDAP_BIND_PASSWORD: z.string().min(1).optional().describe('Password of that account'),
  WARDEN_LDAP_USER_BASE: distinguishedName
    .optional()
    .describe('Where people are; needed with WARDEN_LDAP_URL'),
  WARDEN_LDAP_USER_FILTER: ldapFilter
    .prefault('(objectClass=person)')
    .describe('Which entries there are people who may sign in'),
  WARDEN_LDAP_USERNAME_ATTRIBUTE: ldapAttribute
    .prefault('uid')
    .describe('Attribute that people sign in with; sAMAccountName in Active Directory'),
  WARDEN_LDAP_ID_ATTRIBUTE: ldapAttribute
    .prefault('entryUUID')
    .describe('Attribute that never changes; objectGUID in Active Directory'),
  WARDEN_LDAP_MAIL_ATTRIBUTE: ldapAttribute.prefault('mail').describe('Attribute with the address'),
  WARDEN_LDAP_NAME_ATTRIBUTE: ldapAttribute
    .prefault('cn')
    .describe('Attribute with the shown name'),
  WARDEN_LDAP_GROUP_BASE: distinguishedName
    .optional()
    .describe('Where groups are; none: no groups are read'),
  WARDEN_LDAP_GROUP_FILTER: ldapFilter
    .prefault('(objectClass=*)')
    .describe('Which entries with the person as a member are groups'),
  WARDEN_LDAP_GROUP_NAME_ATTRIBUTE: ldapAttribute
    .prefault('cn')
    .describe('Attribute with the name of a group'),
  WARDEN_LDAP_MEMBER_ATTRIBUTE: ldapAttribute
    .prefault('member')
    .describe('Attribute of a group with its members: member, uniqueMember or memberUid'),
  WARDEN_LDAP_NESTED_GROUPS: z
    .enum(['off', 'matching-rule', 'memberof'])
    .prefault('off')
    .describe('How groups in groups are found: off, matching-rule (Active Directory) or memberof'),
  WARDEN_LDAP_ADMIN_GROUP: distinguishedName
    .optional()
    .describe('Group whose members are administrators of the system'),
  WARDEN_LDAP_CACHE_SECONDS: integer(0, 86_400)
    .prefault('300')
    .describe('How long a proven password is taken without asking the directory again'),
  WARDEN_LDAP_GRACE_SECONDS: integer(0, 604_800)
    .prefault('3600')
    .describe('How long a proven password is taken while the directory does not answer'),
  WARDEN_LDAP_TIMEOUT_SECONDS: integer(1, 60)
    .prefault('8')
    .describe('Longest wait for the directory in one sign-in'),
} as const

const schema = z.object(LDAP_VARIABLES)
type LdapValues = z.output<typeof schema>

/** What is read of a person. */
export interface LdapAttributes {
  readonly username: string
  readonly id: string
  readonly mail: string
  readonly name: string
}

export interface LdapGroupsConfig {
  readonly base: string
  readonly filter: string
  readonly name: string
  readonly member: string
  readonly nested: LdapValues['WARDEN_LDAP_NESTED_GROUPS']
}

export interface LdapConfig {
  readonly servers: readonly string[]
  readonly tls: LdapValues['WARDEN_LDAP_TLS']
  readonly ca: string | undefined
  readonly bindDn: string | undefined
  readonly bindPassword: string | undefined
  readonly userBase: string
  readonly userFilter: string
  readonly attributes: LdapAttributes
  /** Undefined: no groups are read. */
  readonly groups: LdapGroupsConfig | undefined
  readonly adminGroup: string | undefined
  readonly cacheSeconds: number
  readonly graceSeconds: number
  readonly timeoutSeconds: number
}

const toGroups = (v: LdapValues): LdapGroupsConfig | undefined =>
  v.WARDEN_LDAP_GROUP_BASE === undefined
    ? undefined
    : {
        base: v.WARDEN_LDAP_GROUP_BASE,
        filter: v.WARDEN_LDAP_GROUP_FILTER,
        name: v.WARDEN_LDAP_GROUP_NAME_ATTRIBUTE,
        member: v.WARDEN_LDAP_MEMBER_ATTRIBUTE,
        nested: v.WARDEN_LDAP_NESTED_GROUPS,
      }

/** @returns undefined where there is no directory */
export function toLdapConfig(v: LdapValues): LdapConfig | undefined {
  if (v.WARDEN_LDAP_URL === undefined) return undefined
  return {
    servers: v.WARDEN_LDAP_URL,
    tls: v.WARDEN_LDAP_TLS,
    ca: v.WARDEN_LDAP_CA,
    bindDn: v.WARDEN_LDAP_BIND_DN,
    bindPassword: v.WARDEN_LDAP_BIND_PASSWORD,
    userBase: v.WARDEN_LDAP_USER_BASE ?? '',
    userFilter: v.WARDEN_LDAP_USER_FILTER,
    attributes: {
      username: v.WARDEN_LDAP_USERNAME_ATTRIBUTE,
      id: v.WARDEN_LDAP_ID_ATTRIBUTE,
      mail: v.WARDEN_LDAP_MAIL_ATTRIBUTE,
      name: v.WARDEN_LDAP_NAME_ATTRIBUTE,
    },
    groups: toGroups(v),
    adminGroup: v.WARDEN_LDAP_ADMIN_GROUP,
    cacheSeconds: v.WARDEN_LDAP_CACHE_SECONDS,
    graceSeconds: v.WARDEN_LDAP_GRACE_SECONDS,
    timeoutSeconds: v.WARDEN_LDAP_TIMEOUT_SECONDS,
  }
}

/** Faults that no variable of the directory has alone. */
export function ldapFaults(ldap: LdapConfig | undefined): readonly string[] {
  if (ldap === undefined) return []
  const faults: readonly (readonly [boolean, string])[] = [
    [ldap.userBase === '', 'WARDEN_LDAP_USER_BASE is not set; WARDEN_LDAP_URL needs it'],
    [
      (ldap.bindDn === undefined) !== (ldap.bindPassword === undefined),
      'WARDEN_LDAP_BIND_DN and WARDEN_LDAP_BIND_PASSWORD belong together; set both or neither',
    ],
    [
      ldap.adminGroup !== undefined && ldap.groups === undefined,
      'WARDEN_LDAP_ADMIN_GROUP needs WARDEN_LDAP_GROUP_BASE, beneath which groups are read',
    ],
    [
      ldap.tls === 'off' && ldap.ca !== undefined,
      'WARDEN_LDAP_CA is set but WARDEN_LDAP_TLS is off; set one of them',
    ],
  ]
  return faults.flatMap(([isWrong, text]) => (isWrong ? [text] : []))
}
